"""Rows from a table: a CSV or Parquet file, or a pandas frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from search.data.column_types import columns_of, read_column
from search.data.columns import Array, Columns
from search.data.copies import DUPLICATES, copies_of
from search.data.dataset import Data, Dataset, Given
from search.data.names import name_of, names_of
from search.data.paths import located, shown
from search.data.row_weights import row_weights
from search.data.table_inputs import NONE, TableInputs
from search.data.table_reader import CSV, Sheet, joined, nearest, of_frame, read_sheet
from search.data.table_targets import check_finite, targets_in
from search.study.arguments import known_only
from search.study.errors import InputError
from search.study.parameters import one_of
from search.study.plain_text import is_number
from search.study.task import task_named

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Roles:
    """Which columns are not features.

    Attributes:
        targets: To be predicted.
        drop: Not looked at.
        group: Whose rows stay together; None for none.
        time: That says when a row was; None for none.
        weight: That says how much a row counts in training; None for none.

    Raises:
        InputError: A column has two roles, or there is no target.
    """

    targets: tuple[str, ...]
    drop: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    weight: str | None = None

    def __post_init__(self) -> None:
        if not self.targets:
            raise InputError("table(target=())", fix="name the column that is to be predicted")
        if self.group is not None and self.time is not None:
            raise InputError(
                f"table(group={self.group!r}, time={self.time!r})",
                "the rows are cut by one of them",
                "drop the other",
            )
        roles: dict[str, str] = {}
        for role, name in self.named():
            if name in roles:
                raise InputError(f"table({role}={name!r})", f"it is {roles[name]}= too", "drop one")
            roles[name] = role

    def named(self) -> list[tuple[str, str]]:
        """Role and name of each column that has one."""
        single = [("group", self.group), ("time", self.time), ("weight", self.weight)]
        return [
            *(("target", name) for name in self.targets),
            *(("drop", name) for name in self.drop),
            *((role, name) for role, name in single if name is not None),
        ]

    def check(self, sheet: Sheet) -> None:
        """Refuse a table that lacks one of them.

        Raises:
            InputError: With the nearest column.
        """
        columns = list(sheet.frame.columns)
        for role, name in self.named():
            if name in columns:
                continue
            if any(is_number(column) for column in columns):
                raise InputError(
                    sheet.name,
                    f"there is no column {name!r} for {role}=, and its first line "
                    f"({', '.join(columns[:4])}, …) holds no names",
                    "put a header above it",
                )
            raise InputError(
                sheet.name, f"there is no column {name!r} for {role}=", nearest(name, columns)
            )


@dataclass(frozen=True, eq=False)
class Table:
    """A table that is read at `load`.

    Attributes:
        source: Of the rows.
        roles: Which columns are not features.
        task: As in `table`.
        validation: Rows that validate, where they are of their own.
        held_out: Rows that are held out, where they are of their own.
        duplicates: "keep", "group" or "drop"; as in `table`.
        positive: As in `table`.
        inputs: Which columns a model gets as which input.
    """

    source: "Path | pd.DataFrame"
    roles: Roles
    task: str | None = None
    validation: "Path | pd.DataFrame | None" = None
    held_out: "Path | pd.DataFrame | None" = None
    duplicates: str = "keep"
    positive: str | None = None
    inputs: TableInputs = NONE

    def load(self) -> Dataset:
        """Read the table; every fault in it is found here, before any trial."""
        whole, part = self._whole()
        self.roles.check(whole)
        self.inputs.check(whole, {name: role for role, name in self.roles.named()})
        rows, targets, notes = targets_in(whole, self.roles.targets, self.task, self.positive)
        sheet = replace(whole, frame=whole.frame.iloc[rows])
        copies = copies_of(sheet.frame)
        columns, more = self._columns(sheet, None if copies.natural else copies.first)
        notes = (*copies.notes(self.duplicates), *notes)
        if self.duplicates == "drop" and copies.count:
            kept = copies.first
            rows, columns, targets = rows[kept], columns.take(kept), targets.take(kept)
            sheet = replace(sheet, frame=sheet.frame.iloc[kept])
        grouped = self.duplicates == "group" and copies.count
        given = Given(
            copies.codes if grouped else self._groups(sheet),
            self._times(sheet),
            None if part is None else part[rows],
            self._weights(sheet),
            (*notes, *whole.notes, *more),  # by importance
            rows if part is None else (np.arange(len(part)) - np.searchsorted(part, part))[rows],
        )
        data = targets.dataset(np.empty((len(rows), 0), np.float32), columns.names, columns)
        return replace(data, given=given)

    def __str__(self) -> str:
        name = shown(self.source) if isinstance(self.source, Path) else "frame"
        return f"table {name}, target {', '.join(self.roles.targets)}"

    def _whole(self) -> tuple[Sheet, Array | None]:
        """All rows, and which part each is given to, as in `Given`."""
        texts = self.inputs.texts
        sheet = _sheet(self.source, texts)
        own = {1: self.validation, 2: self.held_out}
        others = {part: _sheet(source, texts) for part, source in own.items() if source is not None}
        if not others:
            return sheet, None
        sheets = {0: sheet, **others}
        part = np.concatenate([np.full(len(s.frame), code) for code, s in sheets.items()])
        return joined(list(sheets.values())), part

    def _columns(self, sheet: Sheet, unlike: Array | None) -> tuple[Columns, tuple[str, ...]]:
        roles = {name: role for role, name in self.roles.named()}
        features = sheet.frame.drop(columns=list(roles))
        wanted, texts = self.inputs.wanted(list(features.columns)), self.inputs.texts
        unused = dict.fromkeys(
            [name for name in features.columns if name not in (*wanted, *texts)], "in no input"
        )
        columns, notes = columns_of(features[wanted], sheet.decimal, unlike)
        columns = self.inputs.complete(columns, sheet)
        if not columns.names:
            why = [f"{name!r}: {reason}" for name, reason in columns.left_out.items()]
            raise InputError(
                sheet.name,
                f"no column is left to learn from ({'; '.join(why[:3]) or 'none'})",
                "give features beside the target"
                + (", or keep it as text by texts=[…]" if "free text" in "".join(why) else ""),
            )
        for name in [name for name in columns.names if columns.kinds[name] != "text"]:
            check_finite(sheet, name, columns[name], np.asarray(sheet.frame.index))
        said = {name: f"said to be {role}=" for name, role in roles.items() if role != "target"}
        left_out = {**columns.left_out, **unused, **said}
        return replace(columns, left_out=left_out, csv=sheet.csv), notes

    def _groups(self, sheet: Sheet) -> Array | None:
        import pandas as pd

        if self.roles.group is None:
            return None
        codes, _ = pd.factorize(sheet.frame[self.roles.group])
        _check_all_there(sheet, self.roles.group, codes < 0)
        return np.asarray(codes)

    def _times(self, sheet: Sheet) -> Array | None:
        if self.roles.time is None:
            return None
        read = read_column(sheet.frame[self.roles.time], sheet.decimal)
        if read.kind not in {"date", "number"}:
            raise InputError(
                f"{sheet.name}, column {self.roles.time!r}",
                "it holds no dates or numbers that say when a row was",
                "write them as 2026-12-31, or name another column",
            )
        _check_all_there(sheet, self.roles.time, read.missing)
        return read.values

    def _weights(self, sheet: Sheet) -> Array | None:
        name = self.roles.weight
        if name is None:
            return None
        read = read_column(sheet.frame[name], sheet.decimal)
        where = f"{sheet.name}, column {name!r}"
        if read.kind not in {"number", "boolean"}:
            raise InputError(where, "it holds no numbers, which weight= needs", "fix it")
        _check_all_there(sheet, name, read.missing, "a weight")

        def place(row: int) -> str:
            return f"{sheet.place(int(sheet.frame.index[row]))}, column {name!r}"

        return row_weights(read.values, len(sheet.frame), where, place)


@known_only
def table(  # noqa: PLR0913 - a space file gives them by name
    file: "str | Path | pd.DataFrame",
    target: str | Sequence[str],
    *,
    task: str | None = None,
    drop: str | Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    weight: str | None = None,
    validation: "str | Path | pd.DataFrame | None" = None,
    held_out: "str | Path | pd.DataFrame | None" = None,
    duplicates: Literal["keep", "group", "drop"] = "keep",
    positive: str | None = None,
    texts: str | Sequence[str] = (),
    inputs: Mapping[str, str | Sequence[str]] | None = None,
) -> Data:
    """Rows from a table, with its columns as they are.

    Text, dates, booleans and missing values are prepared by what the training rows show. Constants
    and identifiers are left out, and so are the columns of `group`, `time` and `weight`.

    Args:
        file: CSV (any common encoding and separator), Parquet or Excel (its first sheet), relative
            to the space file; or a pandas frame. In a frame, a categorical column of numbers is
            taken for categories.
        target: The column to predict; or several, of numbers or of 0 and 1.
        task: "binary", "multiclass", "multilabel" or "regression"; read from the target where left
            out.
        drop: Columns that no model may see.
        group: A column whose rows stay in one part, such as a patient.
        time: A column of dates or numbers: the oldest rows train, the newest are held out.
        weight: A column that says how much a row counts where it trains; as `weights` of `arrays`.
        validation: Rows that validate, from a file or frame of their own.
        held_out: Rows that are held out, from a file or frame of their own.
        duplicates: What becomes of rows that are alike in all columns: "keep" leaves them where
            they fall, so that some are trained on and judged on, and says so; "group" keeps all
            copies in one part; "drop" takes one of each.
        positive: Of two classes the one that F1, precision, recall and AP are of. Where left out,
            the one that says yes ("ja", "true", "1", "positive" …), else the second by name.
        texts: Columns that stay texts: each is an input of its own name, for a `TextSpace` where
            there are no other columns, else for `model=build`. All others are the input
            "features", where `inputs` does not name them.
        inputs: Names of a model's inputs, each with the columns that it is made of, for a
            `model=build` of several inputs; columns of none are left out.

    Raises:
        InputError: An argument is of a wrong kind; what is wrong in the file is found at `load`.
    """
    if task is not None:
        task_named(task)
    validates, held = (None if s is None else _source(s) for s in (validation, held_out))
    roles = Roles(
        _names("target", target),
        _names("drop", drop),
        _name("group", group),
        _name("time", time),
        _name("weight", weight),
    )
    one_of("table(duplicates=…)", duplicates, DUPLICATES)
    if duplicates == "group" and (group is not None or time is not None):
        raise InputError(
            'table(duplicates="group")',
            "the rows are cut by group= or time= already",
            'drop one of them, or say duplicates="drop"',
        )
    return Table(
        _source(file),
        roles,
        task,
        validates,
        held,
        duplicates,
        _name("positive", positive),
        TableInputs.of(texts, inputs),
    )


def _source(file: object) -> Any:
    if type(file).__name__ == "DataFrame" and hasattr(file, "columns"):
        return file
    return located(file, "table")


def _sheet(source: Any, texts: Sequence[str]) -> Sheet:
    if not isinstance(source, Path):
        return of_frame(source)
    sheet = read_sheet(source, texts)
    if source.suffix.lower() in CSV and len(columns := list(sheet.frame.columns)) == 1:
        problem = f"it has one column, {columns[0][:80]!r}"
        fix = "separate a target and features by one of , ; | or tabs"
        raise InputError(sheet.name, problem, fix)
    return sheet


def _names(role: str, given: object) -> tuple[str, ...]:
    """One name or several, as text; None for none."""
    if given is None:
        return ()
    if isinstance(given, str | bytes | int | float | np.generic):
        return (name_of(f"table({role}=…)", given),)
    if role == "drop" and isinstance(given, set | frozenset):
        given = list(given)  # their order says nothing
    return names_of(f"table({role}=…)", given)


def _name(role: str, given: object) -> str | None:
    return None if given is None else name_of(f"table({role}=…)", given)


def _check_all_there(
    sheet: Sheet, name: str, missing: Array, needs: str = "one to be in a part"
) -> None:
    if missing.any():
        row = int(sheet.frame.index[np.flatnonzero(missing)[0]])
        raise InputError(
            f"{sheet.place(row)}, column {name!r}",
            f"no value, and each row needs {needs}",
            "fill it or drop the row",
        )
