"""Which ways through the space lead to a good value?"""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from search.report.axis import Axis, sound
from search.report.explored_space import Explored
from search.report.figures.lines import styled
from search.report.figures.search import told
from search.report.figures.svg import (
    GROUND,
    NARROW,
    SOFT,
    WIDE,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    selects,
    short,
    tips,
)
from search.study.trial import Trial

MOST = 300
"""Lines; more hide each other."""
ROOMY = 6
"""Axes that a phone has room for; a picture of more is wide, and scrolls there."""
CROWDED = 9
"""Axes from which on they have fewer ticks."""


def parallel(explored: Explored, words: Words) -> Figure:
    """A line a completed trial over its value and all parameters; the best tenth is marked."""
    axes_shown = [explored.value, *explored.axes]
    shown = sound(explored.thinned(MOST))
    best = {trial.number for trial in explored.best_tenth}
    width = NARROW if len(axes_shown) <= ROOMY else WIDE
    with Drawing(1, 3.4, width=width) as drawing:
        (axes,) = drawing.axes
        for trial, style in styled(explored, shown):
            _line(axes, _places(trial, axes_shown), style, told(trial))
        for at, axis in enumerate(axes_shown):
            upright = _upright(axes, at, axis, ticks=5 if len(axes_shown) < CROWDED else 3)
            selects(upright, axis.name if at else "")
        way = "higher" if explored.goal.direction == "maximize" else "lower"
        axes.text(0, -0.1, f"{way} is better", ha="center", va="bottom", fontsize=8.5, color=SOFT)
        axes.set_xlim(-0.35, len(axes_shown) - 0.55)
        axes.set_ylim(-0.1, 1.05)
        axes.set_axis_off()
        header = ("trial", explored.value.name, *(axis.name for axis in explored.axes), "best")
        rows = [
            (
                trial.number,
                trial.value,
                *(trial.params.get(axis.name, "") for axis in explored.axes),
                trial.number in best,
            )
            for trial in shown
        ]
        return drawing.figure(words, AxisNumbers(header, rows))


def _places(trial: Trial, shown: Sequence[Axis]) -> list[float]:
    """Where the line crosses each axis; NaN, and so a gap, where the trial has no such value."""
    value, *parameters = shown
    return [
        value.place(trial.value or 0.0),
        *(
            axis.place(trial.params[axis.name]) if axis.name in trial.params else math.nan
            for axis in parameters
        ),
    ]


def _line(axes: Axes, places: Sequence[float], style: dict[str, Any], says: str) -> None:
    tips(axes.plot(range(len(places)), places, **style)[0], [says])
    gaps = [True, *map(math.isnan, places), True]
    for at, place in enumerate(places):
        if gaps[at] and not gaps[at + 1] and gaps[at + 2]:  # no line goes through it
            axes.scatter(at, place, s=5, color=style["color"], linewidths=0)


def _upright(axes: Axes, at: int, axis: Axis, ticks: int) -> Any:
    """A parameter's line, which is returned, with its name and what stands beside it."""
    (line,) = axes.plot([at, at], [0, 1], color=SOFT, linewidth=0.9)
    for place, text in axis.ticks(ticks):
        axes.plot([at - 0.02, at], [place, place], color=SOFT, linewidth=0.9)
        axes.text(
            at - 0.04, place, short(text, 10), ha="right", va="center", fontsize=8.5,
            bbox={"facecolor": GROUND, "alpha": 0.7, "edgecolor": "none", "pad": 0.6},
        )  # fmt: skip
    height = 1.07 + 0.07 * (at % 2)  # neighbours' names would meet
    axes.text(at, height, short(axis.title, 26), ha="center", va="bottom", fontsize=9)
    return line
