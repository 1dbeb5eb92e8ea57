"""A column of new rows, read as what it was when the model was trained."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from search.data.column_types import canonical, of_its_type, read_category, read_texts
from search.data.columns import Array, Kind, ReadColumn
from search.data.date_text import ISO, dates_as, dates_in, read_numbers, readable
from search.data.number_text import MOSTLY, PARTS, numbers_in, unit_of
from search.data.table_inputs import texts_in
from search.data.table_reader import Sheet
from search.data.text_forms import MISSING, PLAIN, Form, TextForm
from search.data.units import same_unit
from search.study.errors import InputError
from search.study.plain_text import percent

if TYPE_CHECKING:
    import pandas as pd

UNLIKELY = 0.05
"""That values as small as all of a column's are drawn from those that the model was trained on."""
SHOWN = 3
"""Values that a note names."""


def read_as_trained(sheet: Sheet, name: str, kind: Kind, form: Form | None) -> ReadColumn:
    """Read a column of a sheet.

    Args:
        sheet: Of the new rows.
        name: Of the column.
        kind: That it was.
        form: How its values were written, where it was not the plain way.

    Raises:
        InputError: A value is of another kind, unit or order of day and month; names its line.
    """
    series, form = sheet.frame[name], form or PLAIN
    if kind == "category":
        return read_category(series)
    if kind == "text":
        return ReadColumn(kind, texts_in(sheet, name))
    read = read_known(series, kind, form, sheet.decimal)
    if len(series) and series.isna().all():
        return replace(read, note="no value in any row: taken for missing")
    strays = _strays(series, read)
    words = {text: rows for text, rows in strays.items() if text.lower() not in MISSING}
    for text, rows in words.items():
        if why := _why_not(text, kind, form):
            raise InputError(_cell(sheet, rows[0], name), f"{text[:80]!r} {why[0]}", why[1])
    known, unknown = int((~read.missing).sum()), sum(map(len, words.values()))
    if words and (kind == "boolean" or known < MOSTLY * (known + unknown)):
        text, rows = next(iter(words.items()))
        raise InputError(
            _cell(sheet, rows[0], name),
            f"{text[:80]!r} is not a {kind}, which it was when the model was trained",
            "fix it or leave the cell empty",
        )
    notes = [read.note, _of_strays(sheet, strays, f"{kind}s"), _fractions(sheet, name, read, form)]
    return replace(read, note="; ".join(filter(None, notes)))


def new_values(name: str, values: Array, texts: TextForm | None) -> tuple[Array, str]:
    """Which rows have a text that a model has no feature for, and a note; empty where it has all.

    Args:
        name: Of the column.
        values: Of the new rows.
        texts: That the model knows; None where that is not known.
    """
    import pandas as pd

    if texts is None or not texts.values:
        return np.zeros(len(values), bool), ""
    series = pd.Series(values, dtype="object")
    new = np.asarray(series.notna() & ~series.isin(texts.values))
    if not new.any():
        return new, ""
    different = series[new].unique()
    shown = ", ".join(repr(text[:40]) for text in different[:SHOWN])
    more = f" and {len(different) - SHOWN:,} more" if len(different) > SHOWN else ""
    rare = " or rare in training" if texts.rare else ""
    note = f"column {name!r}: new to the model{rare}: {shown}{more}"
    return new, f"{note} ({new.sum():,} of {len(values):,} rows)"


def read_known(series: "pd.Series[Any]", kind: Kind, form: Form, decimal: str) -> ReadColumn:
    """Read a column as numbers, dates or booleans, which it is known to hold.

    Args:
        series: The column.
        kind: Of its values.
        form: How values were written when a model was trained.
        decimal: As in `columns_of`; for dates that were Excel's serial numbers.

    Returns:
        Of that kind; what is no such value is missing.
    """
    from pandas.api import types

    own = of_its_type(series)
    if own is not None and own.kind == kind:
        return replace(own, note="")
    if types.is_numeric_dtype(series) and not types.is_bool_dtype(series):
        return _known_numbers(series.to_numpy("float64", na_value=np.nan), kind, form)
    return read_texts(series, partial(_known_texts, kind=kind, form=form, decimal=decimal))


