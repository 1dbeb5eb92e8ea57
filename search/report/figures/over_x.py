"""What do models predict over the one feature that there is?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from search.data.dataset import Array
from search.report.figures.boundary import Scatter
from search.report.figures.svg import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    short,
)
from search.store.manifest import DataSummary

MOST_POINTS = 500
COLUMNS = 3
ROWS = {"training": ("o", BLUE), "validation": ("s", GREEN), "held-out": ("^", ORANGE)}
"""One mark and one colour a part."""


def over_x(
    parts: Sequence[Scatter],
    x: Array,
    lines: Mapping[str, Array],
    data: DataSummary,
    words: Words,
) -> Figure:
    """Rows of each part, and a model's predictions as a line: a panel a model.

    Args:
        parts: Features of shape (rows, 1) and targets of shape (rows, 1).
        x: Where models were asked.
        lines: Name of a model → its predictions there.
        data: Names of the feature and the target.
        words: What is said of it.
    """
    columns = min(len(lines), COLUMNS)
    with Drawing(len(lines), 3.2 if columns == 1 else 2.3, columns) as drawing:
        for place, (axes, (name, line)) in enumerate(zip(drawing.axes, lines.items(), strict=True)):
            marks: list[Any] = []
            for part in parts:
                some = part.thinned(MOST_POINTS)
                mark, colour = ROWS[part.title]
                own = some.x[:, 0], some.y.reshape(len(some.y), -1)[:, 0]
                marks.append(
                    axes.scatter(*own, s=8, marker=mark, color=colour, alpha=0.7, linewidths=0)
                )
            marks += axes.plot(x, line, color=INK, linewidth=1.6)
            if len(lines) > 1:
                axes.set_title(short(name))
            axes.set_xlabel(short(data.features[0]))
            if place % columns == 0:
                axes.set_ylabel(short(data.targets[0]))
        names = [*(part.title for part in parts), "prediction"]
        drawing.legend_above(marks, names)
        header = (data.features[0], *(f"{name} predicts" for name in lines))
        table = np.column_stack([x, *lines.values()]).astype(float).tolist()
        return drawing.figure(words, AxisNumbers(header, table))
