"""Where does a model decide for which class? Two features only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb

from search.data.dataset import Array
from search.report.figures.svg import (
    HALF,
    INK,
    MARKERS,
    SERIES,
    WIDE,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    short,
    tips,
)

ALIKE = 2.5
"""Of two features whose ranges differ no more than so many times, a unit is drawn alike."""
DEEPEST = 0.45
"""How much of its class's colour a shade has at most: marks and their edges stand out from it."""
MOST_POINTS = 2000
"""Points of a scatter; of more, every so-manyth is drawn."""
AROUND, BESIDE = 0.45, 0.9
"""Inches of a panel besides its axes: left and right of them, and above and below."""
MOST_NAMES = 12
"""Classes of a legend."""


@dataclass(frozen=True, eq=False)
class Scatter:
    """Rows of two features.

    Attributes:
        title: Of their part.
        x: Shape (rows, 2).
        y: Class codes, shape (rows,).
    """

    title: str
    x: Array
    y: Array

    def thinned(self, most: int) -> "Scatter":
        """At most so many rows, evenly."""
        step = max(1, -(-len(self.x) // most))
        return Scatter(self.title, self.x[::step], self.y[::step])


@dataclass(frozen=True, eq=False)
class BoundaryPlane:
    """The features' names, the classes' names, and a model's answer over a grid.

    Attributes:
        features: Two names.
        classes: A name each.
        grid: `x1`, `x2` and `probabilities` (along x2, along x1, classes); empty for none.
    """

    features: Sequence[str]
    classes: Sequence[str]
    grid: dict[str, Array]
    every: int = 1
    """Points of the grid between those whose numbers are told."""

    def coarse(self) -> "BoundaryPlane":
        """The same with the numbers of every fourth point along each side."""
        return replace(self, every=4)

    def aspect(self, parts: Sequence[Scatter]) -> Literal["equal", "auto"]:
        """Whether a unit is as long up as it is across: then a circle is round."""
        across, up = _sides(parts)
        near = across > 0 < up and 1 / ALIKE <= across / up <= ALIKE
        return "equal" if near else "auto"


def _sides(parts: Sequence[Scatter]) -> tuple[float, float]:
    """How far all rows reach along both features."""
    x = np.concatenate([part.x for part in parts])
    across, up = np.ptp(x, axis=0).tolist() if len(x) else (1.0, 1.0)
    return across, up


def scatter(parts: Sequence[Scatter], plane: BoundaryPlane, words: Words) -> Figure:
    """Parts of the data side by side, with the model's decision behind them where there is one."""
    width = 0.0 if len(parts) > 1 else HALF
    height = 3.0 if len(parts) == 1 else 3.5 if len(parts) == 2 else 2.6
    if len(parts) > 1 and plane.aspect(parts) == "equal":
        across, up = _sides(parts)
        # What is higher than its axes would leave a gap below the legend.
        height = min(height, BESIDE + (WIDE / len(parts) - AROUND) * up / across)
    with Drawing(len(parts), height, width=width) as drawing:
        for axes, part in zip(drawing.axes, parts, strict=True):
            if plane.grid:
                _decision(axes, plane)
            marks = _points(axes, part, plane)
            axes.set_aspect(plane.aspect(parts))
        for axes in drawing.axes[1:]:
            axes.set_ylabel("")
        if not plane.grid:
            _same_ends(drawing.axes)
        names = [short(name) for name in plane.classes]
        drawing.legend_above(marks[:MOST_NAMES], names[:MOST_NAMES])
        return drawing.figure(words, _numbers(parts, plane))


def _same_ends(panels: Sequence[Axes]) -> None:
    """One scale for all parts, so that they can be compared by eye."""
    for along in ("x", "y"):
        ends = [getattr(axes, f"get_{along}lim")() for axes in panels]
        for axes in panels:
            both = min(low for low, _ in ends), max(high for _, high in ends)
            getattr(axes, f"set_{along}lim")(*both)


def _decision(axes: Axes, plane: BoundaryPlane) -> None:
    """Shade by the likeliest class, the deeper the surer, with a line where two are level."""
    x1, x2, shares = plane.grid["x1"], plane.grid["x2"], plane.grid["probabilities"]
    classes = shares.shape[2]
    colours = np.array([to_rgb(SERIES[i % len(SERIES)]) for i in range(classes)])
    best = shares.argmax(axis=2)
    sureness = (shares.max(axis=2) - 1 / classes) / (1 - 1 / classes)
    picture = np.dstack([colours[best], 0.05 + (DEEPEST - 0.05) * np.clip(sureness, 0, 1)])
    extent = (float(x1[0]), float(x1[-1]), float(x2[0]), float(x2[-1]))
    axes.imshow(picture, origin="lower", extent=extent, aspect="auto", interpolation="nearest")
    for code in range(classes - 1 if classes == 2 else classes):
        margin = shares[:, :, code] - np.delete(shares, code, axis=2).max(axis=2)
        if margin.min() < 0 < margin.max():
            axes.contour(x1, x2, margin, levels=[0], colors=INK, linewidths=1)


def _points(axes: Axes, part: Scatter, plane: BoundaryPlane) -> list[PathCollection]:
    """Draw the rows, each class with a mark of its own; returns these for a legend."""
    some = part.thinned(MOST_POINTS)
    x, y, marks = some.x, some.y, []
    for code in range(len(plane.classes)):
        of_class = x[y == code]
        mark = axes.scatter(
            of_class[:, 0],
            of_class[:, 1],
            s=13,
            marker=MARKERS[code % len(MARKERS)],
            color=SERIES[code % len(SERIES)],
            # On a shade of its own colour a mark is seen by its edge.
            edgecolors=INK,
            linewidths=0.6,
        )
        at = [f"{a:.3g}, {b:.3g}" for a, b in of_class.tolist()]
        tips(mark, [f"row at {place}: {plane.classes[code]}" for place in at])
        marks.append(mark)
    axes.set_title(part.title)
    axes.set_xlabel(short(plane.features[0]))
    axes.set_ylabel(short(plane.features[1]))
    axes.grid(visible=False)
    return marks


def _numbers(parts: Sequence[Scatter], plane: BoundaryPlane) -> AxisNumbers:
    if not plane.grid:
        rows = [
            (part.title, *point, plane.classes[code])
            for part in parts
            for point, code in zip(part.x.tolist(), part.y.tolist(), strict=True)
        ]
        return AxisNumbers(("set", *plane.features, "class"), rows)
    x1, x2 = (plane.grid[name][:: plane.every] for name in ("x1", "x2"))
    shares = plane.grid["probabilities"][:: plane.every, :: plane.every]
    cells = product(enumerate(x2.tolist()), enumerate(x1.tolist()))
    rows_of_grid = [
        (f"{a:.3f}", f"{b:.3f}", *(f"{p:.3f}" for p in shares[i, j])) for (i, b), (j, a) in cells
    ]
    return AxisNumbers(
        (*plane.features, *(f"probability of {name}" for name in plane.classes)), rows_of_grid
    )