def _known_numbers(numbers: Array, kind: Kind, form: Form) -> ReadColumn:
    if kind == "number":
        return ReadColumn("number", numbers)
    if kind == "boolean":
        return ReadColumn("boolean", np.where(np.isin(numbers, (0, 1)), numbers, np.nan))
    if form.serial or "%Y%m%d" in form.dates:
        return ReadColumn("date", read_numbers(numbers, form))
    return ReadColumn("date", np.full(len(numbers), np.datetime64("NaT"), "datetime64[s]"))


def _known_texts(texts: Array, counts: Array, kind: Kind, form: Form, decimal: str) -> ReadColumn:
    if kind == "boolean":
        words = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}
        return ReadColumn("boolean", np.array([words.get(t.lower(), np.nan) for t in texts], float))
    if kind == "number" or form.serial:
        plain = PLAIN if form.serial else form
        found = numbers_in(texts, counts, decimal if form.serial else form.decimal, plain)
        assert found is not None  # noqa: S101 - for mypy: a form is given
        if form.serial:
            return ReadColumn("date", read_numbers(found.values, form))
        return found
    dates = dates_as(texts, form) if form.dates else dates_in(texts, counts)
    return dates or ReadColumn("date", np.full(len(texts), np.datetime64("NaT"), "datetime64[s]"))


def _strays(series: "pd.Series[Any]", read: ReadColumn) -> Mapping[str, list[int]]:
    """Text → rows, of the cells with something in them that was read as nothing."""
    cells = series.to_numpy(object)
    found: dict[str, list[int]] = {}
    for row in np.flatnonzero(read.missing & series.notna().to_numpy()).tolist():
        found.setdefault(canonical(cells[row]), []).append(row)
    return {text: rows for text, rows in found.items() if text}


def _cell(sheet: Sheet, row: int, name: str) -> str:
    return f"{sheet.place(row)}, column {name!r}"


def _why_not(text: str, kind: Kind, form: Form) -> tuple[str, str] | None:
    """Problem and fix of a text that was meant as such a value; None where it is just a word."""
    unit = unit_of(text) if kind == "number" else None
    if unit and not same_unit(unit, form.unit):
        was = f"in {form.unit!r}" if form.unit else "without a unit"
        return f"is in {unit!r}, and numbers were {was} when the model was trained", "convert it"
    if unit == "" and kind == "number":
        return "is written otherwise than the other numbers of its column", "write it as they are"
    if kind == "date" and form.dates and dates_in(np.array([text], object), np.ones(1, int)):
        known = readable(form.dates)
        iso = readable([ISO])
        return (
            f"is not a date written as {known}, as when the model was trained",
            "write it so" if iso in known else f"write it so, or as {iso}",
        )
    return None


def _of_strays(sheet: Sheet, strays: Mapping[str, list[int]], among: str) -> str:
    shown = ", ".join(
        f"{text[:40]!r} ({sheet.place(rows[0]).removeprefix(f'{sheet.name}, ')})"
        for text, rows in list(strays.items())[:SHOWN]
    )
    return f"{shown} among {among}: taken for missing" if shown else ""


def _fractions(sheet: Sheet, name: str, read: ReadColumn, form: Form) -> str:
    """A note on numbers that may be fractions where percentages were.

    Raises:
        InputError: They hardly can be percentages.
    """
    if form.unit not in PARTS:
        return ""
    cells = sheet.frame[name].astype(str)
    bare = ~read.missing & ~cells.str.contains(form.unit, regex=False).to_numpy(bool)
    rows = np.flatnonzero(bare & (read.values != 0))
    if not len(rows) or np.abs(read.values[rows]).max() > 1:
        return ""
    sign, value = form.unit, float(read.values[rows[0]])
    whole = value * (100 if sign == "%" else 1000)
    text = canonical(cells.iloc[rows[0]])
    both = f"has no {sign} and may mean {value:g}{sign} or {whole:g}{sign}"
    if form.small is not None and form.small ** len(rows) <= UNLIKELY:
        few = f"{percent(form.small, 1)} were" if form.small else "none was"
        raise InputError(
            _cell(sheet, int(rows[0]), name),
            f"{text[:80]!r} {both}; the model was trained on values with {sign}, of which {few} "
            f"1{sign} or less",
            f"write {whole:g}{sign} or {value:g}{sign}, whichever it is",
        )
    return f"{text!r} {both}; it is read as {value:g}{sign}"
