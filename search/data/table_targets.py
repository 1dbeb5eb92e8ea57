"""The target columns of a table: which rows have them, and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from search.data.column_types import read_column
from search.data.columns import Array, ReadColumn
from search.data.table_reader import Sheet
from search.data.targets import Targets, read_task, targets_of
from search.data.yes_no import meanings_of
from search.study.errors import InputError
from search.study.parameters import near
from search.study.plain_text import percent
from search.study.task import task_named

FEW = 0.05
"""Share of rows without a target that are dropped; more of them is a fault of the table."""
LARGEST = float(np.finfo(np.float32).max)


def targets_in(
    sheet: Sheet, names: Sequence[str], task: str | None, positive: str | None = None
) -> tuple[Array, Targets, tuple[str, ...]]:
    """Targets of a sheet.

    Args:
        sheet: The whole table.
        names: Of the target columns.
        task: As in `table`.
        positive: As in `table`.

    Returns:
        Numbers of the rows that have a target, their targets, and notes.

    Raises:
        InputError: Names the column, and the line where there is one.
    """
    reads = {name: _one_spelling(read_column(sheet.frame[name], sheet.decimal)) for name in names}
    for name, read in reads.items():
        _check_kind(sheet, name, read, alone=len(names) == 1)
        check_finite(sheet, name, read.values, np.arange(len(read.values)))
    rows, notes = _rows_with_all(sheet, reads)
    for name, read in reads.items():
        _check_differs(sheet, name, read.values[rows])
    y = _array_of(list(reads.values()), rows)
    where = f"{sheet.name}, {_columns(names)}"
    if y.ndim == 1:
        _check_classes(sheet, where, y, rows, task)
    given = tuple(names) if y.ndim > 1 or _names_targets(y, task) else ()
    try:
        targets = targets_of(y, task, given)
    except InputError as error:
        raise InputError(where, error.problem, error.fix) from None
    if positive is not None:
        targets = _with_positive(targets, positive, where)
    elif said := targets.majority():
        other = f"{said}; positive={targets.names[0]!r} takes the other"
        targets = replace(targets, notes=(*targets.notes, other))
    notes += tuple(f"column {name!r}: {read.note}" for name, read in reads.items() if read.note)
    notes += tuple(f"{_columns(names)}: {note}" for note in targets.notes)
    return rows, targets, notes


def _with_positive(targets: Targets, positive: str, where: str) -> Targets:
    try:
        return targets.with_positive(positive)
    except InputError as error:
        raise error.within(where) from None


def check_finite(sheet: Sheet, name: str, values: Array, rows: Array) -> None:
    """Refuse infinite values, and numbers that no float32 can hold.

    Args:
        sheet: Where the column stands.
        name: Of the column.
        values: Of the column, shape (rows,); only floats are looked at.
        rows: Their index values in the sheet.

    Raises:
        InputError: Names the line and the value.
    """
    if values.dtype.kind != "f":
        return
    bad = np.flatnonzero(np.abs(values) > LARGEST)
    if len(bad):
        raise InputError(
            f"{sheet.place(int(rows[bad[0]]))}, column {name!r}",
            f"{values[bad[0]]:g} is not a number that can be learnt from",
            "fix it or leave the cell empty",
        )


def _check_kind(sheet: Sheet, name: str, read: ReadColumn, *, alone: bool) -> None:
    where = f"{sheet.name}, column {name!r}"
    if read.kind is None:
        raise InputError(where, read.note, "a target is numbers or classes")
    if read.missing.all():
        raise InputError(where, "no row has a value", "there is nothing to predict")
    if read.kind == "date":
        raise InputError(where, "it holds dates", "to predict one, give the days as a number")
    if read.kind == "category" and not alone:
        text = next(value for value in read.values if value is not None)
        raise InputError(
            where, f"{text!r} is text", "several targets are numbers, or 0 and 1 for labels"
        )


def _one_spelling(read: ReadColumn) -> ReadColumn:
    """Yes and no, by the spelling of each that most rows have."""
    if read.kind != "category":
        return read
    present = read.values[~read.missing]
    texts, counts = np.unique(present.astype(str), return_counts=True)
    meanings = meanings_of(dict(zip(texts.tolist(), counts.tolist(), strict=True)))
    if meanings is None or len(texts) == 2:
        return read
    name = {spelling: text for text, spellings in meanings.items() for spelling in spellings}
    values = np.array([None if text is None else name[text] for text in read.values], dtype=object)
    return replace(read, values=values, note=f"{', '.join(texts)} are {' and '.join(meanings)}")


def _rows_with_all(sheet: Sheet, reads: dict[str, ReadColumn]) -> tuple[Array, tuple[str, ...]]:
    missing = np.any([read.missing for read in reads.values()], axis=0)
    count = int(missing.sum())
    if count > max(1, FEW * len(missing)):
        first = sheet.place(int(np.flatnonzero(missing)[0]))
        raise InputError(
            f"{first}, {_columns(list(reads))}",
            f"no value, as in {count:,} of {len(missing):,} rows",
            f"fill or drop them (up to {percent(FEW)} are dropped with a note)",
        )
    note = f"{count:,} row{'s' * (count != 1)} without a target dropped"
    return np.flatnonzero(~missing), ((note,) if count else ())


def _check_differs(sheet: Sheet, name: str, values: Array) -> None:
    if (values == values[0]).all():
        value = values[0] if values.dtype == object else f"{values[0]:g}"
        raise InputError(
            f"{sheet.name}, column {name!r}",
            f"it is {value} in every row",
            "there is nothing to predict",
        )


def _array_of(reads: list[ReadColumn], rows: Array) -> Array:
    types: dict[str | None, type] = {"boolean": bool, "category": object}
    columns: list[Array] = [read.values[rows].astype(types.get(read.kind, float)) for read in reads]
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def _names_targets(y: Array, task: str | None) -> bool:
    """Whether the columns' names are those of numbers or labels, and not of classes."""
    return not (task_named(task) if task else read_task(y)).classifies


def _check_classes(sheet: Sheet, where: str, y: Array, rows: Array, task: str | None) -> None:
    """A class of one row cannot be in each part."""
    if _names_targets(y, task):
        return
    classes, first, counts = np.unique(y, return_index=True, return_counts=True)
    alone = np.flatnonzero(counts == 1)
    if not len(alone):
        return
    numbers = y.dtype.kind == "f"
    otherwise = ', or say task="regression"' if numbers else ""
    if len(classes) > len(y) / 2:
        raise InputError(
            where,
            f"{len(classes):,} classes in {len(y):,} rows",
            f"give a column that rows share{otherwise}",
        )
    names = [f"{value:g}" if numbers else str(value) for value in classes]
    lonely = names[alone[0]]
    typo = near(lonely, [name for name in names if name != lonely])
    fix = f"drop the row or give more{otherwise}"
    if not numbers and "did you mean" in typo:
        fix = typo
    line = sheet.place(int(rows[first[alone[0]]])).removeprefix(f"{sheet.name}, ")
    raise InputError(where, f"class {lonely!r} has one row, {line}, and each part needs one", fix)


def _columns(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"column {names[0]!r}"
    return f"columns {', '.join(repr(name) for name in names)}"
