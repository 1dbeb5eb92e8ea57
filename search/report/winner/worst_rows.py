"""Which held-out rows is the winner most wrong about?"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from markupsafe import Markup

from search.data.dataset import Array
from search.report.tables import HtmlTable
from search.store.manifest import DataSummary
from search.study.plain_text import is_number, short
from search.study.row_shape import is_sequence
from search.study.task import TASKS

LINES = ("c1", "c2", "c3", "c4", "c5")
"""Colours of a sequence's first values, as figures have them."""
LONG, TALL = 144, 32
"""Units of the picture of a sequence."""
MOST_TARGETS = 3
PLACES = {
    "file_name": "file",
    "moment": "first step forecast",
    "number": "row of your data (from 1)",
    "own_number": "row of held_out= (from 1)",
    "row": "held-out row",
}
"""What a row can be found by, the best first → what that is called."""
TEXTS = frozenset({"file_name", "moment"})
"""Which of them are no numbers."""
SURE = 0.9
"""Probability of the true class from which on a row is not among the hardest examples."""


@dataclass(frozen=True, eq=False)
class RowNames:
    """What rows are found by.

    Attributes:
        header: What that is, such as "row of your data (from 1)".
        texts: Of each.
        numeric: Whether these are numbers.
    """

    header: str
    texts: Sequence[str]
    numeric: bool

    @classmethod
    def of(cls, kept: Mapping[str, Array]) -> "RowNames":
        """By the best of `PLACES` that is kept, of which "row" is the least."""
        known = next(name for name in PLACES if name in kept)
        numeric = known not in TEXTS
        texts = [str(at + 1) if numeric else str(at) for at in kept[known].tolist()]
        return cls(PLACES[known], texts, numeric)

    def named(self, at: int) -> str:
        """One of them, such as "row 17"."""
        return f"row {self.texts[at]}" if self.numeric else self.texts[at]

    @property
    def how(self) -> str:
        """How they are named, as a sentence."""
        return f"Rows are named by: {self.header}."


