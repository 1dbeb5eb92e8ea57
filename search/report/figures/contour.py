"""How do the two parameters that matter most act together?"""

from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure as Canvas

from search.data.dataset import Array
from search.report.axis import Axis, sound
from search.report.explored_space import Explored
from search.report.figures.axes import set_axis
from search.report.figures.scales import named
from search.report.figures.search import told
from search.report.figures.svg import (
    BLUE,
    GROUND,
    INK,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    short,
    tips,
)

ENOUGH = 12
"""Completed trials below which a map would be made of guesses."""
SIDE = 41
NEAR = 0.15
"""How far from a trial, in shares of the ranges, the map dares to say something."""
SMOOTHING = 0.05
"""Of the interpolation; it keeps one lucky trial from making an island."""
MOST, LEVELS = 400, 6


def contour(explored: Explored, pair: tuple[Axis, Axis], words: Words) -> Figure:
    """The value over two parameters, smoothed, with the trials as dots.

    Args:
        explored: The search, with `ENOUGH` completed trials.
        pair: Numbers that all trials have.
        words: What is said of it.
    """
    trials = sound(explored.thinned(MOST))
    points = np.array([[axis.place(t.params[axis.name]) for axis in pair] for t in trials])
    values = np.array([explored.value.place(t.value) for t in trials if t.value is not None])
    deep = values if explored.goal.direction == "maximize" else 1 - values
    side = np.linspace(0, 1, SIDE)
    with Drawing(1, 3.2) as drawing:
        (axes,) = drawing.axes
        # What is smoothed may overshoot; no value lies beyond those of the trials.
        grid = np.clip(_smooth(points, deep, side), deep.min(), deep.max())
        least, most = np.nanmin(grid), np.nanmax(grid)
        if most > least:
            colours = [to_rgba(BLUE, 0.06 + 0.6 * step / LEVELS) for step in range(LEVELS)]
            steps = np.linspace(least, most, LEVELS + 1)
            shades = axes.contourf(side, side, grid, levels=steps, colors=colours)
            _key(axes, shades, explored)
        x, y = points.T
        dots = axes.scatter(x, y, s=12, color=INK, edgecolors=GROUND, linewidths=0.5, alpha=0.85)
        tips(dots, [told(trial) for trial in trials])
        for axis, of in zip((axes.xaxis, axes.yaxis), pair, strict=True):
            set_axis(axis, of)
        axes.set_xlabel(short(pair[0].title, 36))
        axes.set_ylabel(short(pair[1].title, 36))
        header = ("trial", *(axis.name for axis in pair), explored.value.name)
        rows = [(t.number, *(t.params[axis.name] for axis in pair), t.value) for t in trials]
        return drawing.figure(words, AxisNumbers(header, rows))


def _key(axes: Axes, shades: QuadContourSet, explored: Explored) -> None:
    """What value a shade stands for."""
    up = explored.goal.direction == "maximize"
    ticks = [(p if up else 1 - p, text) for p, text in explored.value.ticks()]
    low, *_, high = shades.levels
    shown = [tick for tick in ticks if low <= tick[0] <= high]
    key = cast("Canvas", axes.figure).colorbar(shades, ax=axes)
    key.set_ticks([place for place, _ in shown], labels=[text for _, text in shown])
    key.set_label(named(explored.goal.objective, explored.goal))


def _smooth(points: Array, values: Array, side: Array) -> Array:
    """Values over the square, shape (side, side), the second parameter along the first axis.

    NaN where no trial is near. A linear radial basis without a polynomial takes points that
    coincide, or that lie on one line.
    """
    from scipy.interpolate import RBFInterpolator
    from scipy.spatial import KDTree

    cells = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    found = RBFInterpolator(points, values, kernel="linear", smoothing=SMOOTHING, degree=0)(cells)
    found[KDTree(points).query(cells)[0] > NEAR] = np.nan
    smooth: Array = found.reshape(len(side), len(side))
    return smooth
