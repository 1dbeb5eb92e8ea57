"""Numbers as they are written: 1.234,50 € · (1,234.5) · 12 kg · 79%."""

import re

import numpy as np

from search.data.columns import Array, ReadColumn
from search.data.text_forms import MISSING, Form
from search.data.units import in_unit, is_currency

MOSTLY = 0.9
"""From this fraction of numbers on, a text column is one of numbers, the others missing."""
HALF = 0.5
"""The same where all others say that nothing is known."""
THOUSANDS = "thousands"
"""In the place of a decimal mark: three digits behind a mark are thousands where they are money."""
PARTS = ("%", "‰")
"""Units of numbers that others write as fractions."""
_BLANK = " \u00a0\u2007\u2009\u202f"
_WRITTEN = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+−]?)[{_BLANK}]?(?P<before>[^\W\d]*[.$]?|[^\w\s]?)[{_BLANK}]?"
    rf"(?P<inner>[-+−]?)(?P<number>[.,]?\d(?:[\d.,'’_{_BLANK}]*\d)?[.,]?)(?P<power>[eE][-+]?\d+)?"
    rf"[{_BLANK}]?(?P<after>[^\d{_BLANK}()\-+.,][^\d()]*[23]?|-)?(?P<close>\))?"
)


def _body(mark: str, groups: str) -> re.Pattern[str]:
    """Numbers with a decimal mark, and thousands by one of some signs; Indian ones as well."""
    return re.compile(
        rf"([1-9]\d{{0,2}}(?:(?P<g>[{re.escape(groups)}])\d{{3}})(?:(?P=g)\d{{3}})*"
        rf"|[1-9]\d?(?:(?P<i>[{re.escape(groups)}])\d{{2}})+(?P=i)\d{{3}}|\d*)"
        rf"(?:{re.escape(mark)}(\d*))?"
    )


_CLOCK = re.compile(r"([-+−]?)(\d{1,3}):([0-5]\d)(?::([0-5]\d(?:[.,]\d+)?))?")
CLOCK = ":"
"""In the place of a unit: 1:30 is 1.5 of the first of its parts."""
_NO_CENTS = re.compile(r"(?<=\d)[.,][-–—]{1,2}(?!\d)")
"""As of 1234,- €."""
MOST_PADDED = 5
"""Digits of a code that has leading zeros, as of a postcode."""
_GROUPED = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")
FEW_GROUPED = 3
"""Different numbers with a mark before three digits that tell nothing yet."""
_BODIES = {".": _body(".", f",'’_{_BLANK}"), ",": _body(",", f".'’_{_BLANK}")}


def numbers_in(
    texts: Array, counts: Array, hint: str, form: Form | None = None
) -> ReadColumn | None:
    """Read different texts as numbers.

    Args:
        texts: Without missing ones.
        counts: How many rows have each.
        hint: The decimal mark where the texts alone do not show it.
        form: Of the rows that a model was trained on, where there is one: then the unit and, where
            texts do not show it, the decimal mark are its.

    Returns:
        None where too many are none and no form says that they should be.
    """
    import pandas as pd

    if form is None and is_padded(texts):
        return None
    plain = pd.to_numeric(pd.Series(texts, dtype="object"), errors="coerce").to_numpy("float64")
    groups = thousands_of(texts) if form is None else None
    usual = (form is None and groups is None) or (form and not form.unit and form.decimal == ".")
    if usual and hint == "." and not np.isnan(plain).any():
        return ReadColumn("number", plain)
    parsed = [_parsed(text) for text in texts]
    units = [one[2] for one in parsed]
    unit = form.unit if form else _unit(units, counts)
    of = np.array([in_unit(own, unit) for own in units], float)
    fits = ~np.isnan(of)
    point, comma = (np.array([one[i] for one in parsed], float) * of for i in (0, 1))
    if form is not None:
        hint = form.decimal
    elif groups:
        hint = "," if groups == "." else "."
    elif is_currency(unit):
        hint = THOUSANDS
    values, decimal, other = _chosen(point, comma, fits, counts, hint)
    whole = ~np.isnan(plain) & (np.isnan(values) | (decimal == "."))
    values[whole] = plain[whole]
    note = "; ".join(
        filter(
            None, (_note(texts, values, plain, decimal, other), _converted(texts, values, of, unit))
        )
    )
    if form is not None:
        return ReadColumn("number", values, note, form)
    read = ~np.isnan(values)
    share = counts[read].sum() / max(counts.sum(), 1)
    unknown = all(text.lower() in MISSING for text in texts[~read])
    if not read.any() or share < (HALF if unknown else MOSTLY):
        return None
    if unit not in PARTS:
        return ReadColumn("number", values, note, Form(decimal, unit))
    bare = np.array([own == "" for own in units], bool)
    note = "; ".join(filter(None, (note, _fractions(texts, values, bare, unit))))
    form = Form(decimal, unit, small=_small(values, counts))
    return ReadColumn("number", values, note, form)


