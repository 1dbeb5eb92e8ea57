"""The verdict in words; the same sentences stand on the page and in the terminal."""

from collections.abc import Mapping
from statistics import median

from search.store.manifest import Manifest
from search.study.answer import Answer, BaselineResult, Finalist, Interval, Score
from search.study.parameters import Value
from search.study.task import REGRESSION


def verdict_lines(manifest: Manifest, answer: Answer) -> list[str]:
    """Which model, how good, how sure, and against what; one sentence a line."""
    return [
        *_surprises(answer),
        _winner(manifest, answer),
        *_last(answer),
        *_against(answer),
        _ties(answer),
    ]


def share(value: float) -> str:
    """An accuracy or its like for people: three digits, never rounded up to a perfect 1."""
    text = f"{value:.3f}"
    if text == "1.000" and value < 1:
        return "0.999"
    return "0.000" if text == "-0.000" else text


def loss_text(value: float) -> str:
    """A loss for people: four places, and no more digits of a large one than tell."""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.5g}"


def on_validation(value: float, objective: str) -> str:
    """The objective's value for people: a share with three digits, else as many as tell."""
    return share(value) if objective == "val_accuracy" else f"{value:.4g}"


def in_units(manifest: Manifest) -> str:
    """In which unit a dense network's errors of numbers are; empty for any other run."""
    if manifest.data.task != REGRESSION.name or manifest.plan.space != "dense":
        return ""
    return "; errors are of targets standardised by the training rows"


def scored(score: Score) -> str:
    """A held-out score with its interval and its rows."""
    return f"{share(score.value)} (95 %: {span(score.interval)}, {score.rows:,} rows)"


def span(interval: Interval) -> str:
    """An interval's two ends."""
    joint = " to " if interval.low < 0 else "–"
    return f"{share(interval.low)}{joint}{share(interval.high)}"


def described(params: Mapping[str, Value], weights: int) -> str:
    """A configuration in a few words: its shape where it is dense, else all its values."""
    numbers = f"{weights:,} parameters"
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
    values = ", ".join(f"{name} {value_text(value)}" for name, value in params.items())
    return f"the model with {values} ({numbers})"


def value_text(value: Value) -> str:
    """A parameter's value for people."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def typical(baseline: BaselineResult) -> float | None:
    """A baseline's median held-out score over its seeds; None where all failed."""
    return median(score.value for score in baseline.scores) if baseline.scores else None


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
    median_fit = f"its fit of median validation (seed {chosen.seed}{split})"
    if refit is None:
        why = manifest.plan.no_refit
        only = f", on the training rows alone, with no last fit on validation rows too: {why}"
        return f"Shown is {median_fit}{only if why else ''}"
    if refit.reason:
        return (
            "Its last fit on training and validation rows together failed "
            f"(“{refit.reason}”), so shown is {median_fit}"
        )
    rows = sum(sum(manifest.data.rows[part]) for part in ("train", "validation"))
    epochs = len(refit.curve["loss"])
    return (
        f"Shown is its last fit, on the {rows:,} training and validation rows together, for "
        f"{epochs} epoch{'s' * (epochs != 1)}: as many as counted in {median_fit}. Of its fits, "
        "this alone was scored on held-out; baselines and plain models had the same rows"
    )


def _winner(manifest: Manifest, answer: Answer) -> str:
    words = described({**manifest.plan.fixed, **answer.winner.params}, answer.winner.weights)
    how_good = f"held-out {answer.headline.measure} {scored(answer.headline)}"
    return f"{words[0].upper()}{words[1:]} wins: {how_good}."


def _last(answer: Answer) -> list[str]:
    if answer.last is None:
        return []
    return ["That is of a last fit of it, on training and validation rows together."]


def _surprises(answer: Answer) -> list[str]:
    """What has to be said before the winner is praised: something simpler does as well."""
    best = max(answer.yardsticks, key=lambda y: y.score.value, default=None)
    if best is None or best.score.value < answer.headline.value:
        return []
    value = share(best.score.value)
    if best.score.value > answer.headline.interval.high:
        return [f"The {best.name} is better on held-out ({value}) than what the search found."]
    return [f"The {best.name} does as well on held-out ({value}): no search was needed."]


def _against(answer: Answer) -> list[str]:
    known = [(f"the {y.name}", y.score.value) for y in answer.yardsticks]
    values = [(baseline.name, typical(baseline)) for baseline in answer.baselines]
    rated = [(name, value) for name, value in values if value is not None]
    if rated:
        name, value = max(rated, key=lambda pair: pair[1])
        known.append((f"the best baseline, {name}", value))
    return [_comparison(answer.headline, known)] if known else []


def _comparison(headline: Score, known: list[tuple[str, float]]) -> str:
    """Beaten is what lies below the winner's whole interval; the rest is a tie or better."""
    beaten = [p for p in known if p[1] < headline.interval.low]
    level = [p for p in known if headline.interval.low <= p[1] <= headline.interval.high]
    better = [p for p in known if p[1] > headline.interval.high]
    parts = []
    for verb, group in (
        ("beats", beaten),
        ("cannot be told from", level),
        ("is beaten by", better),
    ):
        if group:
            names = [f"{name} ({share(value)})" for name, value in group]
            parts.append(f"{verb} {_listed(names)}")
    return f"It {_listed(parts)}."


def _ties(answer: Answer) -> str:
    others = answer.finalists[1:]
    if not others:
        return "It was the only finalist."
    tied: list[Finalist] = [finalist for finalist in others if finalist.tied]
    if not tied:
        return f"On validation it beats its {_counted(len(others), 'fellow finalist')} clearly."
    if len(others) == 1:
        return "The other finalist ties with it on validation."
    if len(tied) < len(others):
        who = f"{len(tied)} of {len(others)} other finalists tie{'s' if len(tied) == 1 else ''}"
    else:
        who = f"{'Both' if len(others) == 2 else f'All {len(others)}'} other finalists tie"
    return f"{who} with it on validation; it has the lowest loss of those with its mean."


def _counted(count: int, noun: str) -> str:
    return noun if count == 1 else f"{count} {noun}s"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
