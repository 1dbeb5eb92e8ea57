"""How did a model learn, epoch by epoch?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from search.data.dataset import Array
from search.report.figures.scales import epochs_along, log_locator, named, within_bounds
from search.report.figures.svg import (
    MARKERS,
    SERIES,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    plain_log,
    series,
    short,
    tips,
)
from search.study.goal import Goal
from search.study.task import TASKS
from search.study.trial import Curve

TRAINING = (0, (2, 2))
"""The dash of what a model does on its training rows."""
RATE = "learning_rate"
"""What a fit's curve calls the learning rate of its epochs."""
IN_A_ROW = 2
"""Measures of one model: the title of a narrower panel, such as "accuracy (higher is better)",
reaches beyond it."""
SIDE_BY_SIDE = 3
"""Models of a row."""
READ = (
    "Each thin line is a seed, the thick line their mean while all of them train, the band their "
    "range. The mark is the epoch whose weights are used"
)
"""How curves are read."""


@dataclass(frozen=True)
class Learner:
    """A model and its trainings.

    Attributes:
        name: Of the model.
        curves: One a seed.
        counts: Place of the epoch by which each training counts; none where that is not marked.
    """

    name: str
    curves: Sequence[Curve]
    counts: Sequence[int] = ()


def curves(learners: Sequence[Learner], words: Words, goal: Goal) -> Figure:
    """Loss and what else is measured by epoch: every seed, their mean, and the band they span.

    Of one model, training is drawn dashed beside validation; of several, validation alone.
    """
    measures = _measures(learners, goal.objective.removeprefix("val_"))
    with Drawing(len(measures), 2.7, min(len(measures), IN_A_ROW)) as drawing:
        for axes, measure in zip(drawing.axes, measures, strict=True):
            lines = [
                _draw(axes, learner, measure, place, alone=len(learners) == 1)
                for place, learner in enumerate(learners)
            ]
            axes.set_title(named(measure, goal))
            epochs_along(axes, _last(learners))
            if (measure == "loss" and _above_zero(learners)) or measure == RATE:
                plain_log(axes.yaxis)
            else:
                within_bounds(axes.yaxis, measure)
        names = [short(learner.name) for learner in learners]
        if len(learners) == 1:
            names = ["validation", "training"]
            lines.append(Line2D([], [], color=SERIES[0], linestyle=TRAINING, linewidth=1.1))
        drawing.legend_above(lines, names)
        return drawing.figure(words, _numbers(learners, measures))


def side_by_side(learners: Sequence[Learner], words: Words, goal: Goal) -> Figure:
    """Training and validation of each model in panels of its own, all on the same axes."""
    measures = [m for m in _measures(learners, goal.objective.removeprefix("val_")) if m != RATE]
    columns = min(len(learners), SIDE_BY_SIDE)
    rows = [learners[at : at + columns] for at in range(0, len(learners), columns)]
    with Drawing(len(rows) * len(measures) * columns, 1.7, columns) as drawing:
        panels = iter(drawing.axes)
        for row in rows:
            for measure in measures:
                for place in range(columns):
                    axes = next(panels)
                    if place < len(row):
                        _panel(axes, row[place], measure)
                    else:
                        axes.remove()
        drawn = [axes for axes in drawing.axes if axes.figure is not None]
        for measure in measures:
            _same_heights([a for a in drawn if a.get_label() == measure], measure, learners)
        marks = [Line2D([], [], color=SERIES[0], linewidth=1.8)]
        marks.append(Line2D([], [], color=SERIES[0], linestyle=TRAINING, linewidth=1.1))
        drawing.legend_above(marks, ["validation", "training"])
        return drawing.figure(words, _numbers(learners, measures))


def _panel(axes: Axes, learner: Learner, measure: str) -> None:
    _draw(axes, learner, measure, 0, alone=True, lines=False)
    axes.set_label(measure)
    axes.set_title(short(learner.name))
    epochs_along(axes, _last([learner]))
    axes.set_ylabel(measure)


def _same_heights(panels: Sequence[Axes], measure: str, learners: Sequence[Learner]) -> None:
    """One scale for all panels of a measure, so that they can be compared by eye."""
    if measure == "loss" and _above_zero(learners):
        for axes in panels:
            plain_log(axes.yaxis)
    else:
        for axes in panels:
            within_bounds(axes.yaxis, measure)
    log = panels[0].get_yscale() == "log"
    low = min(axes.get_ylim()[0] for axes in panels)
    high = max(axes.get_ylim()[1] for axes in panels)
    for axes in panels:
        axes.set_ylim(low, high)
        if log:
            axes.yaxis.set_major_locator(log_locator(low, high))


