"""The verdict in words; the same sentences stand on the page and in the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from search.report.digits import difference, number, share, significant, span
from search.store.manifest import Manifest, Plan
from search.study.answer import (
    Answer,
    BaselineResult,
    Finalist,
    Interval,
    Measured,
    Paired,
    Score,
)
from search.study.parameters import Value
from search.study.ready_spaces import READY
from search.study.shares import is_called_share
from search.study.task import BINARY
from search.study.trial import epochs_in


def verdict_lines(manifest: Manifest, answer: Answer) -> list[str]:
    """Which model, how good, how sure, and against what; one sentence a line."""
    return [
        *_better(manifest, answer),
        _winner(manifest, answer),
        *_by_output(answer),
        *_last(answer),
        *_level(manifest, answer),
        *_against(manifest, answer),
        *_seeds(answer),
        _ties(answer),
        *_unsaved(answer),
    ]


AHEAD, LEVEL, BEHIND = "ahead", "level", "behind"
"""What a test says of the winner beside another model; see `Paired`."""
GET_CONFIG = "; a custom layer or model needs a get_config to be saved"
OF_ONE = ("f1", "precision", "recall", "average precision")
"""Measures of one of two classes."""
FEW_GROUPS = 10
"""Of held-out rows, below which an interval by groups is rough."""
MOST_TARGETS = 4
"""Of several numbers, of which each one's score is told in a sentence or in a column of its own."""


def figure(of: Measured, value: float | None = None) -> str:
    """A measure's value as text, or another value of the same measure."""
    told = of.value if value is None else value
    if told is None:
        return "not measured" if of.own else "not finite"
    return number(told, of.interval, of_share=of.share)


def positive_class(measure: str, manifest: Manifest) -> str | None:
    """The class that "F1" or "val_f1" is of; None for a measure of all classes.

    Of a column a class, Keras's metrics of a model of one's own are of both.
    """
    data = manifest.data
    if data.one_hot and manifest.plan.space not in READY:
        return None
    if data.task != BINARY.name or measure.removeprefix("val_").lower() not in OF_ONE:
        return None
    return data.classes[1] if len(data.classes) == 2 else None


def of_class(measure: str, manifest: Manifest) -> str:
    """A measure or an objective with the class that it is of, where it is of one."""
    name = positive_class(measure, manifest)
    return measure if name is None else f"{measure} of “{name}”"


def in_objective(score: Score, *, short: bool = False, manifest: Manifest | None = None) -> str:
    """A held-out score in what was searched for, with its interval; accuracy or R² beside it.

    Args:
        score: On held-out rows.
        short: Whether without what stands beside it.
        manifest: Of the run, to name the class that the score is of.
    """
    of = score.judged
    measure = of.measure if manifest is None else of_class(of.measure, manifest)
    unit = f", in {of.unit}" if of.unit else ""
    if of.interval is None:
        sure = f"no interval{': ' if of.no_interval else ''}{of.no_interval}"
    else:
        sure = f"95 %: {ends(of)}"
    told = f"{measure} {figure(of)} ({sure}, {rows_of(score)}{unit})"
    if not score.has_plain or short:
        return told
    return f"{told}, {score.measure} {share(score.value)}"


def headline(manifest: Manifest, answer: Answer) -> str:
    """The winner's held-out score; where accuracy stands beside it, no better than a constant's."""
    score = answer.headline
    told = in_objective(score, manifest=manifest)
    constant = answer.constant.score if answer.constant else None
    if score.goal is None or constant is None or constant.value < score.value:
        return told
    if score.measure != "accuracy" or not constant.matrix:
        return told
    said = [sum(line[code] for line in constant.matrix) for code in range(len(constant.matrix))]
    name = manifest.data.classes[said.index(max(said))]
    return f"{told}; always predicting “{name}” gets {share(constant.value)}"


def ends(of: Measured) -> str:
    """A measure's interval."""
    if of.interval is None:
        return "–"
    return span(of.interval, of_share=of.share)


def on_validation(value: float, objective: str) -> str:
    """The objective's value as text: three decimals of a proportion, else four digits."""
    return share(value) if is_called_share(objective) else significant(value)


def in_units(manifest: Manifest) -> str:
    """The unit of errors of numbers, to follow a sentence; empty where it is the target's own."""
    said = "; errors are on targets standardised by the training rows"
    return said if manifest.data.standardised else ""


def held_out_rows(score: Score) -> str:
    """The rows that a score is on, with their groups."""
    groups = f" of {counted(score.groups, 'group')}" if score.groups else ""
    return f"{score.rows:,} held-out rows{groups}"


def scored(score: Score) -> str:
    """A held-out score with its interval and its rows."""
    told = number(score.value, score.interval, of_share=True)
    return f"{told} (95 %: {span(score.interval)}, {rows_of(score)})"