@dataclass(frozen=True, eq=False)
class Worst:
    """The worst predicted held-out rows, the worst first.

    Attributes:
        data: Names of classes and features.
        kept: The run's arrays of this name.
        y: Their truth.
        said: What was predicted of them: shares, or numbers.
    """

    data: DataSummary
    kept: Mapping[str, Array]
    y: Array
    said: Array

    @classmethod
    def of(
        cls, data: DataSummary, kept: Mapping[str, Array], held_out: Mapping[str, Array]
    ) -> "Worst | None":
        """Read them off a run; None in an older one, which does not have them."""
        if not kept or not held_out:
            return None
        task = TASKS[data.task]
        kind = {"label": _OfLabels, "target": _OfNumbers}.get(task.noun, _OfClasses)
        y, said = held_out["y"][kept["row"]], held_out[task.kept][kept["row"]]
        found = kind(data, kept, y, said)
        chosen = found.of_concern()
        of_rows = {name: of[chosen] for name, of in kept.items() if name != "columns"}
        return kind(data, {**kept, **of_rows}, y[chosen], said[chosen])

    def table(self, rows: int) -> HtmlTable:
        """A line a row: where it stands, what is true, what was predicted, and what is in it.

        Args:
            rows: That are held out.
        """
        names, answers = self._answers()
        kinds, values = self._values([", ".join(answer) for answer in answers])
        places = RowNames.of(self.kept)
        body = [
            (place, *answer, *value)
            for place, answer, value in zip(places.texts, answers, values, strict=True)
        ]
        which = f"({len(body)} of {rows:,}{self._wrong()}){self._left_out()}"
        return HtmlTable(
            f"Hardest held-out example{'s' * (len(body) != 1)} {which}",
            (places.header, *names, *kinds),
            body,
            frozenset({0} if places.numeric else ()),
        )

    def _right(self) -> Array | None:
        """How probable the truth was, of each row; None of numbers."""
        raise NotImplementedError

    def _is_wrong(self) -> Array:
        """Which rows are called otherwise than they are."""
        raise NotImplementedError

    def _answers(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Header and cells of truth and prediction."""
        raise NotImplementedError

    def of_concern(self) -> Array:
        """Which are wrong, or nearly; the worst in any case, and of numbers all."""
        right = self._right()
        if right is None:
            return np.ones(len(self.y), bool)
        found: Array = ~(right >= SURE) | self._is_wrong()
        found[:1] = True
        return found

    def _wrong(self) -> str:
        """How many of them are wrong at all, where that can be said."""
        if self._right() is None:
            return ""
        wrong = int(self._is_wrong().sum())
        if len(self.y) == 1:
            return f"; {'' if wrong else 'not '}misclassified"
        return f"; {wrong or 'none'} of these misclassified"

    def _values(self, told: Sequence[str]) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        if "cells" in self.kept:
            rows = [[_brief(cell) for cell in line] for line in self.kept["cells"].tolist()]
            return self.kept["columns"].tolist(), rows
        x = self.kept["x"]
        if is_sequence(x.shape[1:]):
            return ("values by step",), [(line,) for line in _lines(x)]
        if x.ndim > 2:
            return ("picture",), [(cell,) for cell in _pictures(x, told)]
        names = self.data.features[: x.shape[1]]
        return names, [[short(value, 4) for value in line] for line in x.tolist()]

    def _left_out(self) -> str:
        """Said where a row has more values than are shown."""
        if "cells" in self.kept:
            shown, all_of = len(self.kept["columns"]), self._used_columns()
            return f"; the first {shown} of {all_of} columns" if shown < all_of else ""
        x = self.kept["x"]
        shown, all_of = x.shape[1], len(self.data.features)
        return f"; the first {shown} of {all_of} features" if x.ndim == 2 and shown < all_of else ""

    def _used_columns(self) -> int:
        return sum(not became.startswith("left out") for _, became in self.data.columns)


class _OfClasses(Worst):
    def _right(self) -> Array:
        found: Array = self.said[np.arange(len(self.y)), self.y]
        return found

    def _is_wrong(self) -> Array:
        found: Array = self.said.argmax(axis=1) != self.y
        return found

    def _answers(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        names = self.data.classes
        found = [
            (names[true], names[(said := int(shares.argmax()))], _probability(shares[said]),
             _probability(shares[true]))
            for true, shares in zip(self.y.tolist(), self.said, strict=True)
        ]  # fmt: skip
        header = "true", "predicted", "probability of predicted", "probability of true"
        return header, found


class _OfLabels(Worst):
    def _right(self) -> Array:
        found: Array = np.where(self.y == 1, self.said, 1 - self.said).min(axis=1)
        return found

    def _is_wrong(self) -> Array:
        found: Array = ((self.said >= 0.5) != self.y).any(axis=1)
        return found

    def _answers(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        found = [
            (self._listed(there == 1, shares), self._listed(shares >= 0.5, shares),
             str(int(((shares >= 0.5) != there).sum())))
            for there, shares in zip(self.y, self.said, strict=True)
        ]  # fmt: skip
        return ("true (probability)", "predicted (probability)", "wrong labels"), found

    def _listed(self, which: Array, shares: Array) -> str:
        places = np.flatnonzero(which)
        return (
            ", ".join(f"{self.data.classes[i]} {_probability(shares[i])}" for i in places) or "none"
        )


class _OfNumbers(Worst):
    def _right(self) -> None:
        return None

    def _answers(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        targets = self.data.targets[:MOST_TARGETS]
        header = [f"{kind} {name}" for name in targets for kind in ("true", "predicted")]
        pairs = np.stack([self.y, self.said], axis=2)[:, : len(targets)].reshape(len(self.y), -1)
        return header, [[f"{value:.5g}" for value in line] for line in pairs]


def _probability(value: float) -> str:
    return f"{value:.3f}"


def _brief(cell: str) -> str:
    """A column's value as it was given; a number with a point in four digits, to be compared."""
    return short(float(cell), 4) if "." in cell and is_number(cell) else cell


def hardest_by_class(
    data: DataSummary, kept: Mapping[str, Array], held_out: Mapping[str, Array]
) -> list[HtmlTable]:
    """A line a class: how many are recognised, and its hardest pictures, with their predictions.

    Args:
        data: Names of the classes.
        kept: The run's arrays "hardest"; empty where it has none.
        held_out: Truth and probabilities.
    """
    if not kept or not held_out:
        return []
    y, said = held_out["y"], held_out["probabilities"]
    called, rows = said.argmax(axis=1), kept["row"]
    told = [f"{data.classes[called[row]]} · {_probability(said[row, y[row]])}" for row in rows]
    shown = _pictures(kept["x"], [f"{data.classes[y[row]]}, predicted {t}" for row, t in
                                  zip(rows, told, strict=True)])  # fmt: skip
    cell = Markup('<span class="hard">{}{}</span>')
    body = []
    for code in np.unique(y[rows]):
        own, of_class = np.flatnonzero(y[rows] == code), y == code
        pictures = Markup("").join(cell.format(shown[at], told[at]) for at in own)
        right = f"{int((called[of_class] == code).sum())} of {int(of_class.sum())}"
        body.append((data.classes[code], right, pictures))
    header = ("true class", "recognised", "hardest: predicted class · probability of the true one")
    return [HtmlTable("Hardest held-out pictures by class", header, body, frozenset({1}))]


def _lines(x: Array) -> list[Markup]:
    """A picture a row: a line a value over its steps, each between its extremes of all rows."""
    x = x[..., : len(LINES)].astype(float)
    low, high = x.min(axis=(0, 1)), x.max(axis=(0, 1))
    up = (1 - (x - low) / np.where(high > low, high - low, 1)) * (TALL - 2) + 1
    across = np.linspace(0, LONG, x.shape[1])
    line = Markup('<polyline class="s-{}" points="{}"/>')
    drawn = Markup('<svg class="steps" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>')

    def points(heights: Array) -> str:
        return " ".join(f"{a:.1f},{h:.1f}" for a, h in zip(across, heights, strict=True))

    return [
        drawn.format(LONG, TALL, Markup("").join(
            line.format(colour, points(own)) for colour, own in zip(LINES, row.T, strict=False)
        ))
        for row in up
    ]  # fmt: skip


def _pictures(x: Array, told: Sequence[str]) -> list[Markup]:
    """A picture a row, from the smallest value of all (black) to the largest."""
    low, high = float(x.min()), float(x.max())
    shades = (x.astype(float) - low) / (high - low or 1.0)
    tag = Markup('<img class="pixels" alt="{}" src="data:image/png;base64,{}">')
    return [
        tag.format(words, base64.b64encode(_png(each)).decode())
        for each, words in zip(shades, told, strict=True)
    ]


def _png(shades: Array) -> bytes:
    from matplotlib.image import imsave

    buffer = BytesIO()
    grey = shades[..., 0] if shades.ndim == 3 and shades.shape[2] == 1 else shades
    imsave(buffer, grey, cmap="gray", vmin=0.0, vmax=1.0, format="png", metadata={"Software": ""})
    return buffer.getvalue()
