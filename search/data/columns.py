"""The typed columns of a table, as they were before anything was learnt from them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from search.data.text_forms import PLAIN, PLAIN_CSV, CsvForm, Form
from search.study.errors import InputError

Array = npt.NDArray[Any]

Kind = Literal["number", "boolean", "category", "date", "text"]
"""float64 with NaN; float64 of 0, 1 and NaN; objects that are str or None; datetime64[s] and NaT;
objects that are str, and "".

In each the last is what a missing value is; of a text, it is one like any other.
"""
_TYPES: Mapping[Kind, str] = {
    "number": "float64",
    "boolean": "float64",
    "category": "object",
    "date": "datetime64[s]",
    "text": "object",
}


@dataclass(frozen=True, eq=False)
class ReadColumn:
    """One column, read.

    Attributes:
        kind: That it is of; empty where it is of none.
        values: In the type of that kind.
        note: What to know about how it was read.
        form: How its values were written.
    """

    kind: Kind | None
    values: Array
    note: str = ""
    form: Form = PLAIN

    @property
    def missing(self) -> Array:
        """Which rows have no value."""
        return missing_in(self.values)


@dataclass(frozen=True, eq=False)
class Columns:
    """Raw columns of one length.

    Args:
        values: Name → one value a row, in the NumPy type of its kind.
        kinds: Name → kind.
        left_out: Name of a column that is not among them → why.
        forms: Name → how its values were written, where it is not the plain way.
        csv: How the file was written that they were read from.
        inputs: Name of each input of a model that has several → the columns that it is prepared
            of; a text is an input of its own.

    Raises:
        InputError: A column is of another type or length.
    """

    values: Mapping[str, Array]
    kinds: Mapping[str, Kind]
    left_out: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    csv: CsvForm = PLAIN_CSV
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if list(self.values) != list(self.kinds):
            raise InputError("columns", fix="give one kind for each column, in the same order")
        for name, values in self.values.items():
            wanted = _TYPES[self.kinds[name]]
            if values.dtype != wanted:
                raise InputError(
                    f"column {name!r}",
                    f"its type is {values.dtype}",
                    f"a {self.kinds[name]} column is of {wanted}",
                )
            if values.shape != (len(self),):
                raise InputError(
                    f"column {name!r}",
                    f"its shape is {values.shape}",
                    f"give ({len(self)},), one value a row as in the others",
                )

    def __len__(self) -> int:
        return next((len(values) for values in self.values.values()), 0)

    def __getitem__(self, name: str) -> Array:
        return self.values[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns, in order."""
        return tuple(self.values)

    def take(self, rows: Array) -> "Columns":
        """The same columns with these rows alone, in this order."""
        taken = {name: values[rows] for name, values in self.values.items()}
        return replace(self, values=taken)

    def missing(self, name: str) -> Array:
        """Which rows have no value, shape (rows,)."""
        return missing_in(self.values[name])

    @property
    def hash(self) -> str:
        """SHA-256 of names, kinds and values: the same wherever the table was read."""
        digest = hashlib.sha256()
        for name, values in self.values.items():
            digest.update(repr((name, self.kinds[name], len(values))).encode())
            digest.update(_bytes_of(values))
        return digest.hexdigest()


def missing_in(values: Array) -> Array:
    """Which of a column's values are none, shape (rows,)."""
    import pandas as pd

    return np.asarray(pd.isna(values))


def _bytes_of(values: Array) -> bytes:
    if values.dtype == object:
        import pandas as pd

        codes, texts = pd.factorize(values)
        return repr(list(texts)).encode() + codes.astype("<i8").tobytes()
    little = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"))
    if values.dtype.kind == "f":  # one NaN and one zero, of the several that there are
        little = np.where(np.isnan(little), np.nan, little + 0.0)
    return little.tobytes()
