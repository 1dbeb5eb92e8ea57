"""The winner: how it learnt, how it does on held-out rows, where it errs, what it is made of."""

from collections.abc import Sequence

from search.report.digits import share, significant
from search.report.figures.boundary import scatter
from search.report.figures.curves import READ, Learner, curves
from search.report.figures.over_x import over_x
from search.report.figures.svg import Figure, Words
from search.report.material import Material
from search.report.rate_figure import rates
from search.report.section import Section
from search.report.winner.architecture import activations_figure, network_figure
from search.report.winner.custom import measures_table
from search.report.winner.evaluation import judged_by_task
from search.report.winner.forecasts import forecast_figures, group_tables
from search.report.winner.worst_rows import Worst, hardest_by_class
from search.report.wording import (
    MOST_TARGETS,
    figure,
    headline,
    in_objective,
    in_units,
    of_class,
    shown_fit,
)
from search.store.manifest import Manifest
from search.study.answer import Answer, Fit
from search.study.goal import Goal
from search.study.outputs import OF_LOSS
from search.study.task import TASKS

MOST_BASELINES = 3


def winner(made: Material, answer: Answer) -> Section:
    """All of the winner's section."""
    held_out = made.run.arrays("held_out")
    judged = judged_by_task(made.manifest.data, answer.headline, held_out)
    worst = None
    if answer.headline.kind != OF_LOSS:
        worst = Worst.of(made.manifest.data, made.run.arrays("worst"), held_out)
    network, missing = network_figure(made, answer)
    figures = [*_boundary(made, answer), *judged.figures, *forecast_figures(made)]
    figures += _curves(made, answer)
    figures += [rates(made, answer.rate_curve, "winner-rates")] if answer.rate_curve else []
    figures += [*network, *activations_figure(made, answer)]
    tables = [
        *judged.tables,
        *group_tables(made.run.arrays("forecasts"), held_out),
        *measures_table(answer),
        *([worst.table(len(held_out["y"]))] if worst else []),
        *hardest_by_class(made.manifest.data, made.run.arrays("hardest"), held_out),
    ]
    finding = f"{_did(made.manifest, answer)}{_all_fits(made.manifest, answer)}."
    said = [
        f"{shown_fit(made.manifest, answer)}.",
        *answer.notes,
        *judged.text,
        *missing,
    ]
    return Section(
        "winner", "Winner", finding, said, figures=figures, matrices=judged.matrices,
        tables=tables, unfolded=True,
    )  # fmt: skip


def _all_fits(manifest: Manifest, answer: Answer) -> str:
    """Their scores, where others than the shown one have any."""
    if answer.last:
        return ""
    each = ", ".join(figure(score.judged) for score in answer.scores)
    return f"; {of_class(answer.headline.judged.measure, manifest)} of all its fits: {each}"


def _did(manifest: Manifest, answer: Answer) -> str:
    """How the winner did on held-out, in the words of its measure."""
    score = answer.headline
    if score.measure == "accuracy":
        right = round(score.value * score.rows)
        plain = f"It classifies {right:,} of {score.rows:,} held-out rows correctly"
        return plain if score.goal is None else f"Held-out {headline(manifest, answer)}. {plain}"
    if len(score.of_targets) > MOST_TARGETS:
        return f"Held-out {in_objective(score)}; each target is in a table below"
    beside = {name: of for name, of in score.others.items() if name != score.judged.measure}
    text = share if TASKS[manifest.data.task].has_labels else significant
    others = "".join(f", {name} {text(value)}" for name, value in beside.items())
    return f"Held-out {in_objective(score)}{others}"


def _boundary(made: Material, answer: Answer) -> list[Figure]:
    parts, grid = made.scatter_parts(), made.run.arrays("grid")
    if answer.headline.kind == OF_LOSS:
        return []
    if "predictions" in grid and len(parts) == 3:
        words = Words(
            "over-x",
            "Predictions over the feature",
            "Each mark is a row; the line is the winner's prediction over the whole range.",
        )
        line = {"winner": grid["predictions"][:, 0]}
        return [over_x(list(parts.values()), grid["x1"], line, made.manifest.data, words)]
    if not grid or len(parts) < 3:
        return []
    of_search = " (left, the training rows of the search)" if answer.chosen.split else ""
    words = Words(
        "boundary",
        "Decision boundary: training and held-out data",
        "Marks are true classes; a mark on another class's shade is an error. A stronger shade "
        "means a higher probability; the line is where two classes are equally likely"
        f"{of_search}.",
    )
    return [scatter([parts["training"], parts["held-out"]], made.plane(grid), words)]


def _curves(made: Material, answer: Answer) -> list[Figure]:
    """How the winner learnt; and how all others did beside it, where there are any."""
    goal = made.manifest.plan.goal
    how = f"{READ}{in_units(made.manifest)}."
    own = learner("winner", answer.winner.fits, goal)
    words = Words(
        "curves", "Learning curves of the winner", f"Validation solid, training dashed. {how}"
    )
    shown = [curves([own], words, goal)]
    others = [learner(f"trial {f.number}", f.fits, goal) for f in answer.finalists[1:]]
    others += [learner(b.name, b.fits, goal) for b in answer.baselines[:MOST_BASELINES]]
    others = [other for other in others if other.curves]
    if others:
        words = Words(
            "others-curves",
            "Learning curves of all finalists"
            + (" and the first baselines" if answer.baselines else ""),
            f"Validation scores. {how}",
        )
        shown.append(curves([own, *others], words, goal))
    return shown


def learner(name: str, fits: Sequence[Fit], goal: Goal) -> Learner:
    """A model's trainings that did not fail, each with the epoch that counts."""
    sound = [fit for fit in fits if fit.curve]
    return Learner(name, [fit.curve for fit in sound], [_counts(fit, goal) for fit in sound])


def _counts(fit: Fit, goal: Goal) -> int:
    """The last epoch, or with patience the best; a baseline of its own length has no patience."""
    values = fit.curve.get(goal.objective, ())
    if not values:
        return -1
    place = goal.place(fit.curve)
    return place if values[place] == fit.value else len(values) - 1
