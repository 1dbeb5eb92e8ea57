"""How did the trials get to their values, epoch by epoch, and which were stopped when?"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from search.report.explored_space import Explored
from search.report.figures.lines import styled
from search.report.figures.scales import epochs_along, named, within_bounds
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
        above_zero = all(value > 0 for curve in curves.values() for _, value in curve)
        if above_zero and explored.value.searched.log:
            plain_log(axes.yaxis)
        rows = [
            (trial.number, str(trial.state), epoch, value)
            for trial in trials
            for epoch, value in curves[trial.number]
        ]
        header = ("trial", "state", explored.step, explored.goal.objective)
        return drawing.figure(words, AxisNumbers(header, rows))


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
