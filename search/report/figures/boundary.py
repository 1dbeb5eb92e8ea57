"""Where does a model decide for which class? Two features only."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from search.report.figures.svg import (
    GROUND,
    HALF,
    INK,
    MARKERS,
    SERIES,
    WIDE,
    Drawing,
    Figure,
    Numbers,
    Words,
    short,
)
from search.study.dataset import Array

MOST_POINTS = 2000
"""Points of a scatter; of more, every so-manyth is drawn."""


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


@dataclass(frozen=True, eq=False)
class Plane:
    """The features' names, the classes' names, and a model's answer over a grid.

    Attributes:
        features: Two names.
        classes: A name each.
        grid: `x1`, `x2` and `probabilities` (along x2, along x1, classes); empty for none.
    """

    features: Sequence[str]
    classes: Sequence[str]
    grid: dict[str, Array]


def scatter(parts: Sequence[Scatter], plane: Plane, words: Words) -> Figure:
    """Parts of the data side by side, with the model's decision behind them where there is one."""
    width = WIDE if len(parts) > 1 else HALF
    with Drawing(len(parts), width, 3.3 if len(parts) > 1 else 3.0) as drawing:
        for axes, part in zip(drawing.axes, parts, strict=True):
            if plane.grid:
                _decision(axes, plane)
            _points(axes, part, plane)
        return drawing.figure(words, _numbers(parts, plane))


def _decision(axes: Axes, plane: Plane) -> None:
    """Shade by the likeliest class, the deeper the surer, with a line where two are level."""
    x1, x2, shares = plane.grid["x1"], plane.grid["x2"], plane.grid["probabilities"]
    classes = shares.shape[2]
    colours = np.array([to_rgb(SERIES[i % len(SERIES)]) for i in range(classes)])
    best = shares.argmax(axis=2)
    sureness = (shares.max(axis=2) - 1 / classes) / (1 - 1 / classes)
    picture = np.dstack([colours[best], 0.05 + 0.5 * np.clip(sureness, 0, 1)])
    extent = (float(x1[0]), float(x1[-1]), float(x2[0]), float(x2[-1]))
    axes.imshow(picture, origin="lower", extent=extent, aspect="auto", interpolation="nearest")
    for code in range(classes - 1 if classes == 2 else classes):
        margin = shares[:, :, code] - np.delete(shares, code, axis=2).max(axis=2)
        if margin.min() < 0 < margin.max():
            axes.contour(x1, x2, margin, levels=[0], colors=INK, linewidths=1)


def _points(axes: Axes, part: Scatter, plane: Plane) -> None:
    step = max(1, len(part.x) // MOST_POINTS)
    x, y = part.x[::step], part.y[::step]
    marks = []
    for code in range(len(plane.classes)):
        of_class = x[y == code]
        mark = axes.scatter(
            of_class[:, 0],
            of_class[:, 1],
            s=11,
            marker=MARKERS[code % len(MARKERS)],
            color=SERIES[code % len(SERIES)],
            edgecolors=GROUND,
            linewidths=0.4,
        )
        marks.append(mark)
    axes.set_title(part.title)
    axes.set_xlabel(short(plane.features[0]))
    axes.set_ylabel(short(plane.features[1]))
    axes.grid(visible=False)
    # Names of one's own go in by hand: by itself matplotlib leaves out what begins with "_".
    names = [short(name) for name in plane.classes]
    axes.legend(marks, names, loc="upper right", handletextpad=0.1, borderpad=0.1)


def _numbers(parts: Sequence[Scatter], plane: Plane) -> Numbers:
    if not plane.grid:
        rows = [
            (part.title, *point, plane.classes[code])
            for part in parts
            for point, code in zip(part.x.tolist(), part.y.tolist(), strict=True)
        ]
        return Numbers(("part", *plane.features, "class"), rows)
    x1, x2, shares = plane.grid["x1"], plane.grid["x2"], plane.grid["probabilities"]
    cells = product(enumerate(x2.tolist()), enumerate(x1.tolist()))
    rows_of_grid = [
        (f"{a:.3f}", f"{b:.3f}", *(f"{p:.3f}" for p in shares[i, j])) for (i, b), (j, a) in cells
    ]
    return Numbers((*plane.features, *(f"share of {name}" for name in plane.classes)), rows_of_grid)
