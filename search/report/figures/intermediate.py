"""How did the trials get to their values, epoch by epoch, and which were stopped when?"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from search.report.explored_space import Explored
from search.report.figures.lines import styled
from search.report.figures.scales import bounds_of, epochs_along, named, within_bounds
from search.report.figures.search import MARKS, told
from search.report.figures.svg import (
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    plain_log,
    tips,
)
from search.study.trial import State, Trial

MOST = 200
"""Curves; more hide each other."""
MOST_EPOCHS = 50
"""Epochs of a curve that are drawn, evenly, its last among them."""


def with_curves(explored: Explored, most: int = MOST) -> list[Trial]:
    """The trials that have a curve of the objective, thinned."""
    return [t for t in explored.thinned(most) if t.curve.get(explored.goal.objective)]


def intermediate(explored: Explored, words: Words) -> Figure:
    """The objective by epoch, a line a trial; what was pruned or failed has its mark at its end."""
    trials = with_curves(explored)
    curves = {trial.number: _curve(trial, explored.goal.objective) for trial in trials}
    with Drawing(1, 2.9) as drawing:
        (axes,) = drawing.axes
        for trial, style in styled(explored, trials):
            (line,) = axes.plot(*zip(*curves[trial.number], strict=True), **style)
            tips(line, [told(trial)])
            _end(axes, trial, curves[trial.number])
        last = max((epoch for curve in curves.values() for epoch, _ in curve), default=1)
        epochs_along(axes, last, explored.step)
        axes.set_ylabel(named(explored.goal.objective, explored.goal))
        within_bounds(axes.yaxis, explored.goal.objective)
        cut = cut_off(explored)
        if _by_ratio(explored, curves.values()):
            plain_log(axes.yaxis)
        elif cut is not None:
            _end_axis(axes, cut, explored.goal.objective)
        rows = [
            (trial.number, str(trial.state), epoch, value)
            for trial in trials
            for epoch, value in curves[trial.number]
        ]
        header = ("trial", "state", explored.step, explored.goal.objective)
        return drawing.figure(words, AxisNumbers(header, rows))


@dataclass(frozen=True)
class CutOff:
    """What the axis of values leaves out, which would press all curves into one line.

    Attributes:
        ends: Worst value that is shown.
        best: Value of all.
        trials: That reach beyond its worst end.
    """

    ends: float
    best: float
    trials: int


def cut_off(explored: Explored) -> CutOff | None:
    """Where a few curves were once far worse than all others; None where all have their room.

    Far is as in a box plot: 3 interquartile ranges, here of each curve's worst value.
    """
    curves = [_curve(trial, explored.goal.objective) for trial in with_curves(explored)]
    sign = 1.0 if explored.goal.direction == "maximize" else -1.0
    known = [[sign * v for _, v in curve if math.isfinite(v)] for curve in curves]
    worst = np.array([min(values) for values in known if values])
    if not len(worst) or _by_ratio(explored, curves):
        return None
    low, high = np.quantile(worst, (0.25, 0.75))
    near = worst[worst >= low - 3 * (high - low)]
    best = max(max(values) for values in known if values)
    if len(near) == len(worst) or best - worst.min() < 2 * (best - near.min()):
        return None
    return CutOff(sign * float(near.min()), sign * best, len(worst) - len(near))


def _by_ratio(explored: Explored, curves: Iterable[Sequence[tuple[int, float]]]) -> bool:
    """Whether values are drawn on a log scale, where none is far from the others."""
    return explored.value.searched.log and all(v > 0 for curve in curves for _, v in curve)


def _end_axis(axes: Axes, cut: CutOff, measure: str) -> None:
    low, high = sorted((cut.ends, cut.best))
    least, most = bounds_of(measure)
    room = 0.05 * (high - low)
    axes.set_ylim(max(low - room, least), min(high + room, most))
    for artist in (*axes.lines, *axes.collections):
        artist.set_clip_on(True)  # nothing is drawn outside


def _curve(trial: Trial, objective: str) -> list[tuple[int, float]]:
    """Epoch and value; of a long curve evenly, with its end."""
    values = trial.curve[objective]
    epochs = np.linspace(1, len(values), min(len(values), MOST_EPOCHS)).round().astype(int)
    return [(int(epoch), values[epoch - 1]) for epoch in epochs]


def _end(axes: Axes, trial: Trial, curve: Sequence[tuple[int, float]]) -> None:
    """Marks where a trial did not go on to its end, by the state's own mark."""
    if trial.state is State.COMPLETE:
        return
    known = [point for point in curve if math.isfinite(point[1])]
    if known:
        mark, colour = MARKS[trial.state]
        axes.scatter(*known[-1], s=16, marker=mark, color=colour, linewidths=0.8, zorder=3)