def rows_of(score: Score) -> str:
    """On how many rows a score is; with groups, by how many its interval is."""
    if not score.groups:
        return f"{score.rows:,} rows"
    rough = " alone, so it is rough" if score.groups < FEW_GROUPS else ""
    return f"{score.rows:,} rows; by {counted(score.groups, 'group')}{rough}"


def described(plan: Plan, own: Mapping[str, Value], weights: int) -> str:
    """A configuration in a few words.

    Args:
        plan: Of the run.
        own: The values of what is searched.
        weights: Of its model.

    Returns:
        Its shape where it is dense, else the searched values that mean something in it, or all
        where nothing is searched.
    """
    numbers, params = f"{weights:,} parameters", {**plan.fixed, **own}
    layers, units, activation = (params.get(name) for name in ("layers", "units", "activation"))
    if units is None and isinstance(layers, int) and layers:
        apart = [str(params[f"units_{i}"]) for i in range(1, layers + 1) if f"units_{i}" in params]
        units = _listed(apart) if len(apart) == layers else None
    if layers == 0:
        return f"a linear network ({numbers})"
    if isinstance(layers, int) and isinstance(units, int | str):
        many = "one" if layers == 1 else str(layers)
        plural = "" if layers == 1 else "s"
        kind = f"{activation} " if activation else ""
        return f"a network of {many} {kind}layer{plural} of {units} units ({numbers})"
    idle = READY[plan.space]().idle(params) if plan.space in READY else frozenset()
    told = {name: value for name, value in (own or params).items() if name not in idle}
    values = ", ".join(f"{name} {value_text(value)}" for name, value in told.items())
    return f"the model with {values} ({numbers})"


def told_apart(plan: Plan, finalists: Sequence[Finalist]) -> list[str]:
    """Each described in a few words; those of the same words with what differs among them."""
    words = [described(plan, one.params, one.weights) for one in finalists]
    found = []
    for one, text in zip(finalists, words, strict=True):
        alike = [o.params for o, said in zip(finalists, words, strict=True) if said == text]
        apart = [
            f"{name} {value_text(value)}"
            for name, value in one.params.items()
            if any(other.get(name) != value for other in alike)
        ]
        what = f", {', '.join(apart) or f'trial {one.number}'}" if len(alike) > 1 else ""
        found.append(f"{text}{what}")
    return found


def counted(count: int, noun: str) -> str:
    """A count with its noun, such as "3 layers"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def value_text(value: Value) -> str:
    """A hyperparameter's value as text."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def typical(baseline: BaselineResult) -> Score | None:
    """A baseline's score of median value over its seeds; None where all failed."""
    return None if baseline.typical is None else baseline.scores[baseline.typical]


@dataclass(frozen=True)
class Rival:
    """What the winner is measured against.

    Attributes:
        name: With its article, such as "the linear model".
        score: On held-out.
        against: The winner beside it; None where that cannot be said.
        below_0: As of a `Yardstick`.
    """

    name: str
    score: Score
    against: Paired | None
    below_0: bool = False

    @property
    def told(self) -> str:
        """With its value."""
        return f"{self.name} ({figure(self.score.judged)})"

    @property
    def of_lead(self) -> str:
        """How far it is ahead of the winner, or behind, with an interval."""
        if self.against is None:
            return "not tested"
        lead, ends = self.against.lead, self.against.interval
        ends = ends if lead > 0 else Interval(-ends.high, -ends.low)
        return f"by {difference(abs(lead), ends, self.against.how)}"


def rivals(answer: Answer) -> list[Rival]:
    """Reference models, the best of the baselines, and those others that the winner does not beat.

    A baseline of which no fit was scored is none.
    """
    found = [Rival(f"the {y.name}", y.score, y.against, y.below_0) for y in answer.yardsticks]
    known = [
        Rival(f"the baseline {b.name}", score, b.against)
        for b in answer.baselines
        if (score := typical(b))
    ]
    if len(known) > 1:
        best = max(known, key=lambda rival: rival.score.judged.rank)
        name = best.name.replace("the baseline ", "the best baseline, ", 1)
        found.append(replace(best, name=name))
        known = [r for r in known if r is not best and not (r.against and r.against.told == AHEAD)]
    return found + known


def _so(answer: Answer, told: str) -> list[Rival]:
    """Rivals of which a test on the same rows says that the winner is so, such as "ahead"."""
    return [r for r in rivals(answer) if r.against is not None and r.against.told == told]


def tried_on(answer: Answer) -> str:
    """On how many fresh seeds and splits the finalists were trained."""
    fits = answer.winner.fits
    splits = len({fit.split for fit in fits})
    seeds = len(fits) // splits
    many = "one fresh seed" if seeds == 1 else f"{seeds} fresh seeds"
    return many if splits == 1 else f"{splits} fresh splits, on {many} each"


