"""Which columns of a table a model gets as which input: several by name, or texts as they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from search.data.column_types import read_column
from search.data.columns import Array, Columns
from search.data.inputs import has_word
from search.data.names import name_of
from search.data.table_reader import Sheet, nearest
from search.study.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

REST = "features"
"""The input of all columns that are no texts, where none is named."""


@dataclass(frozen=True)
class TableInputs:
    """What `table` was told of a model's inputs.

    Attributes:
        texts: Columns that stay texts; each is an input of its own name.
        named: Name of an input → its columns.

    Raises:
        InputError: A column is in two of them, or an input has none.
    """

    texts: tuple[str, ...] = ()
    named: Mapping[str, tuple[str, ...]] | None = None

    @classmethod
    def of(cls, texts: object, named: object) -> "TableInputs":
        """From arguments of `table`."""
        columns = _names("table(texts=…)", texts)
        if named is None:
            return cls(columns)
        if not isinstance(named, Mapping) or not named:
            raise InputError(
                f"table(inputs={named!r})"[:80],
                fix="give columns by names of inputs, such as inputs={'wide': ['size', 'town']}",
            )
        inputs: dict[str, tuple[str, ...]] = {}
        for name, own in named.items():
            where = f"table(inputs={{{name!r}: …}})"
            inputs[name_of("table(inputs=…)", name)] = _names(where, own)
        return cls(columns, inputs)

    def __post_init__(self) -> None:
        seen: dict[str, str] = {}
        all_of = [("texts", self.texts), *(self.named or {}).items()]
        for place, columns in all_of:
            where = f"table({self._said(place)})"
            if not columns and (place, columns) != all_of[0]:
                raise InputError(where, "it has no columns", "give some, or leave the input out")
            for name in columns:
                if name in seen:
                    first = seen[name]
                    there = "there twice" if first == place else f"in {self._said(first)} too"
                    fix = "name it once; a model may use an input in several places"
                    if first == "texts" != place:
                        fix = "leave it out here: a text has an input of its column's name"
                    raise InputError(where, f"column {name!r} is {there}", fix)
                seen[name] = place
        if both := set(self.texts) & set(self.named or {}):
            raise InputError(
                f"table(inputs={{{min(both)!r}: …}})",
                "a text column has this name, and with it an input of its own",
                "give the input another",
            )

    def _said(self, place: str) -> str:
        return "texts=…" if place == "texts" else f"inputs={{{place!r}: …}}"

    def check(self, sheet: Sheet, roles: Mapping[str, str]) -> None:
        """Refuse a table that lacks a column, or has it in another role.

        Args:
            sheet: The table.
            roles: Name of a column → argument of `table` that names it.
        """
        for place, columns in [("texts", self.texts), *(self.named or {}).items()]:
            for name in columns:
                where = f"table({self._said(place)})"
                if name in roles:
                    raise InputError(
                        where, f"column {name!r} is {roles[name]}= too", "name it in one of them"
                    )
                if name not in sheet.frame.columns:
                    raise InputError(
                        sheet.name,
                        f"there is no column {name!r} for {self._said(place)}",
                        nearest(name, list(sheet.frame.columns)),
                    )

    def wanted(self, names: Sequence[str]) -> list[str]:
        """Of the columns those that are prepared: all, or those of named inputs."""
        if self.named is None:
            return [name for name in names if name not in self.texts]
        inside = {name for columns in self.named.values() for name in columns}
        return [name for name in names if name in inside]

    def complete(self, columns: Columns, sheet: Sheet) -> Columns:
        """Prepared columns, with texts beside them, and told which inputs they are of.

        Args:
            columns: Those that are wanted, as far as something can be learnt from them.
            sheet: That they are of.
        """
        if not self.texts and self.named is None:
            return columns
        inputs = self.named or ({REST: columns.names} if columns.names else {})
        left = {n: tuple(c for c in own if c in columns.values) for n, own in inputs.items()}
        for name, own in left.items():
            if not own:
                why = "; ".join(f"{c!r}: {columns.left_out.get(c, '')}" for c in inputs[name])
                raise InputError(
                    sheet.name,
                    f"no column is left of inputs={{{name!r}: …}} ({why})",
                    "give it others, leave it out, or give columns of texts by texts=[…]",
                )
        if REST in self.texts and self.named is None and left:
            raise InputError(
                f"table(texts=[{REST!r}])",
                "the input of all other columns has this name",
                "rename the column, or name the others by inputs={…: […]}",
            )
        texts = {name: texts_in(sheet, name, words=True) for name in self.texts}
        return Columns(
            {**columns.values, **texts},
            {**columns.kinds, **dict.fromkeys(texts, "text")},
            columns.left_out,
            columns.forms,
            columns.csv,
            left,
        )


NONE = TableInputs()
"""Of a table whose columns are all of the one input."""


def _names(argument: str, given: object) -> tuple[str, ...]:
    """One name or several."""
    if isinstance(given, str):
        given = [given]
    if isinstance(given, Mapping | set | frozenset) or not isinstance(given, Iterable):
        raise InputError(argument, fix="give a list of names of columns")
    return tuple(name_of(argument, name) for name in given)


def texts_in(sheet: Sheet, name: str, *, words: bool = False) -> Array:
    """A column of texts as they are, "" where there is none.

    Args:
        sheet: That has it.
        name: Of the column.
        words: Whether there has to be a word, and not a number in each row.

    Raises:
        InputError: A value is no text; names its line.
    """
    series = sheet.frame[name]
    where = f"{sheet.name}, column {name!r}"
    fix = "leave it out of texts=, and it is prepared as {}"
    missing = np.asarray(series.isna())
    values: list[Any] = series.astype("object").tolist()
    texts = np.array(["" if gone else v for v, gone in zip(values, missing, strict=True)], object)
    odd = [place for place, text in enumerate(texts) if not isinstance(text, str)]
    if words and (kind := _other_kind(series)):
        raise InputError(where, f"it holds {kind}s, and texts= needs texts", fix.format(f"{kind}s"))
    if odd:
        row = int(series.index[odd[0]])
        raise InputError(
            f"{sheet.place(row)}, column {name!r}",
            f"{texts[odd[0]]!r} is no text"[:120],
            "write it as one, or leave it empty",
        )
    if words and not has_word(texts.tolist()):
        raise InputError(where, "no row has a word in it", "leave it out of texts=")
    return texts


def _other_kind(series: "pd.Series[Any]") -> str:
    """What a column holds that is no texts; "" of texts, and of nothing at all."""
    read = read_column(series)
    there = bool((~read.missing).any())
    return read.kind if there and read.kind not in {None, "category"} else ""
