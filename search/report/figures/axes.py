"""An axis of a parameter in matplotlib's terms."""

from typing import Any

from search.report.axis import Axis
from search.report.figures.svg import short

MARGIN = 0.04


def set_axis(axis: Any, of: Axis, most: int = 5) -> None:
    """Give an x or y axis a parameter's ticks; what is drawn on it are places from 0 to 1.

    Args:
        axis: Matplotlib's, as `axes.xaxis`.
        of: The parameter.
        most: Ticks of a range.
    """
    places, texts = zip(*of.ticks(most), strict=True) if of.ticks(most) else ((), ())
    names = [short(text, 12) for text in texts]
    axis.set_ticks(places, names)
    set_ends = axis.axes.set_xlim if axis.axis_name == "x" else axis.axes.set_ylim
    set_ends(-MARGIN, 1 + MARGIN)
    crowded = axis.axis_name == "x" and sum(len(name) + 2 for name in names) > 30
    if crowded:
        axis.set_tick_params(rotation=30)
        for label in axis.get_ticklabels():
            label.set_horizontalalignment("right")
