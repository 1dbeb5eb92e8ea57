"""How much does a model depend on each column, and what does it make of its values?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.lines import Line2D

from search.data.dataset import Array
from search.report.digits import difference
from search.report.figures.svg import (
    BLUE,
    DASHES,
    INK,
    SERIES,
    SOFT,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    readings,
    short,
    tips,
)
from search.study.answer import Interval

COLUMNS = 2
DRAWN_LINES = 40


@dataclass(frozen=True, eq=False)
class Moved:
    """A column whose values were replaced.

    Attributes:
        name: Of it.
        kind: Of its values.
        values: That it was given, shape (values,).
        outputs: Places of the classes, labels or targets that are drawn.
        mean: Mean prediction of each, shape (values, outputs).
        lines: Each row's prediction of the first output, shape (values, rows).
    """

    name: str
    kind: str
    values: Array
    outputs: Array
    mean: Array
    lines: Array


def shuffled(names: Sequence[str], worse: Array, half: Array, measure: str, words: Words) -> Figure:
    """A bar a column: how much worse the measure is when it is shuffled, with its interval.

    Args:
        names: Of the columns, what matters most first.
        worse: Of each.
        half: From there to the ends of its interval.
        measure: That gets worse, and when.
        words: What is said of it.
    """
    places = np.arange(len(names))[::-1]
    with Drawing(1, 0.7 + 0.24 * len(names)) as drawing:
        (axes,) = drawing.axes
        bars = axes.barh(places, worse, height=0.6, color=BLUE, alpha=0.45)
        for place, value, reach in zip(places, worse, half, strict=True):
            axes.plot([value - reach, value + reach], [place] * 2, color=INK, linewidth=1.4)
        for bar, name, value, reach in zip(bars, names, worse, half, strict=True):
            tips(bar, [f"{name}: {difference(float(value), Interval.around(value, reach))}"])
        axes.axvline(0, color=SOFT, linewidth=0.8)
        axes.set_yticks(places, [short(name, 26) for name in names])
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xlabel(f"worse {measure}")
        axes.grid(axis="y", visible=False)
        rows = zip(names, worse, worse - half, worse + half, strict=True)
        header = ("column", f"worse {measure}", "low", "high")
        numbers = [(name, *map(float, values)) for name, *values in rows]
        return drawing.figure(words, AxisNumbers(header, numbers))


def dependence(moved: Sequence[Moved], names: Sequence[str], what: str, words: Words) -> Figure:
    """A panel a column: the mean prediction over its values, above the lines of single rows.

    Args:
        moved: What matters most first.
        names: Of classes, labels or targets.
        what: Is predicted, such as "probability"; nothing where it is the targets themselves.
        words: What is said of it.
    """
    targets = what == ""
    with Drawing(len(moved), 2.2, min(COLUMNS, len(moved))) as drawing:
        for axes, one in zip(drawing.axes, moved, strict=True):
            _panel(axes, one, 1 if targets else len(one.outputs), names)
            first = names[one.outputs[0]]
            of_first = f"{what} of {first}" if len(one.outputs) == 1 else what
            axes.set_ylabel(short(first if targets else of_first, 30))
            axes.set_title(short(one.name, 30))
        if not (targets and len(names) > 1):  # one scale, so that columns can be compared
            ends = [axes.get_ylim() for axes in drawing.axes]
            for axes in drawing.axes:
                axes.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
        shown = sorted({int(at) for one in moved for at in one.outputs})
        if len(shown) > 1 and not targets:
            lines = [Line2D([], [], **_style(at)) for at in shown]
            drawing.legend_above(lines, [short(names[at]) for at in shown])
        return drawing.figure(words, _numbers(moved, names))


def _style(output: int) -> dict[str, Any]:
    return {
        "color": SERIES[output % len(SERIES)],
        "linestyle": DASHES[output // len(SERIES) % len(DASHES)],
        "linewidth": 1.9,
    }


def _panel(axes: Axes, one: Moved, count: int, names: Sequence[str]) -> None:
    """Numbers and dates as lines; categories as dots, since nothing lies between them."""
    ordered = one.kind in ("number", "date")
    x = one.values if ordered else np.arange(len(one.values))
    single: dict[str, Any] = {
        "color": SERIES[int(one.outputs[0]) % len(SERIES)] if count > 1 else SOFT
    }
    rows = one.lines[:, :DRAWN_LINES]
    if ordered:
        axes.plot(x, rows, linewidth=0.5, alpha=0.4, **single)
    else:
        axes.plot(x, rows, linestyle="", marker="o", markersize=2, alpha=0.4, **single)
        axes.set_xticks(x, [short(str(value), 10) for value in one.values], rotation=30, ha="right")
    for at in range(count):
        style = _style(int(one.outputs[at])) if count > 1 else {"color": INK, "linewidth": 1.9}
        dots: dict[str, Any] = {} if ordered else {"linestyle": "", "marker": "D", "markersize": 5}
        axes.plot(x, one.mean[:, at], **{**style, **dots})
        of = f"{names[one.outputs[at]]}, " if len(one.outputs) > 1 else ""
        said = zip(one.values, one.mean[:, at], strict=True)
        readings(axes, list(x), one.mean[:, at].tolist(), [
            f"{of}{one.name} {_value(value)}: {mean:.4g} on average" for value, mean in said
        ])  # fmt: skip
    if one.kind == "date":
        axes.xaxis.set_major_locator(locator := AutoDateLocator(maxticks=4))  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _numbers(moved: Sequence[Moved], names: Sequence[str]) -> AxisNumbers:
    rows = [
        (one.name, value.item() if one.kind == "number" else str(value), names[output], float(mean))
        for one in moved
        for value, means in zip(one.values, one.mean, strict=True)
        for output, mean in zip(one.outputs, means, strict=True)
    ]
    return AxisNumbers(("column", "value", "of", "mean prediction"), rows)
