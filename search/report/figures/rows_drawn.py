"""A few held-out rows as they are: pictures, masks, sequences, lines; truth beside prediction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from search.data.dataset import Array
from search.metrics.intervals import of_ratio
from search.report.digits import within_ends
from search.report.figures.numbers import histogram
from search.report.figures.scales import whole_numbers
from search.report.figures.svg import (
    BLUE,
    INK,
    NARROW,
    ORANGE,
    RED,
    SERIES,
    SOFT,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    readings,
    short,
)
from search.study.answer import Interval

MOST_WRITTEN = 16
"""Steps of a sequence whose values are written into their cells."""
FAINT = 0.45
"""Of cells, so that their values are read in them on a light page and on a dark one."""
PALE = "#d9d9d4"
"""Of the first class, which is mostly the background."""


@dataclass(frozen=True, eq=False)
class DrawnRows:
    """Some rows.

    Attributes:
        titles: Of each.
        truth: Shape (rows, …).
        said: What is predicted, of the same shape.
        x: Their inputs; None where these cannot be drawn, or are the truth.
    """

    titles: Sequence[str]
    truth: Array
    said: Array
    x: Array | None = None

    @property
    def numbers(self) -> AxisNumbers:
        """All values of the truth and of what is predicted."""
        rows = []
        for title, truth, said in zip(self.titles, self.truth, self.said, strict=True):
            rows += [(title, "true", *truth.ravel().tolist()), (title, "predicted", *said.ravel())]
        width = self.truth[0].size if len(self.truth) else 0
        return AxisNumbers(("row", "what", *map(str, range(1, width + 1))), rows)


def masks_drawn(rows: DrawnRows, names: Sequence[str], words: Words) -> Figure:
    """Input, truth and prediction side by side, a line of panels a row."""
    colours = _colours(len(names))
    with Drawing(*_panels(rows, 3), together=True) as drawing:
        for place, axes in _by_row(drawing, rows):
            _picture_of_input(axes, rows, place)
            for panel, codes, title in zip(
                axes[-2:], (rows.truth[place], rows.said[place]), ("true", "predicted"), strict=True
            ):
                shown = np.ma.masked_less(codes, 0)
                panel.imshow(
                    shown, cmap=colours, vmin=-0.5, vmax=len(names) - 0.5, interpolation="nearest"
                )
                panel.set_title(title)
            _above(axes, rows.titles[place])
        if len(names) <= len(SERIES):
            marks = [Patch(color=_as_drawn(colours(place))) for place in range(len(names))]
            drawing.legend_above(marks, [short(name) for name in names])
        return drawing.figure(words, rows.numbers)


def pictures_drawn(rows: DrawnRows, words: Words, *, same: bool) -> Figure:
    """Input, wanted picture and what is given; of a reconstruction the input is what is wanted."""
    last = ("input", "reconstruction") if same else ("true", "predicted")
    with Drawing(*_panels(rows, 3), together=True) as drawing:
        for place, axes in _by_row(drawing, rows):
            _picture_of_input(axes, rows, place)
            both = rows.truth[place], rows.said[place]
            low, high = float(both[0].min()), float(both[0].max())
            for panel, picture, title in zip(axes[-2:], both, last, strict=True):
                _picture(panel, picture, low, high)
                panel.set_title(title)
            _above(axes, rows.titles[place])
        return drawing.figure(words, rows.numbers)


def lines_drawn(rows: DrawnRows, words: Words, *, same: bool) -> Figure:
    """Truth and prediction as lines over their steps, a panel a row."""
    columns = min(2, len(rows.titles))
    names = ("input", "reconstruction") if same else ("true", "predicted")
    with Drawing(len(rows.titles), 1.9, columns) as drawing:
        marks: list[Any] = []
        for axes, title, truth, said in zip(
            drawing.axes, rows.titles, rows.truth, rows.said, strict=True
        ):
            steps = np.arange(1, len(truth) + 1)
            (one,) = axes.plot(steps, truth, color=INK)
            (other,) = axes.plot(steps, said, color=ORANGE, linestyle="--")
            axes.set_title(title)
            marks = [one, other]
        drawing.legend_above(marks, names)
        return drawing.figure(words, rows.numbers)


def strips_drawn(rows: DrawnRows, names: Sequence[str], words: Words) -> Figure:
    """A class a step as strips of cells; what is predicted wrong is marked."""
    steps, colours = rows.truth.shape[1], _colours(len(names))
    beside = rows.x is not None and rows.x.shape[1:] == rows.truth.shape[1:]
    height = 0.95 if beside else 0.75
    with Drawing(len(rows.titles), height, 1) as drawing:
        for place, axes in enumerate(drawing.axes):
            truth, said = rows.truth[place], rows.said[place]
            labels = [*["input"] * beside, "true", "predicted"]
            blank = [np.full(steps, -1)] * beside
            axes.imshow(
                np.ma.masked_less(np.stack([*blank, truth, said]), 0),
                cmap=colours, vmin=-0.5, vmax=max(len(names), 2) - 0.5, aspect="auto", alpha=FAINT,
                interpolation="nearest",
            )  # fmt: skip
            axes.set_title(_title(rows, place, beside=beside))
            axes.set_yticks(range(len(labels)), labels)
            axes.set_xticks([])
            axes.grid(visible=False)
            axes.spines[:].set_visible(False)
            _write(axes, rows, place, names, beside=beside)
        return drawing.figure(words, rows.numbers)


def _write(axes: Any, rows: DrawnRows, place: int, names: Sequence[str], *, beside: bool) -> None:
    """Values of the cells, where there is room, and a mark at what is wrong."""
    truth, said, steps = rows.truth[place], rows.said[place], rows.truth.shape[1]
    first = 1 if beside else 0
    for step in np.flatnonzero((truth != said) & (truth >= 0)).tolist():
        axes.plot([step - 0.45, step + 0.45], [first + 1.44] * 2, color=RED, linewidth=2.5)
    if steps > MOST_WRITTEN:
        return
    style = {"ha": "center", "va": "center", "fontsize": 7}
    for step in range(steps):
        if beside and rows.x is not None:
            axes.text(step, 0, f"{rows.x[place, step]:.4g}", **style)
        if truth[step] >= 0:
            axes.text(step, first, short(names[truth[step]], 6), **style)
            axes.text(step, first + 1, short(names[said[step]], 6), **style)


def _title(rows: DrawnRows, place: int, *, beside: bool) -> str:
    """With the input, where it has other steps than the output."""
    if beside or rows.x is None or rows.x.ndim > 2:
        return rows.titles[place]
    some = [f"{value:.4g}" for value in rows.x[place][:MOST_WRITTEN].tolist()]
    more = " …" if rows.x.shape[1] > MOST_WRITTEN else ""
    return f"{rows.titles[place]}; input {' '.join(some)}{more}"


def error_of_rows(errors: Array, constant: float, what: str, words: Words) -> Figure:
    """How many rows have which error."""
    finite = errors[np.isfinite(errors)]
    with Drawing(1, 2.4) as drawing:
        (axes,) = drawing.axes
        bins = min(40, max(5, round(len(finite) ** 0.5)))
        counts, edges = histogram(axes, finite, bins)
        mark = axes.axvline(float(np.median(finite)), color=INK, linewidth=1.2)
        marks, names = [mark], ["median of the rows"]
        if constant <= 2 * float(finite.max()):
            marks.append(axes.axvline(constant, color=SOFT, linewidth=1.2, linestyle=":"))
            names.append("mean of the constant")
        axes.set_xlabel(what)
        axes.set_ylabel("rows")
        drawing.legend_above(marks, names)
        lines = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
        return drawing.figure(words, AxisNumbers(("from", "to", "rows"), lines))


def accuracy_by_step(by_step: Array, words: Words, groups: Array | None = None) -> Figure:
    """The fraction of right rows at each step, with its interval.

    Args:
        by_step: 1 right, 0 wrong, −1 not counted, shape (rows, steps).
        words: Of the figure.
        groups: Of each row, as of `Blocks`; None where rows are independent.
    """
    right, of = (by_step == 1).sum(axis=0), (by_step >= 0).sum(axis=0)
    steps = np.flatnonzero(of) + 1
    share = right[of > 0] / of[of > 0]
    own = by_step[:, of > 0].T
    found = [of_ratio((one == 1).astype(float), (one >= 0).astype(float), groups) for one in own]
    ends = [one or Interval(0.0, 1.0) for one in found]
    low, high = (np.array([getattr(end, side) for end in ends]) for side in ("low", "high"))
    with Drawing(1, 2.4) as drawing:
        (axes,) = drawing.axes
        axes.errorbar(
            steps, share, yerr=np.clip([share - low, high - share], 0, None), color=BLUE,
            ecolor=SOFT, elinewidth=0.9, marker="o", markersize=4, linewidth=1.0,
        )  # fmt: skip
        readings(axes, steps.tolist(), share.tolist(), [
            f"step {step}: accuracy {within_ends(value, end)}"
            for step, value, end in zip(steps, share, ends, strict=True)
        ])  # fmt: skip
        axes.set_xlabel("step")
        axes.set_ylabel("accuracy")
        whole_numbers(axes.xaxis)
        axes.set_ylim(min(0.0, float(low.min())) if share.min() < 0.5 else float(low.min()) - 0.03,
                      1.02)  # fmt: skip
        header = ("step", "right rows", "rows", "accuracy", "low", "high")
        lines = zip(steps.tolist(), right[of > 0].tolist(), of[of > 0].tolist(), share.tolist(),
                    low.tolist(), high.tolist(), strict=True)  # fmt: skip
        return drawing.figure(words, AxisNumbers(header, lines))


def _panels(rows: DrawnRows, most: int) -> tuple[int, float, int]:
    """Panels, height of a line and panels of a line, for `Drawing`."""
    across = most if rows.x is not None else most - 1
    return across * len(rows.titles), NARROW / 3 + 0.25, across


def _by_row(drawing: Drawing, rows: DrawnRows) -> Any:
    """Each row's place and its panels, without axes."""
    across = len(drawing.axes) // len(rows.titles)
    for place in range(len(rows.titles)):
        axes = drawing.axes[place * across : (place + 1) * across]
        for panel in axes:
            panel.set_axis_off()
        yield place, axes


def _above(axes: Any, title: str) -> None:
    """The row's title above the first of its panels."""
    axes[0].set_title(f"{title}\n{axes[0].get_title(loc='left')}")


def _picture_of_input(axes: Any, rows: DrawnRows, place: int) -> None:
    if rows.x is not None:
        x = rows.x[place]
        _picture(axes[0], x, float(x.min()), float(x.max()))
        axes[0].set_title("input")


def _picture(axes: Any, picture: Array, low: float, high: float) -> None:
    """From black to white, or in colours."""
    shades = np.clip((picture.astype(float) - low) / (high - low or 1.0), 0, 1)
    grey = shades[..., 0] if shades.ndim == 3 and shades.shape[2] == 1 else shades
    axes.imshow(grey, cmap="gray", vmin=0.0, vmax=1.0, interpolation="nearest")


def _as_drawn(colour: Any) -> Any:
    """A colour of a picture, which a dark page leaves as it is, and not the page's like it."""
    red, green, blue, alpha = colour
    return red, green, max(0.0, blue - 1 / 255), alpha


def _colours(classes: int) -> Any:
    if classes <= len(SERIES):
        return ListedColormap([PALE, *SERIES][: max(classes, 2)])
    return colormaps["viridis"].resampled(classes)
