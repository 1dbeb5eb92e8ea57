"""What kind a column of a pandas frame is, and whether a model can learn from it."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from search.study.data.columns import Array, Columns, Kind

if TYPE_CHECKING:
    import pandas as pd

MOSTLY = 0.9
"""A text column of which this share are numbers is one of numbers, and the others are missing."""
ALL_DIFFERENT = 0.95
"""A text column of which this share differ from each other says who a row is, not what."""
ENOUGH_ROWS = 20
"""Below, that all values differ says nothing."""
FORMATS = (
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
)
"""Beside ISO 8601; the day goes before the month where both would do."""


@dataclass(frozen=True, eq=False)
class Read:
    """One column, read.

    Attributes:
        kind: That it is of; empty where it is of none.
        values: In the type of that kind.
        note: What a person should know of how it was read.
    """

    kind: Kind | None
    values: Array
    note: str = ""

    @property
    def missing(self) -> Array:
        """Which rows have no value."""
        import pandas as pd

        return np.asarray(pd.isna(self.values))


def columns_of(frame: "pd.DataFrame") -> tuple[Columns, tuple[str, ...]]:
    """The columns that a model can learn from, and notes on how they were read.

    Constants and identifiers are left out with the reason. All rows decide on that, also those that
    are held out: it is a matter of what a column is, and no value of theirs enters the model.
    """
    values: dict[str, Array] = {}
    kinds: dict[str, Kind] = {}
    left_out: dict[str, str] = {}
    notes: list[str] = []
    for name in frame.columns:
        read = read_column(frame[name])
        why = useless(read)
        if why or read.kind is None:
            left_out[name] = why
            continue
        values[name], kinds[name] = read.values, read.kind
        notes += [f"column {name!r}: {read.note}"] if read.note else []
    return Columns(values, kinds, left_out), tuple(notes)


def read_column(series: "pd.Series[Any]") -> Read:
    """Find out what kind a column is: by its type, and for text by its values."""
    import pandas as pd
    from pandas.api import types

    if isinstance(series.dtype, pd.CategoricalDtype):  # somebody said so, of numbers too
        return _read_texts(series, category=True)
    if types.is_datetime64_any_dtype(series):
        return Read("date", _dates(series))
    if types.is_timedelta64_dtype(series):
        return Read("number", series.dt.total_seconds().to_numpy("float64"), "durations in seconds")
    if types.is_numeric_dtype(series) and not types.is_complex_dtype(series):
        kind: Kind = "boolean" if types.is_bool_dtype(series) else "number"
        return Read(kind, series.to_numpy("float64", na_value=np.nan))
    return _read_texts(series.astype("object"))


def read_category(series: "pd.Series[Any]") -> Read:
    """Read a column that is known to hold categories, also where they look like numbers."""
    return _read_texts(series, category=True)


def useless(read: Read) -> str:
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
    if len(present) < ENOUGH_ROWS:
        return ""
    if read.kind == "category" and different >= ALL_DIFFERENT * len(present):
        return "an identifier or free text: nearly every row has another value"
    return "a running number" if read.kind == "number" and _is_running(read.values) else ""


def _distinct(values: Array) -> int:
    import pandas as pd

    return int(pd.Series(values).nunique())


def _is_running(values: Array) -> bool:
    """Whether the values are all whole numbers of a range, each once, in whatever order."""
    whole = bool(np.all(np.isfinite(values)) and np.all(values == np.floor(values)))
    return whole and np.ptp(values) == len(values) - 1 and _distinct(values) == len(values)


def _read_texts(series: "pd.Series[Any]", *, category: bool = False) -> Read:
    """Each different value is looked at once: columns of a million rows have few."""
    import pandas as pd

    try:
        codes, different = pd.factorize(series.astype("object"))
    except TypeError:
        return Read(None, np.asarray(series, dtype=object), "its cells hold lists or other objects")
    texts = np.array([str(value).strip() or None for value in different], dtype=object)
    present = np.flatnonzero(pd.notna(texts))
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))[present]
    kind, values, note = _kind_of(texts[present], counts, category=category)
    missing = {"category": None, "date": np.datetime64("NaT"), "number": np.nan, "boolean": np.nan}
    whole = np.full(len(texts) + 1, missing[kind], dtype=values.dtype)
    whole[present] = values
    return Read(kind, whole[np.where(codes < 0, len(texts), codes)], note)


def _kind_of(texts: Array, counts: Array, *, category: bool) -> tuple[Kind, Array, str]:
    """Kind and values of different texts, and a note.

    Args:
        texts: Without missing ones.
        counts: How many rows have each.
        category: Whether they are known to be categories.
    """
    import pandas as pd

    if category:
        return "category", texts, ""
    lower = [text.lower() for text in texts]
    if len(texts) and set(lower) <= {"true", "false"}:
        return "boolean", np.array([float(text == "true") for text in lower]), ""
    numbers = pd.to_numeric(pd.Series(texts, dtype="object"), errors="coerce").to_numpy("float64")
    share = counts[~np.isnan(numbers)].sum() / max(counts.sum(), 1)
    if share == 1:
        return "number", numbers, ""
    if share >= MOSTLY:
        others = ", ".join(repr(text) for text in texts[np.isnan(numbers)][:3])
        return "number", numbers, f"{others} among numbers: taken for missing"
    dates, note = _dates_of(texts)
    return ("category", texts, "") if dates is None else ("date", dates, note)


def _dates_of(texts: Array) -> tuple[Array | None, str]:
    """Dates where every text is one of the same format."""
    import pandas as pd

    if not len(texts) or not re.match(r"\d{1,4}[-./]\d", texts[0]):
        return None, ""
    fitting = []
    iso = all(re.match(r"\d{4}-\d\d", text) for text in texts)
    for format_ in ("ISO8601",) if iso else FORMATS:
        read = pd.to_datetime(pd.Series(texts), format=format_, errors="coerce", utc=True)
        if not read.isna().any():
            fitting.append((format_, read))
    if not fitting:
        return None, ""
    both = {"%d/%m/%Y", "%m/%d/%Y"} <= {format_[:8] for format_, _ in fitting}
    note = "read as day/month/year, though month/day/year would do too" if both else ""
    return _dates(fitting[0][1]), note


def _dates(series: "pd.Series[Any]") -> Array:
    if series.dt.tz is not None:
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    return series.to_numpy().astype("datetime64[s]")