def shown_fit(manifest: Manifest, answer: Answer) -> str:
    """Which of the winner's fits is scored, exported and shown; a sentence without its stop."""
    chosen, refit = answer.chosen, answer.refit
    split = f", fresh split {chosen.split}" if chosen.split else ""
    median_fit = f"the fit with the median validation score (seed {chosen.seed}{split})"
    if refit is None:
        why = manifest.plan.no_refit
        only = f", on the training rows only, without a refit on validation rows too, because {why}"
        return f"Shown here is {median_fit}{only if why else ''}"
    if refit.reason:
        return (
            "Its refit on training and validation rows together failed "
            f"(“{refit.reason}”), so shown here is {median_fit}"
        )
    rows = sum(sum(manifest.data.rows[part]) for part in ("train", "validation"))
    epochs = epochs_in(refit.curve)
    return (
        f"Shown here is its refit on the {rows:,} training and validation rows together, for "
        f"{epochs} epoch{'s' * (epochs != 1)}, as many as were used of {median_fit}. Only the "
        "refit was scored on held-out data; baselines and reference models were trained on the "
        "same rows"
    )


def _winner(manifest: Manifest, answer: Answer) -> str:
    """It wins where it beats all that it is measured against, each baseline among it."""
    place = answer.finalists.index(answer.winner)
    words = told_apart(manifest.plan, answer.finalists)[place]
    how_good = f"held-out {headline(manifest, answer)}{_each_target(answer.headline)}"
    against = [rival.against for rival in rivals(answer)]
    if against and all(paired and paired.told == AHEAD for paired in against):
        return f"{words[0].upper()}{words[1:]} wins: {how_good}."
    return f"The search's best model is {words}: {how_good}."


def of_each_target(score: Score) -> list[str]:
    """Of several numbers each one's own score in its own unit; of many the worst and the best."""
    if len(score.of_targets) > MOST_TARGETS:
        by_r2 = sorted((r2, target) for target, (r2, _) in score.of_targets.items())
        (low, worst), (high, best) = by_r2[0], by_r2[-1]
        ends = f"{share(low)} ({worst}) to {share(high)} ({best})"
        return [f"R² of {len(by_r2)} targets from {ends}"]
    return [
        f"{target}: R² {share(r2)}, MAE {significant(mae)}"
        for target, (r2, mae) in score.of_targets.items()
    ]


def _each_target(score: Score) -> str:
    each = of_each_target(score)
    if len(score.of_targets) > MOST_TARGETS:
        return f"; {each[0]}"
    return f"; by target, in its own unit: {'; '.join(each)}" if each else ""


def _by_output(answer: Answer) -> list[str]:
    """What a model with several outputs measures of each."""
    names = [form.name for form in answer.outputs if form.name]
    found: dict[str, list[str]] = {name: [] for name in names}
    for of in answer.measures:
        # The longest: "a_b_loss" is of the output "a_b", where there is one, and not of "a".
        own = max((n for n in names if of.measure.startswith(f"{n}_")), key=len, default=None)
        if own:
            sure = f" (95 %: {ends(of)})" if of.interval else ""
            found[own].append(f"{of.measure.removeprefix(f'{own}_')} {figure(of)}{sure}")
    told = [f"{name}: {', '.join(each)}" for name, each in found.items() if each]
    if not 1 < len(told) <= MOST_TARGETS:
        return []
    return [f"By output, on the same rows, losses before their loss_weights: {'; '.join(told)}."]


def _last(answer: Answer) -> list[str]:
    if answer.last is None:
        return []
    return ["This is the score of its refit on training and validation rows together."]


def _best_of(answer: Answer, told: str) -> Rival | None:
    return max(_so(answer, told), key=lambda r: r.score.judged.rank, default=None)


def _better(manifest: Manifest, answer: Answer) -> list[str]:
    """What is better by more than noise leads."""
    better = _best_of(answer, BEHIND)
    if better is None or better.against is None:
        return []
    its = _apart(better.score.judged, better.against.interval)
    measure = of_class(answer.headline.judged.measure, manifest)
    return [
        f"{_capital(better.name)} beats the search's best model on held-out data: {measure} {its}, "
        f"better {better.of_lead}."
    ]


def _level(manifest: Manifest, answer: Answer) -> list[str]:
    """What ties, and what follows from it."""
    best = _nearest(answer)
    if best is None or best.against is None:
        return []
    measure = of_class(answer.headline.judged.measure, manifest)
    of = answer.headline.judged
    value, its_value = of.value, best.score.judged.value
    own, its = figure(of), figure(of, its_value)
    rows = held_out_rows(answer.headline)
    if its == own:
        return [f"{_capital(best.name)} ties with it (both {measure} {own} on {rows})."]
    if value is not None and its_value is not None:
        within = best.against.interval
        own, its = (_apart(one, within) for one in (of, best.score.judged))
    way = "better" if best.against.lead < 0 else "worse"
    return [
        f"{_capital(best.name)} ties with it: {measure} {its} against {own}, {way} "
        f"{best.of_lead}. These {rows} cannot show which of the two is better."
    ]


