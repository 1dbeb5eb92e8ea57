"""How near do predicted numbers come to the truth?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from search.data.dataset import Array
from search.report.figures.scales import whole_numbers
from search.report.figures.svg import BLUE, INK, AxisNumbers, Drawing, Figure, Words, short, tips

MOST_POINTS = 1000
MOST_TARGETS = 3


def against_truth(held_out: Mapping[str, Array], names: Sequence[str]) -> Figure:
    """Predicted against true, a panel a target; points on the line are met exactly.

    Args:
        held_out: `y` and `predictions`, shape (rows, targets).
        names: Of the targets.
    """
    truth, predicted = held_out["y"], held_out["predictions"]
    shown = names[:MOST_TARGETS]
    rows = _thinned(len(truth))
    words = Words(
        "against-truth",
        "Predicted against true values on held-out data",
        "Each dot is a row. On the line the prediction is exact; above it, too high."
        f"{_left_out(len(rows), len(truth))}",
    )
    with Drawing(len(shown), 3.0) as drawing:
        for place, (axes, name) in enumerate(zip(drawing.axes, shown, strict=True)):
            x, y = truth[rows, place], predicted[rows, place]
            dots = axes.scatter(x, y, s=9, color=BLUE, alpha=0.6, linewidths=0)
            tips(dots, _told(rows, x, y))
            ends = [min(x.min(), y.min()), max(x.max(), y.max())]
            axes.plot(ends, ends, color=INK, linewidth=0.9)
            axes.set_title(short(name))
            axes.set_xlabel("true")
            axes.set_ylabel("predicted")
            axes.set_aspect("equal", adjustable="datalim")
        header = [f"{kind} {name}" for kind in ("true", "predicted") for name in names]
        lines = np.hstack([truth[rows], predicted[rows]]).astype(float).tolist()
        return drawing.figure(words, AxisNumbers(header, lines))


def residuals(held_out: Mapping[str, Array], names: Sequence[str]) -> list[Figure]:
    """Predicted minus true against predicted, and how many rows are missed by how much.

    Args:
        held_out: `y` and `predictions`, shape (rows, targets).
        names: Of the targets.

    Returns:
        One a target.
    """
    return [
        _residuals(f"residuals-{place}", name, held_out["y"][:, place].astype(float),
                   held_out["predictions"][:, place].astype(float))
        for place, name in enumerate(names[:MOST_TARGETS])
    ]  # fmt: skip


def _residuals(figure: str, name: str, truth: Array, predicted: Array) -> Figure:
    errors = predicted - truth
    rows, finite = _thinned(len(errors)), errors[np.isfinite(errors)]
    words = Words(
        figure,
        f"Residuals of {short(name)} on held-out data: predicted minus true",
        "First: each dot is a row; a slope or a funnel shows a systematic error. Second: how many "
        f"rows have which residual.{_left_out(len(rows), len(errors))}",
    )
    with Drawing(2, 2.7) as drawing:
        dots, bars = drawing.axes
        marks = dots.scatter(
            predicted[rows], errors[rows], s=9, color=BLUE, alpha=0.6, linewidths=0
        )
        tips(marks, _told(rows, truth[rows], predicted[rows]))
        dots.axhline(0, color=INK, linewidth=0.9)
        dots.set_xlabel("predicted")
        dots.set_ylabel("predicted − true")
        histogram(bars, finite, min(30, max(5, round(len(finite) ** 0.5))))
        bars.axvline(0, color=INK, linewidth=0.9)
        bars.set_xlabel("predicted − true")
        bars.set_ylabel("rows")
        whole_numbers(bars.yaxis)
        lines = np.column_stack([predicted[rows], errors[rows]]).tolist()
        return drawing.figure(words, AxisNumbers(("predicted", "predicted − true"), lines))


def histogram(axes: Any, values: Array, bins: int) -> tuple[Array, Array]:
    """Bars of how many rows lie from where to where; returns counts and edges."""
    counts, edges, bars = axes.hist(values, bins=bins, color=BLUE)
    for bar, count, low, high in zip(bars, counts, edges[:-1], edges[1:], strict=True):
        tips(bar, [f"{low:.4g} to {high:.4g}: {count:,.0f} rows"])
    return counts, edges


def _told(rows: Array, truth: Array, predicted: Array) -> list[str]:
    """Each row in a few words."""
    lines = zip(rows.tolist(), truth.tolist(), predicted.tolist(), strict=True)
    return [f"held-out row {at + 1}: true {a:.4g}, predicted {b:.4g}" for at, a, b in lines]


def _thinned(rows: int) -> Array:
    """Row numbers, evenly spread, no more than a reader can tell apart."""
    return np.unique(np.linspace(0, rows - 1, min(rows, MOST_POINTS)).astype(int))


def _left_out(shown: int, rows: int) -> str:
    return "" if shown == rows else f" {shown:,} of {rows:,} rows are drawn, evenly."
