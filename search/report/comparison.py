"""Several runs on one page: where they differ, how they went, and whose winner is better."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import pairwise

from search.data.series_rows import blocks_of
from search.metrics.base import Estimate, Measure, PairedScores
from search.metrics.custom import Custom
from search.metrics.intervals import Draws
from search.metrics.measures import measure_of, plain_measure
from search.report.content import Page
from search.report.digits import difference, sure_to
from search.report.engines import engines_of, fallbacks
from search.report.figures.comparing import best_by_time, best_by_trial
from search.report.figures.svg import Figure, Words
from search.report.material import Material
from search.report.section import Section
from search.report.tables import HtmlTable
from search.report.wording import counted, described, figure, in_objective, value_text
from search.store.manifest import DataSummary
from search.store.run import StoredRun
from search.study.answer import Answer, Paired, Score
from search.study.checks import Found
from search.study.goal import LOSS
from search.study.outputs import OF_LOSS
from search.study.task import TASKS

NAMED = 5
"""Columns that a sentence names, at most."""


def comparison_of(runs: Sequence[StoredRun], command: str) -> Page:
    """What a page says of several runs.

    Args:
        runs: Two or more, of different names.
        command: That asks for it.
    """
    made = [Material.of(run) for run in runs]
    names = [one.run.name for one in made]
    return Page(
        title="Comparison",
        name=" · ".join(names),
        facts=f"{len(made)} runs",
        verdict=[*_verdict(made)],
        alerts=[*_cautions(made)],
        figures=_figures(made),
        strips=(),
        of="",
        command=command,
        sections=[
            Section(
                "winners", "Winners", "What each run found.", tables=[_winners(made)], unfolded=True
            ),
            Section(
                "differences",
                "Differences",
                _alike(made),
                tables=[_differences(made)],
                unfolded=True,
            ),
        ],
    )


def _verdict(made: Sequence[Material]) -> Iterator[str]:
    """The winners on the same held-out rows, best first; or why that cannot be said."""
    judged = [(one, one.answer) for one in made if one.answer is not None]
    why = _without_finals(made) or _not_comparable(made, judged)
    if why:
        yield f"Their winners cannot be compared: {why}."
        return
    objectives = {one.manifest.plan.objective for one, _ in judged}
    measures = {answer.headline.judged.measure for _, answer in judged}
    own = len(objectives) == len(measures) == 1
    of_loss = [one.run.name for one, answer in judged if answer.headline.kind == OF_LOSS]
    if of_loss and not own:
        yield (
            f"Their winners cannot be compared: the outputs of {of_loss[0]} are in the scale of "
            "its loss, so it compares only with runs whose objective is that loss."
        )
        return
    scores = {
        one.run.name: answer.headline if own else replace(answer.headline, goal=None)
        for one, answer in judged
    }
    judged.sort(key=lambda pair: -scores[pair[0].run.name].judged.rank)
    (best, answer), *others = judged
    paired = [_paired(best, other, scores[best.run.name]) for other, _ in others]
    clear = all(found is not None and found.told == "ahead" for found in paired)
    level = any(found is not None and found.told == "level" for found in paired)
    what = "has the best winner" if clear else "has the winner with the best score"
    what += ", by less than noise" if level and not clear else ""
    first = scores[best.run.name].judged.value
    alike = [o.run.name for o, _ in others if scores[o.run.name].judged.value == first]
    if alike:
        what = f"and {', '.join(alike)} have winners with equal scores"
        what += ", better than the others'" if len(alike) < len(others) else ""
    yield (
        f"On the same {answer.headline.rows:,} held-out rows {best.run.name} {what}: "
        f"{in_objective(scores[best.run.name], manifest=best.manifest)}."
    )
    if not own:
        what = _what(objectives)
        yield f"They were searched with different {what}, so not every winner was chosen by this."
    for (other, _), found in zip(others, paired, strict=True):
        its = scores[other.run.name].judged
        if found is None:
            yield f"{other.run.name} ({figure(its)}) could not be compared with it row by row."
            continue
        sure = {"ahead": "clearly behind", "behind": "better"}.get(found.told, "a tie")
        yield (f"{other.run.name} ({figure(its)}) is {_worse(found)}: {sure}.")


def _what(objectives: AbstractSet[str]) -> str:
    """What they were searched by: of one objective, models measured it in different ways."""
    if len(objectives) > 1:
        return "objectives"
    (objective,) = objectives
    if objective == LOSS:
        return "losses"
    return f"metrics called {objective.removeprefix('val_')}"


def _worse(found: Paired) -> str:
    """How much worse, with its interval where it has a width."""
    told = f"worse by {found.lead:.3g}" if found.lead else "as good"
    if found.interval.low == found.interval.high:
        return f"{told} on these rows"
    if not found.lead:
        return f"as good {sure_to(found.interval, found.how)}"
    return f"worse by {difference(found.lead, found.interval, found.how)}"


def _paired(best: Material, other: Material, score: Score) -> Paired | None:
    """By the draws that the finals kept; by accuracy, micro F1 or R² where objectives differ."""
    task, objective = best.manifest.data.task, best.manifest.plan.objective
    if score.goal is None:
        measure: Measure = plain_measure(task)
    else:
        known = None if score.goal.own else measure_of(objective, task)
        measure = known or Custom(score.goal.measure, maximize=score.goal.maximize)
    judged = [_judged(one, score) for one in (best, other)]
    y = best.run.arrays("held_out")["y"]
    return measure.paired(y, *judged)


def _judged(one: Material, score: Score) -> PairedScores:
    held_out, kept = one.run.arrays("held_out"), one.run.arrays("objective")
    said, blocks = held_out[TASKS[one.manifest.data.task].kept], blocks_of(held_out)
    if score.goal is None or not kept:
        measure = plain_measure(one.manifest.data.task)
        draws = Draws.of(len(said), blocks)
        return PairedScores(said, measure.estimate(said, held_out["y"], draws))
    estimate = Estimate(
        float(kept["value"]),
        kept["drawn"],
        blocks=blocks,
        share=score.goal.share,
        rows=kept.get("rows"),
    )
    return PairedScores(said, estimate)


def _without_finals(made: Sequence[Material]) -> str:
    """Which of the runs are searches of functions; empty where none is."""
    functions = [one.run.name for one in made if one.manifest.plan.is_of_function]
    if not functions:
        return ""
    if len(functions) > 1:
        return (
            f"{' and '.join(functions)} are searches of functions, which have no held-out winners; "
            f"search status {functions[0]} names the best trial of {functions[0]}"
        )
    return (
        f"{functions[0]} is a search of a function, which has no held-out winner; "
        f"search status {functions[0]} names its best trial"
    )


def _not_comparable(made: Sequence[Material], judged: Sequence[tuple[Material, Answer]]) -> str:
    without = [one.run.name for one in made if one.answer is None]
    if without:
        return f"{without[0]} has no winner yet"
    for one, other in pairwise(made):
        if one.manifest.data.same_rows != other.manifest.data.same_rows:
            return _other_rows(one, other)
        if one.manifest.data.split != other.manifest.data.split:
            return f"{one.run.name} and {other.run.name} split the same rows differently"
    changed = [one.run.name for one in made if one.manifest.data_changed]
    if changed:
        return f"the rows of {changed[0]} changed between two of its sessions"
    kept = [one.run.arrays("held_out").get("y") for one, _ in judged]
    if any(y is None or y.shape != kept[0].shape or (y != kept[0]).any() for y in kept):  # type: ignore[union-attr]
        return "their saved held-out rows differ"
    return ""


def _other_rows(one: Material, other: Material) -> str:
    """What differs between two runs' rows, as far as their manifests tell."""
    first, second = one.manifest.data, other.manifest.data
    counts = [sum(map(sum, data.rows.values())) for data in (first, second)]
    differ = [f"{counts[0]:,} and {counts[1]:,} rows"] if counts[0] != counts[1] else []
    for run, own, beside in ((one, first, second), (other, second, first)):
        names = [name for name in _columns(own) if name not in _columns(beside)]
        if names:
            more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            listed = ", ".join(names[:NAMED])
            differ.append(f"{listed}{more} only in {run.run.name}")
    if first.description != second.description:
        differ.append(f"read as {first.description} and as {second.description}")
    what = "; ".join(differ) or "different values"
    return (
        f"{one.run.name} and {other.run.name} have different data (their SHA-256 differ): "
        f"{what}; only winners on the same rows can be compared"
    )


