"""What training rows had in each column, and which new rows lie outside of that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from search.data.column_steps import days_of
from search.data.columns import Array, Columns, missing_in
from search.data.known_columns import new_values
from search.data.text_forms import TextForm
from search.data.tree import Tree, key

MOST_COLUMNS = 1000
"""Of an array that are looked at each; more are points of a picture or a signal."""
TOLD = 8
"""Columns that are named where rows lie outside: of many, ordinary rows do in some."""


@dataclass(frozen=True)
class Seen:
    """What the training rows had in a column.

    Attributes:
        low: The least number, or of dates days since 1970; None of other kinds, or without any.
        high: The greatest.
        missing: Whether some rows had no value.
        dates: Whether these are days since 1970.
    """

    low: float | None
    high: float | None
    missing: bool
    dates: bool = False

    @classmethod
    def of(cls, values: Array) -> "Seen":
        """Of a column of any kind."""
        there = values[~missing_in(values)]
        missing, dates = len(there) < len(values), values.dtype.kind == "M"
        if values.dtype.kind not in "biufM" or not len(there):
            return cls(None, None, missing)
        numbers = _numbers(there)
        return cls(float(numbers.min()), float(numbers.max()), missing, dates)

    def unlike(self, values: Array) -> tuple[Array, Array]:
        """Which new values lie outside the range, and which are missing as none was.

        Args:
            values: Of the column, shape (rows,).
        """
        missing = missing_in(values)
        unheard = missing & np.bool_(not self.missing)
        if self.low is None or self.high is None:
            return np.zeros(len(values), bool), unheard
        numbers = np.where(missing, self.low, _numbers(values))
        return (numbers < self.low) | (numbers > self.high), unheard

    def text(self, number: float | None) -> str:
        """A number of this column as it is told."""
        if number is None:
            return ""
        if self.dates:
            return str(np.datetime64(0, "s") + np.timedelta64(round(number * 86_400), "s"))
        return f"{number:.6g}"


@dataclass(frozen=True, eq=False)
class Outside:
    """New rows that lie outside what training rows had.

    Attributes:
        rows: Whether each does, shape (rows,).
        notes: A sentence a column.
    """

    rows: Array
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """Of the rows that do."""
        return int(self.rows.sum())


def seen_in(columns: Columns | Array | Tree, names: tuple[str, ...] = ()) -> dict[str, Seen]:
    """Of each column of the training rows.

    Args:
        columns: Of these rows; or an array, shape (rows, columns), or several.
        names: Of the array's columns.
    """
    return {name: Seen.of(values) for name, values in _each(columns, names)}


def outside(
    seen: Mapping[str, Seen],
    texts: Mapping[str, TextForm],
    columns: Columns | Array | Tree,
    names: tuple[str, ...] = (),
) -> Outside:
    """Which new rows lie outside, by any column.

    Args:
        seen: By the name of a column.
        texts: That a model has features for, by the name of a column.
        columns: Of the new rows, as in `seen_in`.
        names: As there.
    """
    found, notes = np.zeros(len(columns), bool), list[tuple[int, str]]()
    for name, values in _each(columns, names):
        if name not in seen:
            continue
        far, unheard = seen[name].unlike(values)
        new, note = new_values(name, values, texts.get(name))
        found |= far | unheard | new
        if far.any():
            notes.append((far.sum(), _far(name, seen[name], values[far], len(values))))
        if unheard.any():
            none = (
                f"column {name!r}: no value in {unheard.sum():,} of {len(values):,} rows, and "
                "each training row had one"
            )
            notes.append((unheard.sum(), none))
        notes += [(new.sum(), note)] if note else []
    return Outside(found, tuple(_told(notes, int(found.sum()))))


def _told(notes: list[tuple[int, str]], rows: int) -> Iterator[str]:
    """Those of most rows, and how many there are beside them."""
    most = sorted(range(len(notes)), key=lambda at: -notes[at][0])[:TOLD]
    yield from (notes[at][1] for at in sorted(most))
    if left := len(notes) - len(most):
        yield f"and {left:,} more such columns; {rows:,} rows lie outside by any"


def _far(name: str, seen: Seen, far: Array, count: int) -> str:
    numbers = _numbers(far)
    worst = numbers[np.argmax(np.maximum(numbers - (seen.high or 0), (seen.low or 0) - numbers))]
    return (
        f"column {name!r}: outside the training rows' {seen.text(seen.low)} to "
        f"{seen.text(seen.high)} in {len(far):,} of {count:,} rows, such as "
        f"{seen.text(float(worst))}"
    )


def _each(columns: Columns | Array | Tree, names: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
    if isinstance(columns, Columns):
        yield from columns.values.items()
    elif isinstance(columns, Tree):
        for path, leaf in columns.leaves.items():
            if leaf.dtype.kind not in "biuf" or leaf.ndim > 2:
                continue
            if leaf.ndim == 1 or leaf.shape[1] == 1:
                yield key(path), leaf.reshape(-1)
            elif leaf.shape[1] <= MOST_COLUMNS and leaf.dtype.kind == "f":
                yield from ((f"{key(path)}[{at}]", of) for at, of in enumerate(leaf.T))
    elif columns.ndim == 2 and columns.shape[1] == len(names) <= MOST_COLUMNS:
        yield from zip(names, columns.T, strict=True)


def _numbers(values: Array) -> Array:
    """Dates as days since 1970."""
    return days_of(values) if values.dtype.kind == "M" else values.astype(float)
