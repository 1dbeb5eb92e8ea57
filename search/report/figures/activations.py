"""What do the activation functions of a space look like?"""

from collections.abc import Sequence

import numpy as np

from search.data.dataset import Array
from search.report.figures.svg import DASHES, SERIES, AxisNumbers, Drawing, Figure, Words, tips
from search.training.in_numpy.activations import ACTIVATIONS

MOST_DRAWN = 10
ALONE = frozenset(ACTIVATIONS) - {"softmax"}
"""Those that are functions of one number; softmax compares all units of a layer."""


def activation_curves(names: Sequence[str], used: str, words: Words) -> Figure:
    """Each function and its slope.

    Args:
        names: Of functions in `ALONE`, at least one.
        used: The winner's, drawn thick; may be another name, or empty.
        words: What is said of it.
    """
    z = np.linspace(-4.0, 4.0, 161)
    values = {name: _function_and_slope(name, z) for name in names}
    drawn = sorted(names, key=lambda name: name != used)[:MOST_DRAWN]
    with Drawing(2, 2.7) as drawing:
        for place, name in enumerate(drawn):
            for axes, line in zip(drawing.axes, values[name], strict=True):
                (drawn_line,) = axes.plot(
                    z,
                    line,
                    color=SERIES[place % len(SERIES)],
                    linestyle=DASHES[place % len(DASHES)],
                    linewidth=2.6 if name == used else 1.3,
                    label=name,
                )
                tips(drawn_line, [name])
        for axes, title in zip(drawing.axes, ("output", "derivative"), strict=True):
            axes.set_title(title)
            axes.set_xlabel("input")
        drawing.axes[0].set_ylim(-2.2, 4.2)  # the exponential is at 55 on the right
        drawing.axes[1].set_ylim(-0.3, 1.6)
        drawing.legend_above(*drawing.axes[0].get_legend_handles_labels())
        header = (
            "input",
            *(f"{kind}{name}" for name in names for kind in ("", "derivative of ")),
        )
        columns = [line for name in names for line in values[name]]
        return drawing.figure(words, AxisNumbers(header, np.column_stack([z, *columns]).tolist()))


def _function_and_slope(name: str, z: Array) -> tuple[Array, Array]:
    activation = ACTIVATIONS[name]
    out = activation.of(z)
    return out, activation.back(np.ones_like(z), z, out)