def _last(learners: Sequence[Learner]) -> int:
    """The last epoch of any."""
    return max((len(v) for one in learners for c in one.curves for v in c.values()), default=1)


def _measures(learners: Sequence[Learner], wanted: str) -> list[str]:
    """The loss; and what trials are compared by, or a task is measured by, or what there is."""
    known = dict.fromkeys(key for one in learners for curve in one.curves for key in curve)
    apart = {"loss", RATE}
    others = [key for key in known if key not in apart and not key.startswith("val_")]
    usual = {task.measure for task in TASKS.values()}
    others.sort(key=lambda name: (name != wanted, name not in usual))
    return ["loss", *others[:1], *([RATE] if RATE in known else [])]


def _above_zero(learners: Sequence[Learner]) -> bool:
    """Hinge loss reaches 0 and cosine similarity lies below it: no logarithm shows them."""
    losses = [
        value
        for learner in learners
        for curve in learner.curves
        for key in ("loss", "val_loss")
        for value in curve.get(key, ())
    ]
    return any(0 < v < np.inf for v in losses) and all(not v <= 0 for v in losses)


def _draw(  # noqa: PLR0913 - how a model is drawn in which company
    axes: Axes, learner: Learner, measure: str, place: int, *, alone: bool, lines: bool = True
) -> Line2D:
    """Draw every seed and their mean; returns a line that stands for all."""
    colour, mark = SERIES[place % len(SERIES)], MARKERS[place % len(MARKERS)]
    key = measure if measure == RATE else f"val_{measure}"
    seeds = [np.asarray(c.get(key, ()), dtype=float) for c in learner.curves]
    known = {*axes.lines, *axes.collections}
    for seed, values in enumerate(seeds if lines else (), start=1):
        (line,) = axes.plot(_epochs(values), values, color=colour, linewidth=0.6, alpha=0.6)
        tips(line, [f"{learner.name}, seed {seed}"])
    trained: list[Any] = []
    if alone and measure != RATE:
        training = [np.asarray(c.get(measure, ()), dtype=float) for c in learner.curves]
        trained += _mean(axes, training, color=colour, linestyle=TRAINING, linewidth=1.1)
    low, high = _band(seeds)
    if len(seeds) > 1:
        axes.fill_between(_epochs(low), low, high, color=colour, alpha=0.15, linewidth=0)
    _mean(axes, seeds, color=colour, linewidth=1.8)
    for values, count in zip(seeds, () if measure == RATE else learner.counts, strict=False):
        if 0 <= count < len(values):
            at = [count + 1], [values[count]]
            axes.plot(*at, color=colour, marker=mark, markersize=5, clip_on=False)
    drawn = {*axes.lines, *axes.collections} - known
    series(drawn.difference(trained), "validation" if alone else learner.name)
    series(trained, "training")
    return Line2D([], [], color=colour, marker=mark, linewidth=1.8)


def _mean(axes: Axes, seeds: Sequence[Array], **style: Any) -> list[Line2D]:
    """The mean over all seeds, as far as every one of them was trained."""
    values = _together(seeds)
    with np.errstate(invalid="ignore"):  # one seed's loss may be infinite up, another's down
        return axes.plot(_epochs(values), values.mean(axis=1), **style)


def _band(seeds: Sequence[Array]) -> tuple[Array, Array]:
    values = _together(seeds)
    return values.min(axis=1), values.max(axis=1)


def _together(seeds: Sequence[Array]) -> Array:
    """Shape (epochs that all seeds have, seeds)."""
    last = min((len(values) for values in seeds), default=0)
    return np.array([values[:last] for values in seeds or [np.empty(0)]]).T


def _epochs(values: Array) -> range:
    return range(1, len(values) + 1)


def _numbers(learners: Sequence[Learner], measures: Sequence[str]) -> AxisNumbers:
    keys = (*measures, *(f"val_{measure}" for measure in measures if measure != RATE))
    rows = []
    for learner in learners:
        for seed, curve in enumerate(learner.curves):
            columns = [curve.get(key, ()) for key in keys]
            counts = learner.counts[seed] if seed < len(learner.counts) else -1
            rows += [
                (learner.name, seed + 1, place + 1, *values, "yes" if place == counts else "")
                for place, values in enumerate(zip(*columns, strict=False))
            ]
    return AxisNumbers(("model", "seed", "epoch", *keys, "counts"), rows)