def is_padded(texts: Array) -> bool:
    """Whether these are codes of as many digits each, some with a leading zero, as postcodes."""
    first = str(texts[0]) if len(texts) else ""
    if not 1 < len(first) <= MOST_PADDED:
        return False
    if not all(len(text) == len(first) and text.isdecimal() for text in texts):
        return False
    return any(text[0] == "0" for text in texts)


def mostly_numbers(texts: Array, counts: Array) -> str:
    """A warning on texts of which most look like numbers; empty where not most do."""
    looks = np.array([unit_of(text) is not None for text in texts], bool)
    if not len(texts) or counts[looks].sum() <= HALF * counts.sum() or looks.all():
        return ""
    one, other = texts[looks][0], texts[~looks][0]
    return (
        f"most cells look like numbers, such as {str(one)[:40]!r}, but {str(other)[:40]!r} does "
        "not, and they are read as texts; write them all as numbers"
    )


def _converted(texts: Array, values: Array, of: Array, unit: str) -> str:
    """An example of a value in another unit."""
    there = np.flatnonzero(~np.isnan(of) & (of != 1) & ~np.isnan(values))
    return f"{str(texts[there[0]])!r} is {values[there[0]]:.12g} {unit}" if len(there) else ""


def thousands_of(texts: Array) -> str | None:
    """The mark between thousands, where numbers alone tell it.

    Each number that has one has three digits behind it, and each without is below 1,000, as of 418,
    1.816 and 814: rounded to three digits, one in ten would have fewer of them.

    Args:
        texts: Different ones.

    Returns:
        A point or a comma; None where it is no such mark, or nothing tells.
    """
    marks: set[str] = set()
    grouped = below = 0
    for text in texts:
        found = _WRITTEN.fullmatch(_NO_CENTS.sub("", text.strip(_BLANK)))
        number = found["number"] if found else ""
        if not found or (number.isdigit() and len(number) < 4):
            below += number.strip("0") != ""
        elif not found["power"] and (one := _GROUPED.fullmatch(number)):
            marks.add(one[1])
            grouped += 1
        else:
            return None
    return marks.pop() if len(marks) == 1 and below and grouped >= FEW_GROUPED else None


def unit_of(text: str) -> str | None:
    """What stands at the number that a text is; None where it is none."""
    point, comma, unit = _parsed(text)
    return None if np.isnan(point) and np.isnan(comma) else unit


def _small(values: Array, counts: Array) -> float | None:
    there = ~np.isnan(values) & (values != 0)
    if not there.any():
        return None
    return float(counts[there & (np.abs(values) <= 1)].sum() / counts[there].sum())


