"""What a measure can be and which way is better, and the axes that show it."""

import math
from typing import Any

from matplotlib.ticker import Locator, LogLocator, MaxNLocator

from search.study.goal import Goal

SHARES = ("accuracy", "auc", "f1", "precision", "recall")
"""Parts of the names of measures that lie between 0 and 1, and are better the higher."""
ERRORS = ("loss", "mae", "mse", "rmse")
"""Names of measures that are better the lower."""


def bounds_of(measure: str) -> tuple[float, float]:
    """Between which values a measure lies, with or without its "val_"; infinities for no bound."""
    name = _plain(measure)
    if any(part in name for part in SHARES):
        return 0.0, 1.0
    if name in {"r2", "r²"}:
        return -math.inf, 1.0
    return (0.0 if name in {"mae", "mse", "rmse"} else -math.inf), math.inf


def named(measure: str, goal: Goal) -> str:
    """A measure with its better direction, where that is known."""
    name = _plain(measure)
    if name == _plain(goal.objective):
        way = "higher" if goal.direction == "maximize" else "lower"
    elif any(part in name for part in SHARES) or name in {"r2", "r²"}:
        way = "higher"
    elif name in ERRORS:
        way = "lower"
    else:
        return measure
    return f"{measure} ({way} is better)"


def within_bounds(axis: Any, measure: str) -> None:
    """End an axis where its measure ends, once all is drawn; marks there are drawn in full.

    Args:
        axis: Matplotlib's, as `axes.yaxis`.
        measure: That is drawn along it.
    """
    axes, (least, most) = axis.axes, bounds_of(measure)
    along = axis.axis_name
    low, high = getattr(axes.dataLim, f"interval{along}")
    if not (math.isfinite(low) and math.isfinite(high)) or low < least or high > most:
        return
    shown = sorted(axis.get_view_interval())
    ends = max(shown[0], least), min(shown[1], most)
    if ends == tuple(shown):
        return
    getattr(axes, f"set_{along}lim")(*ends)
    unclipped(axes)


def unclipped(axes: Any) -> None:
    """Let marks at the edge be drawn in full."""
    for artist in (*axes.lines, *axes.collections):
        artist.set_clip_on(False)


def unit_square(axes: Any) -> None:
    """Both axes from 0 to 1, and as long as each other."""
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_aspect("equal")
    unclipped(axes)


def epochs_along(axes: Any, last: int, step: str = "epoch") -> None:
    """Epochs, or other steps, from the first to the last along x, at whole numbers."""
    axes.set_xlim(*((1, last) if last > 1 else (0.5, 1.5)))
    whole_numbers(axes.xaxis)
    axes.set_xlabel(step)


def log_locator(low: float, high: float, most: int = 6, decades: int | None = None) -> Locator:
    """What finds at least two round numbers along a logarithmic axis.

    Args:
        low: End of the axis, above 0.
        high: Its other end.
        most: Numbers where it is so short that they stand as on a linear one.
        decades: That are numbered at most; as many as have room where nothing is said.
    """
    if high < 5 * low:  # of 1, 2 and 5 times a power of ten there may be one within
        return MaxNLocator(most - 1, steps=[1, 2, 5, 10])
    subs = (1.0,) if math.log10(high / low) >= 2 else (1.0, 2.0, 5.0)
    return LogLocator(subs=subs, numticks=decades)


def whole_numbers(axis: Any) -> None:
    """Only whole numbers along an axis, be there but one of them."""
    axis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def _plain(measure: str) -> str:
    return measure.lower().removeprefix("val_")