def _columns(data: DataSummary) -> Sequence[str]:
    """As they were given; of rows that came as numbers, their features."""
    return [name for name, _ in data.columns] or data.features


def _cautions(made: Sequence[Material]) -> Iterator[Found]:
    looks = {one.run.name: len(one.manifest.looks) for one in made}
    if all(looks.values()):
        told = ", ".join(f"{count} for {name}" for name, count in looks.items())
        yield Found(
            "S021",
            f"The held-out rows were evaluated before ({told}); this page adds no evaluation. "
            "Choosing among runs by held-out scores is partly luck: the best of several scores is "
            "too optimistic for new data.",
        )


def _figures(made: Sequence[Material]) -> list[Figure]:
    goals = {(m.manifest.plan.objective, m.manifest.plan.direction) for m in made}
    if len(goals) > 1:
        return []
    ((objective, direction),) = goals
    runs = {one.run.name: one.trials for one in made}
    reads = f"{objective} of the best completed trial so far; a mark is at the end of each run."
    by_trial = Words("best-by-trial", "Best value by number of trials", reads)
    by_time = Words("best-by-time", "Best value by time", reads)
    return [best_by_trial(runs, direction, by_trial), best_by_time(runs, direction, by_time)]


def _winners(made: Sequence[Material]) -> HtmlTable:
    rows = []
    for one in made:
        answer, plan = one.answer, one.manifest.plan
        ended = sum(trial.state.finished for trial in one.trials)
        winner = answer.winner if answer else None
        rows.append(
            (
                one.run.name,
                described(plan, winner.params, winner.weights) if winner else "–",
                in_objective(answer.headline, manifest=one.manifest) if answer else "–",
                f"{ended} of {plan.trials}",
                f"{sum(one.manifest.seconds.values()):.0f}",
            )
        )
    header = ("run", "winner", "on held-out", "trials", "seconds")
    return HtmlTable("The winner of each run", header, rows, frozenset({3, 4}))


