"""An axis of a parameter in matplotlib's terms."""

from typing import Any

from search.report.axis import Axis
from search.report.figures.scales import bounds_of, unclipped
from search.report.figures.svg import short
from search.study.plain_text import is_number

MARGIN = 0.04


def end_at_bounds(axis: Any, of: Axis, measure: str) -> None:
    """End the axis of trials' values, whose places are from 0 to 1, where the measure ends.

    Args:
        axis: As for `set_axis`, after it.
        of: The values.
        measure: That they are of.
    """
    least, most = bounds_of(measure)
    low = 0.0 if of.searched.low == least else -MARGIN
    high = 1.0 if of.searched.high == most else 1 + MARGIN
    (axis.axes.set_xlim if axis.axis_name == "x" else axis.axes.set_ylim)(low, high)
    unclipped(axis.axes)


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
    if crowded and not all(map(is_number, names)):  # of numbers some are left out
        axis.set_tick_params(rotation=30)
        for label in axis.get_ticklabels():
            label.set_horizontalalignment("right")
