"""The baselines: their learning curves and held-out evaluation, as for the winner."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from search.data.dataset import Array
from search.report import tables
from search.report.figures.boundary import scatter
from search.report.figures.curves import READ, curves, side_by_side
from search.report.figures.over_x import over_x
from search.report.figures.svg import Figure, Words, short
from search.report.material import Material
from search.report.rate_figure import rates
from search.report.section import Section
from search.report.winner.evaluation import HeldOutEvaluation, judged_by_task
from search.report.winner.section import learner
from search.report.wording import figure, in_units, of_class
from search.study.answer import Answer, BaselineResult

MOST_SHOWN = 12
"""Baselines with figures of their own; further ones stand in the table alone."""
MOST_DRAWN = 3
"""Baselines up to which ROC and calibration are drawn of each; of more, tables say as much."""
FEW_POINTS = 250
"""Rows of a part that are drawn of each baseline."""


def baselines(made: Material, answer: Answer) -> Section:
    """An overview, their learning curves side by side, and what is known of each, folded."""
    shown = answer.baselines[:MOST_SHOWN]
    arrays = made.run.arrays("baselines")
    figures = [*_side_by_side(made, shown), *_over_x(made, answer, arrays)]
    folded = [_of_one(made, baseline, place, arrays) for place, baseline in enumerate(shown)]
    finding = "Trained separately from the search, on the same rows, each with its own seeds."
    text = []
    if answer.last:
        text.append(
            "Held-out scores are of a refit of each seed on training and validation rows together, "
            "for as many epochs as were used of the curves below."
        )
    text += [reason for baseline in answer.baselines for reason in _failures(baseline)]
    if len(answer.baselines) > len(shown):
        text.append(f"Figures show the first {MOST_SHOWN} of {len(answer.baselines)}.")
    overview = [tables.baselines(made.manifest, answer)]
    return Section("baselines", "Baselines", finding, text, overview, figures, folded=folded)


def _failures(baseline: BaselineResult) -> list[str]:
    reasons = Counter(fit.reason for fit in baseline.fits if fit.reason)
    return [
        f"{baseline.name} failed on {count} of {len(baseline.fits)} seeds: {reason}."
        for reason, count in reasons.items()
    ]


def _side_by_side(made: Material, shown: Sequence[BaselineResult]) -> list[Figure]:
    goal = made.manifest.plan.goal
    learners = [learner(baseline.name, baseline.fits, goal) for baseline in shown]
    learners = [one for one in learners if one.curves]
    if len(learners) < 2:
        return []
    words = Words(
        "baselines-curves",
        "Learning curves side by side",
        "Mean over seeds: validation solid, training dashed. The band is the validation range; the "
        "marks are the epochs that were used. Panels of one measure share an axis"
        f"{in_units(made.manifest)}.",
    )
    return [side_by_side(learners, words, goal)]


def _over_x(made: Material, answer: Answer, arrays: Mapping[str, Array]) -> list[Figure]:
    """The winner and the baselines as lines over the one feature."""
    grid, parts = made.run.arrays("grid"), made.scatter_parts()
    if "predictions" not in grid or len(parts) < 3:
        return []
    lines = {"winner": grid["predictions"][:, 0]}
    lines |= {
        baseline.name: arrays[f"{place} grid"][:, 0]
        for place, baseline in enumerate(answer.baselines[:MOST_SHOWN])
        if f"{place} grid" in arrays
    }
    if len(lines) < 2:
        return []
    words = Words(
        "baselines-over-x",
        "Predictions, model by model",
        "Dots are rows; the line is the model's prediction over the whole range.",
    )
    return [over_x(list(parts.values()), grid["x1"], lines, made.manifest.data, words)]


def _of_one(
    made: Material, baseline: BaselineResult, place: int, arrays: Mapping[str, Array]
) -> Section:
    """All that is known of a baseline."""
    name, goal = f"baseline-{place}", made.manifest.plan.goal
    figures: list[Figure] = []
    if any(fit.curve for fit in baseline.fits):
        reads = f"Validation solid, training dashed. {READ}{in_units(made.manifest)}."
        words = Words(name, f"Learning curves of {short(baseline.name)}", reads)
        figures.append(curves([learner(baseline.name, baseline.fits, goal)], words, goal))
    judged = _judged(made, baseline, place, arrays)
    figures += [*_boundary(made, baseline, place, arrays), *judged.figures]
    if baseline.rate_curve:
        figures.append(rates(made, baseline.rate_curve, f"{name}-rates"))
    shown = f"Shown here is the fit with the median validation score (seed {baseline.shown})."
    return Section(
        f"{name}-all",
        _title(made, baseline),
        shown if baseline.shown is not None and judged.tables else "",
        figures=figures,
        tables=judged.tables,
        matrices=judged.matrices,
    )


def _title(made: Material, baseline: BaselineResult) -> str:
    if baseline.typical is None:
        return f"{baseline.name}: failed"
    judged = sorted((score.judged for score in baseline.scores), key=lambda of: of.rank)
    values, seeds = [figure(of) for of in judged], len(judged)
    spread = f" ({values[0]}–{values[-1]} over {seeds} seeds)" if seeds > 1 else ""
    middle = baseline.scores[baseline.typical].judged
    measure = of_class(middle.measure, made.manifest)
    return f"{baseline.name}: held-out {measure} {figure(middle)}{spread}"


def _judged(
    made: Material, baseline: BaselineResult, place: int, arrays: Mapping[str, Array]
) -> HeldOutEvaluation:
    """Its tables as the winner's; its figures where baselines are few."""
    said = arrays.get(f"{place} held_out")
    held_out = made.run.arrays("held_out")
    if said is None or "y" not in held_out or baseline.headline is None:
        return HeldOutEvaluation()
    what = "predictions" if made.manifest.data.targets else "probabilities"
    own = {**held_out, what: said.astype(float)}
    judged = judged_by_task(made.manifest.data, baseline.headline, own, short(baseline.name))
    drawn = made.answer is not None and len(made.answer.baselines) <= MOST_DRAWN
    figures = [replace(f, name=f"baseline-{place}-{f.name}") for f in judged.figures]
    return replace(judged, figures=figures if drawn else ())


def _boundary(
    made: Material, baseline: BaselineResult, place: int, arrays: Mapping[str, Array]
) -> list[Figure]:
    grid, parts = made.run.arrays("grid"), made.scatter_parts()
    own = arrays.get(f"{place} grid")
    if own is None or "probabilities" not in grid or len(parts) < 3:
        return []
    plane = made.plane({**grid, "probabilities": own})
    words = Words(
        f"baseline-{place}-boundary",
        f"Decision boundary of {short(baseline.name)}: training and held-out data",
        "Marks are true classes; a mark on another class's shade is an error. A stronger shade "
        "means a higher probability.",
    )
    rows = [parts[name].thinned(FEW_POINTS) for name in ("training", "held-out")]
    return [scatter(rows, plane.coarse(), words)]