def _differences(made: Sequence[Material]) -> HtmlTable:
    facts = {one.run.name: _facts(one) for one in made}
    names = list(dict.fromkeys(name for of_run in facts.values() for name in of_run))
    rows = [
        (name, *(of_run.get(name, "–") for of_run in facts.values()))
        for name in names
        if len({of_run.get(name) for of_run in facts.values()}) > 1
    ]
    return HtmlTable("Settings that differ", ("setting", *facts), rows)


def _alike(made: Sequence[Material]) -> str:
    facts = [_facts(one) for one in made]
    same = [name for name, value in facts[0].items() if all(f.get(name) == value for f in facts)]
    return f"The same in all: {', '.join(same)}." if same else "They have nothing in common."


def _facts(made: Material) -> dict[str, str]:
    """All that may explain another outcome, as text."""
    manifest = made.manifest
    plan, data = manifest.plan, manifest.data
    others = fallbacks(plan, engines_of(made.trials), "trials")
    return {
        **{
            f"range of {name}": searched.told(value_text)
            for name, searched in plan.parameters.items()
        },
        **{f"fixed {name}": value_text(value) for name, value in plan.fixed.items()},
        "data": data.description,
        "SHA-256 of the data": f"{data.same_rows[:12]}…",
        **({"sample weights": f"SHA-256 {data.hash[:12]}…"} if data.hash_of_rows else {}),
        "task": data.task,
        "features": "; ".join(data.inputs) or f"{len(data.features)}",
        "rows": " · ".join(f"{part} {sum(counts):,}" for part, counts in data.rows.items()),
        "split": data.split,
        "budget": f"{counted(plan.trials, 'trial')} × {counted(plan.epochs, 'epoch')}",
        "patience": _or_none(plan.patience),
        "seconds": _or_none(plan.seconds),
        "objective": f"{plan.objective}, {plan.direction}",
        "sampler": plan.sampler,
        "pruner": plan.stops_by,
        "finals": "{} configurations × {} seeds".format(*plan.finals)
        + (f" × {plan.splits} splits" if plan.splits > 1 else "")
        + (", a refit" if plan.refit else ""),
        "seed": str(manifest.seed),
        "engine": plan.engine + (f"; {others}" if others else ""),
        "trials per job": str(plan.together),
        "workers": str(manifest.machine.workers),
        "machine": manifest.machine.description,
        **{f"version of {name}": version for name, version in manifest.versions.items()},
        **{f"SHA-256 of {name}": f"{value[:12]}…" for name, value in manifest.files.items()},
    }


def _or_none(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"