def _apart(of: Measured, within: Interval) -> str:
    """A value with the digits of how far two lie apart, or its own where these are more.

    A loss of a rival may be known to tens alone, and that of the winner to hundredths.
    """
    known = [of.interval or within, within]
    narrow = min((one for one in known if one.high > one.low), key=_width, default=within)
    return number(of.value or 0.0, narrow, of_share=of.share)


def _width(within: Interval) -> float:
    return within.high - within.low


def _nearest(answer: Answer) -> Rival | None:
    """The best of those that tie with the winner, where none is better."""
    if _so(answer, BEHIND):
        return None
    return _best_of(answer, LEVEL)


def _against(manifest: Manifest, answer: Answer) -> list[str]:
    """By a test on the same rows each, but for the one that a sentence before was about."""
    parts, said_before = [], (_nearest(answer) or _best_of(answer, BEHIND))
    for verb, again, told in (
        ("beats", "", AHEAD),
        ("ties with", "also ties with", LEVEL),
        ("is beaten by", "is also beaten by", BEHIND),
    ):
        group = [rival for rival in _so(answer, told) if rival != said_before]
        also = len(group) < len(_so(answer, told))
        if group:
            parts.append(f"{again if also else verb} {_listed([rival.told for rival in group])}")
    measure = of_class(answer.headline.judged.measure, manifest)
    who = "It" if measure == answer.headline.judged.measure else f"In {measure}, it"
    said = [f"{who} {_listed(parts)}."] if parts else []
    measured = [rival for rival in rivals(answer) if rival.score.judged.value is not None]
    unknown = [rival.told for rival in measured if rival.against is None]
    if unknown:
        said.append(f"Whether it is better than {_listed(unknown)} could not be tested by row.")
    if without := [rival.name for rival in rivals(answer) if rival not in measured]:
        verb = "has" if len(without) == 1 else "have"
        measure = answer.headline.judged.measure
        finite = "" if answer.headline.judged.own else "finite "
        below = {rival.name for rival in rivals(answer) if rival.below_0}
        why = f", and predict{'s' if len(without) == 1 else ''} below 0" * (below >= {*without})
        said.append(f"{_capital(_listed(without))} {verb} no {finite}{measure} on these rows{why}.")
    return said


def _seeds(answer: Answer) -> list[str]:
    """Seeds of one configuration that lie further apart than the interval of the shown one."""
    judged = [score.judged for score in answer.scores]
    values = [of.value for of in judged if of.value is not None]
    of = answer.headline.judged
    if len(values) < 2 or of.interval is None:
        return []
    low, high = min(values), max(values)
    if high - low <= of.interval.high - of.interval.low:
        return []
    return [
        f"Its {len(values)} seeds score {figure(of, low)} to {figure(of, high)} on these rows. "
        "That range is wider than the interval, which is of the one model shown."
    ]


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _ties(answer: Answer) -> str:
    others = answer.finalists[1:]
    if not others:
        return "It was the only finalist."
    if unknown := sum(finalist.tied is None for finalist in others):
        some = f"{unknown} of {len(others)} other finalists"
        which = "the other finalist" if len(others) == 1 else some
        return (
            "On validation it has the best mean. Whether its lead is more than noise cannot be "
            f"tested for {which}: the objective is not known row by row."
        )
    tied: list[Finalist] = [finalist for finalist in others if finalist.tied]
    if not tied:
        return f"On validation it clearly beats the {_counted(len(others), 'other finalist')}."
    if len(others) == 1:
        return "The other finalist ties with it on validation."
    if len(tied) < len(others):
        who = f"{len(tied)} of {len(others)} other finalists tie{'s' if len(tied) == 1 else ''}"
    else:
        who = f"{'Both' if len(others) == 2 else f'All {len(others)}'} other finalists tie"
    winner = answer.winner
    level = [f.mean_loss for f in others if f.mean is not None and f.rank == winner.rank]
    lowest = bool(level) and all(winner.mean_loss < loss for loss in level)
    by_loss = "; it has the lowest loss of those with the same mean" if lowest else ""
    return f"{who} with it on validation{by_loss}."


def _unsaved(answer: Answer) -> list[str]:
    if not answer.no_model:
        return []
    why = answer.no_model
    fix = "" if "get_config" in why or "NotImplementedError" not in why else GET_CONFIG
    return [f"There is no model file: Keras could not save the winner ({why}){fix}."]


def _counted(count: int, noun: str) -> str:
    return noun if count == 1 else f"{count} {noun}s"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
