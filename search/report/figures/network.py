"""What is the network made of, from its input to its output?"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from search.report.figures.svg import (
    BLUE,
    INK,
    RULE,
    SOFT,
    WIDE,
    Drawing,
    Figure,
    Numbers,
    Words,
    short,
)
from search.report.winner.layers import Layer

MOST_BOXES = 24
"""Of a deeper network the middle is left out."""
HEIGHT = 0.34
"""Inches, of a box and the line to the next."""


def boxes(layers: Sequence[Layer], words: Words) -> Figure:
    """A box a layer, the input on top.

    Args:
        layers: From input to output, at least one.
        words: What is said of it.
    """
    shown: list[Layer | None] = list(layers)
    if len(shown) > MOST_BOXES:
        half = MOST_BOXES // 2
        shown = [*layers[:half], None, *layers[-half + 1 :]]
    with Drawing(1, WIDE, 0.2 + HEIGHT * len(shown)) as drawing:
        (axes,) = drawing.axes
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(len(shown), 0)
        for place, layer in enumerate(shown):
            if place:
                axes.plot([0.5, 0.5], [place - 0.14, place + 0.14], color=INK, linewidth=1)
            if layer is None:
                left_out = f"{len(layers) - MOST_BOXES + 1} further layers"
                axes.text(0.5, place + 0.5, left_out, color=SOFT, ha="center", va="center")
            else:
                _box(axes, place, layer)
        header = ("layer", "size", "activation", "parameters")
        rows = [(each.kind, each.size, each.activation, each.weights) for each in layers]
        return drawing.figure(words, Numbers(header, rows))


def _box(axes: Axes, place: int, layer: Layer) -> None:
    learns = bool(layer.weights)
    axes.add_patch(
        Rectangle(
            (0.02, place + 0.14), 0.96, 0.72, fill=False, linewidth=1.4 if learns else 0.8,
            edgecolor=BLUE if learns else RULE,
        )
    )  # fmt: skip
    texts = (
        (0.04, "left", INK, layer.kind),
        (0.30, "left", INK, layer.size),
        (0.62, "left", INK, layer.activation),
        (0.96, "right", SOFT, layer.learnt),
    )
    for across, side, colour, text in texts:
        axes.text(across, place + 0.5, short(text), color=colour, ha=side, va="center")