def _fractions(texts: Array, values: Array, bare: Array, unit: str) -> str:
    """What to say of numbers without the percent sign that may be fractions."""
    there = ~np.isnan(values) & (values != 0)
    small = np.flatnonzero(there & bare & (np.abs(values) <= 1))
    signed = there & ~bare
    if not len(small) or not signed.any() or (np.abs(values[signed]) <= 1).mean() > HALF:
        return ""
    at = small[0]
    return f"{str(texts[at])[:40]!r} has no {unit} and is read as {values[at]:.12g}{unit}"


def _parsed(text: str) -> tuple[float, float, str | None]:
    """The number with a decimal point, with a comma, and its unit; None where it is none."""
    none = (np.nan, np.nan, None)
    text = _NO_CENTS.sub("", text.strip(_BLANK))
    if clock := _CLOCK.fullmatch(text):
        value = int(clock[2]) + int(clock[3]) / 60
        value += float((clock[4] or "0").replace(",", ".")) / 3600
        return (-value, -value, CLOCK) if clock[1] in {"-", "−"} else (value, value, CLOCK)
    found = _WRITTEN.fullmatch(text)
    if not found or bool(found["open"]) != bool(found["close"]):
        return none
    before, after = found["before"] or "", (found["after"] or "").strip(_BLANK)
    if (before and not is_currency(before)) or (before and after not in {"", "-"}):
        return none
    minus = [found["open"] or "", found["sign"], found["inner"], after if after == "-" else ""]
    after = "" if after == "-" else after
    if len(after) > 20 or sum(bool(sign) for sign in minus) > 1:
        return none
    sign = -1 if set("".join(minus)) & set("(-−") else 1
    values = [sign * _value(found["number"], mark, found["power"] or "") for mark in ".,"]
    return (values[0], values[1], before or after)


def _value(number: str, mark: str, power: str) -> float:
    found = _BODIES[mark].fullmatch(number)
    if not found or not (found[1] or found[4]):
        return np.nan
    whole = re.sub(r"\D", "", found[1] or "0")
    return float(f"{whole or 0}.{found[4] or 0}{power}")


def _unit(units: list[str | None], counts: Array) -> str:
    """The one that most rows have."""
    rows: dict[str, int] = {}
    for unit, count in zip(units, counts.tolist(), strict=True):
        if unit:
            rows[unit] = rows.get(unit, 0) + count
    return max(sorted(rows), key=lambda unit: rows[unit]) if rows else ""


def _chosen(
    point: Array, comma: Array, fits: Array, counts: Array, hint: str
) -> tuple[Array, str, Array | None]:
    """Values, the decimal mark, and what the other mark would have given where it would do too."""
    point, comma = (np.where(fits, values, np.nan) for values in (point, comma))
    rows = [int(counts[~np.isnan(values)].sum()) for values in (point, comma)]
    differ = ~np.isnan(point) & ~np.isnan(comma) & (point != comma)
    if not differ.any():  # none can be read in two ways
        return np.where(np.isnan(point), comma, point), "." if rows[0] >= rows[1] else ",", None
    if rows[0] != rows[1]:
        return (point, ".", None) if rows[0] > rows[1] else (comma, ",", None)
    if hint == THOUSANDS:  # the larger is the one that took the mark for thousands
        hint = "." if np.abs(point[differ]).sum() > np.abs(comma[differ]).sum() else ","
    return (comma, ",", point) if hint == "," else (point, ".", comma)


def _note(texts: Array, values: Array, plain: Array, decimal: str, other: Array | None) -> str:
    """An example of what is no plain number."""
    odd = np.flatnonzero(~np.isnan(values) & (np.isnan(plain) | (plain != values)))
    if not len(odd):
        return ""
    at = odd[0]
    how = "read with decimal commas: " if decimal == "," else "read as numbers: "
    note = f"{how}{str(texts[at])!r} is {values[at]:.12g}"
    if other is not None and not np.isnan(other[at]) and other[at] != values[at]:
        note += f", though {other[at]:.12g} would do too"
    return note
