"""What is the network made of, from its input to its output?"""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from search.report.figures.svg import (
    BLUE,
    INK,
    RULE,
    SOFT,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    short,
)
from search.report.winner.layers import LayerShape

MOST_BOXES = 24
"""Of a deeper network the middle is left out."""
HEIGHT = 0.5
"""Inches, of a box and the line to the next."""
LANE = 0.02
"""Of the width, beside the boxes, for a line that leads past some of them."""


def boxes(layers: Sequence[LayerShape], words: Words) -> Figure:
    """A box a layer, the input on top; a line from each to those that take from it.

    Args:
        layers: Each after those that it takes from, at least one.
        words: What is said of it.
    """
    rows = _rows(len(layers))
    height = max(rows.values()) + 1
    with Drawing(1, 0.2 + HEIGHT * height) as drawing:
        (axes,) = drawing.axes
        axes.set_axis_off()
        axes.set_ylim(height, 0)
        axes.set_xlim(-LANE * (_lines(axes, layers, rows) + 1), 1)
        for place, row in rows.items():
            _box(axes, row, layers[place])
        if len(rows) < len(layers):
            left_out = f"{len(layers) - len(rows)} further layers"
            axes.text(0.5, MOST_BOXES // 2 + 0.5, left_out, color=SOFT, ha="center", va="center")
        header = ("layer", "size", "activation", "parameters", "inputs (line)")
        lines = [
            (each.kind, each.size, each.activation, each.weights,
             " ".join(str(source + 1) for source in each.sources))
            for each in layers
        ]  # fmt: skip
        return drawing.figure(words, AxisNumbers(header, lines))


def _rows(count: int) -> dict[int, int]:
    """Place of each layer that is drawn → its row from the top; one is free where some are not."""
    if count <= MOST_BOXES:
        return {place: place for place in range(count)}
    half = MOST_BOXES // 2
    first, last = range(half), range(count - half + 1, count)
    return {place: row for row, place in enumerate([*first, -1, *last]) if place >= 0}


def _lines(axes: Axes, layers: Sequence[LayerShape], rows: Mapping[int, int]) -> int:
    """Draw what leads from box to box; returns how many lanes that takes beside them."""
    ends: list[int] = []
    for place, row in rows.items():
        for above in (rows[source] for source in layers[place].sources if source in rows):
            if above == row - 1:
                axes.plot([0.5, 0.5], [row - 0.14, row + 0.14], color=INK, linewidth=1)
                continue
            lane = next((n for n, end in enumerate(ends) if end <= above), len(ends))
            ends[lane : lane + 1] = [row]
            beside = -LANE * lane
            axes.plot(
                [0.02, beside, beside, 0.02], [above + 0.6, above + 0.6, row + 0.4, row + 0.4],
                color=INK, linewidth=1,
            )  # fmt: skip
    return len(ends)


def _box(axes: Axes, place: int, layer: LayerShape) -> None:
    learns = bool(layer.weights)
    axes.add_patch(
        Rectangle(
            (0.02, place + 0.14), 0.96, 0.72, fill=False, linewidth=1.4 if learns else 0.8,
            edgecolor=BLUE if learns else RULE,
        )
    )  # fmt: skip
    texts = (
        (0.04, 0.36, "left", INK, layer.kind),
        (0.96, 0.36, "right", INK, layer.size),
        (0.04, 0.66, "left", SOFT, layer.activation),
        (0.96, 0.66, "right", SOFT, layer.learnt),
    )
    for across, down, side, colour, text in texts:
        axes.text(across, place + down, short(text), color=colour, ha=side, va="center")
