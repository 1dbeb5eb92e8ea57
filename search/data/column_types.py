"""What kind a column of a pandas frame is, and whether a model can learn from it."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from search.data.column_steps import SEEN_OFTEN
from search.data.columns import Array, Columns, Kind, ReadColumn
from search.data.date_text import IN_UTC, dates_in, dates_of_numbers
from search.data.number_text import is_padded, mostly_numbers, numbers_in
from search.data.text_forms import MISSING, PLAIN, Form
from search.data.whole_numbers import EXACT, read_large
from search.data.yes_no import meanings_of

if TYPE_CHECKING:
    import pandas as pd

ALL_DIFFERENT = 0.95
"""A text column of which this fraction differ from each other says who a row is, not what."""
ENOUGH_ROWS = 20
"""Below, that all values differ says nothing."""
LARGEST = float(np.finfo(np.float32).max)
SMALLEST = 1e-290
"""Below, numbers lose their digits, and TensorFlow takes them for 0."""


_BLANKS = re.compile("[ \\t\\n\\v\\f\\r]+")


def columns_of(
    frame: "pd.DataFrame", decimal: str = ".", rows: Array | None = None
) -> tuple[Columns, tuple[str, ...]]:
    """The columns that a model can learn from, and notes on how they were read.

    Args:
        frame: As pandas read it.
        decimal: The decimal mark of numbers that stand as text, where they alone do not show it.
        rows: Numbers of those that are no copies of others; all where left out.

    Constants and identifiers are left out with the reason. All rows decide on that, also those that
    are held out: it is a matter of what a column is, and no value of theirs enters the model.
    """
    values: dict[str, Array] = {}
    kinds: dict[str, Kind] = {}
    left_out: dict[str, str] = {}
    forms: dict[str, Form] = {}
    notes: list[str] = []
    for name in frame.columns:
        read = read_column(frame[name], decimal)
        why = useless(read if rows is None else replace(read, values=read.values[rows]))
        if why or read.kind is None:
            left_out[name] = why
            if read.kind == "category" and read.note.startswith("most cells"):
                notes.append(f"column {name!r}: {read.note}")
            continue
        values[name], kinds[name] = read.values, read.kind
        if read.form != PLAIN:
            forms[name] = read.form
        notes += [f"column {name!r}: {read.note}"] if read.note else []
        if read.kind == "category" and _is_free_text(read.values):
            notes.append(
                f"column {name!r}: free text, of which only is used whether there is one: none "
                f"is in {SEEN_OFTEN} rows or more; drop={name!r} leaves it out"
            )
    return Columns(values, kinds, left_out, forms), tuple(notes)


def read_column(series: "pd.Series[Any]", decimal: str = ".") -> ReadColumn:
    """Find out what kind a column is: by its type, and for text by its values.

    Args:
        series: The column.
        decimal: As in `columns_of`.
    """
    import pandas as pd
    from pandas.api import types

    if isinstance(series.dtype, pd.CategoricalDtype):  # somebody said so, of numbers too
        return read_category(series)
    if (read := of_its_type(series)) is not None:
        return read
    if types.is_numeric_dtype(series) and not types.is_complex_dtype(series):
        numbers = series.to_numpy("float64", na_value=np.nan)
        return _read_numbers(series, ReadColumn("number", numbers))
    read = read_texts(series, partial(_kind_of, decimal=decimal))
    return _read_numbers(series, read) if read.kind == "number" and not read.form.unit else read


def of_its_type(series: "pd.Series[Any]") -> ReadColumn | None:
    """A column of dates, durations or booleans, as pandas has it; None of any other."""
    from pandas.api import types

    if types.is_datetime64_any_dtype(series):
        note = ""
        if series.dt.tz is not None:
            series, note = series.dt.tz_convert("UTC").dt.tz_localize(None), IN_UTC
        return ReadColumn("date", series.to_numpy().astype("datetime64[s]"), note)
    if types.is_timedelta64_dtype(series):
        seconds = series.dt.total_seconds().to_numpy("float64")
        return ReadColumn("number", seconds, "durations in seconds")
    if types.is_bool_dtype(series):
        return ReadColumn("boolean", series.to_numpy("float64", na_value=np.nan))
    return None


def read_category(series: "pd.Series[Any]") -> ReadColumn:
    """Read a column that is known to hold categories, also where they look like numbers."""
    return read_texts(series, lambda texts, _: ReadColumn("category", texts))


def useless(read: ReadColumn) -> str:  # noqa: PLR0911 - a reason each
    """Why nothing can be learnt from a column; empty where something can."""
    if read.kind is None:
        return read.note
    present = read.values[~read.missing]
    different = _distinct(present)
    if not different:
        return "no value in it"
    if different == 1 and len(present) == len(read.values):
        value = present[0] if read.kind in {"category", "date"} else f"{present[0]:g}"
        return f"{value} in every row"
    if read.kind == "number" and (why := _no_numbers(present, len(read.values))):
        return why
    if len(present) < ENOUGH_ROWS:
        return ""
    if read.kind == "category" and different >= ALL_DIFFERENT * len(present):
        return "an identifier or free text: nearly every row has another value"
    if read.kind == "category" and _is_free_text(read.values, gaps=False):
        return f"free text: no value is in {SEEN_OFTEN} rows or more"
    return "a running number" if read.kind == "number" and _is_running(read.values) else ""


def _no_numbers(present: Array, rows: int) -> str:
    """Why numbers cannot be standardised; empty where they can."""
    sizes = np.abs(present)
    largest = float(sizes.max())
    if 0 < largest < SMALLEST:
        return f"its numbers are all below {SMALLEST:g}; multiply them to have it"
    if float(np.median(sizes)) > LARGEST and np.isfinite(largest):
        return f"its numbers are beyond {LARGEST:.2g}, as {largest:g} is; divide them to have it"
    if np.isfinite(largest) and len(present) == rows:
        apart = float(present.max() / 2 - present.min() / 2) * 2
        if apart <= 8 * np.finfo(float).eps * largest and largest < EXACT:
            return f"{present[0]:g} in every row, up to rounding"
    return ""


def _distinct(values: Array) -> int:
    import pandas as pd

    return int(pd.Series(values).nunique())


def _is_free_text(texts: Array, *, gaps: bool = True) -> bool:
    """Whether no text is frequent enough for a feature of its own.

    Args:
        texts: Of all rows, None where missing.
        gaps: Whether some may be missing, or be a word for that.
    """
    import pandas as pd

    counts = pd.Series(texts, dtype="object").value_counts()
    rows = {str(text): int(count) for text, count in counts.items()}
    said = {text: count for text, count in rows.items() if text.lower() not in MISSING}
    if sum(said.values()) < (ENOUGH_ROWS if gaps else len(texts)):
        return False
    return max(said.values()) < SEEN_OFTEN and meanings_of(said) is None


def _is_running(values: Array) -> bool:
    """Whether the values are all whole numbers of a range, each once, in whatever order."""
    whole = bool(np.all(np.isfinite(values)) and np.all(values == np.floor(values)))
    return whole and np.ptp(values) == len(values) - 1 and _distinct(values) == len(values)


def canonical(value: object) -> str:
    """A text without the blanks around it, and one between words, as exported models read it."""
    return " ".join(word for word in _BLANKS.split(str(value)) if word)


def _read_numbers(series: "pd.Series[Any]", read: ReadColumn) -> ReadColumn:
    """Numbers, or the dates or names that they are."""
    if dates := dates_of_numbers(series.name, read.values):
        return dates
    if not np.nanmax(np.abs(read.values), initial=0) >= EXACT:
        return read
    return _read_large(series, read)


def _read_large(series: "pd.Series[Any]", read: ReadColumn) -> ReadColumn:
    """Whole numbers that float64 cannot distinguish."""
    large = read_large(series, read.values)
    if large is None:
        return read
    if large.names:
        return replace(read_category(series), note=large.note)
    return ReadColumn(None if large.useless else "number", read.values, large.note, read.form)


def read_texts(
    series: "pd.Series[Any]", read_as: "Callable[[Array, Array], ReadColumn]"
) -> ReadColumn:
    """Each different value is looked at once: columns of a million rows have few.

    Args:
        series: Of any type.
        read_as: Takes different texts, and how many rows have each.
    """
    import pandas as pd

    try:
        codes, different = pd.factorize(series.astype("object"))
    except TypeError:
        return ReadColumn(
            None, np.asarray(series, dtype=object), "its cells hold lists or other objects"
        )
    texts = np.array([canonical(value) or None for value in different], dtype=object)
    present = np.flatnonzero(pd.notna(texts))
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))[present]
    found = read_as(texts[present], counts)
    gone = {"category": None, "date": np.datetime64("NaT"), "number": np.nan, "boolean": np.nan}
    whole = np.full(len(texts) + 1, gone[str(found.kind)], dtype=found.values.dtype)
    whole[present] = found.values
    return replace(found, values=whole[np.where(codes < 0, len(texts), codes)])


def _kind_of(texts: Array, counts: Array, decimal: str) -> ReadColumn:
    """Kind and values of different texts.

    Args:
        texts: Without missing ones.
        counts: How many rows have each.
        decimal: As in `columns_of`.
    """
    lower = [text.lower() for text in texts]
    if len(texts) and set(lower) <= {"true", "false"}:
        return ReadColumn("boolean", np.array([float(text == "true") for text in lower]))
    if not len(texts):
        return ReadColumn("number", np.empty(0))
    if read := numbers_in(texts, counts, decimal) or dates_in(texts, counts):
        strays = ", ".join(repr(str(text)[:40]) for text in texts[read.missing][:3])
        among = strays and f"{strays} among {read.kind}s: taken for missing"
        return replace(read, note="; ".join(filter(None, (read.note, among))))
    if is_padded(texts):
        return ReadColumn("category", texts, f"{texts[0]!r} is read as a code, not as a number")
    return ReadColumn("category", texts, mostly_numbers(texts, counts) or _signs(texts))


def _signs(texts: Array) -> str:
    """What to say of texts that would be missing values among numbers."""
    signs = [text for text in texts if text.lower() in MISSING]
    if not signs:
        return ""
    shown = ", ".join(repr(text) for text in signs[:3])
    kept = "is a separate value" if len(signs) == 1 else "are separate values"
    return f"{shown} {kept} among texts; leave a cell empty where a value is missing"
