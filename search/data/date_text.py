"""Dates as they are written, in one format or several."""

import re
from collections.abc import Sequence
from itertools import product

import numpy as np

from search.data.columns import Array, ReadColumn
from search.data.number_text import HALF, MOSTLY
from search.data.text_forms import MISSING, Form

ISO = "ISO8601"
_DAYS = (
    *(
        "%d.%m.%Y",
        "%Y/%m/%d",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%m-%d-%Y",
        "%Y.%m.%d",
        "%Y-%m-%d",
    ),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%Y%m%d"),
    *("%d %b %Y", "%b %d, %Y", "%b %d %Y"),
    *("%d-%b-%Y", "%d-%b-%y", "%d. %b %Y", "%a, %d %b %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", ", %H:%M")
_DAY_OF = {
    day + time + zone: day for day, time, zone in product(_DAYS, _TIMES, ("", "%z", " %z"))
    if time or not zone
}  # fmt: skip
FORMATS = tuple(_DAY_OF)
"""Beside ISO 8601; the day goes before the month where both would do."""
MOST_FORMATS = 6
DAY_FIRST, MONTH_FIRST = "day/month/year", "month/day/year"
LONGEST = 50
"""Letters of a text that may be a date."""
EPOCH = np.datetime64("1899-12-30", "s")
"""Day 0 of Excel's serial numbers."""
SERIALS = (20_000, 60_000)
"""Of the years 1954 to 2064."""
_LIKE = re.compile(
    r"\d{1,4}[-./]\d{1,2}([-./]\d{1,4}|\b)|\d{1,2}[-. ]{1,2}[A-Za-z]{3,9}\.?[-, ]|\d{8}\b"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? \d|[A-Za-z]{3}, \d"
)
_ISO_LIKE = re.compile(r"\d{4}-\d\d-\d\d(\D|$)")
_NAMED = re.compile(
    r"(^|[\W_])(dates?|datum|day|fecha|data|dato|on|at|when|birthday|dob|geburtstag)($|[\W_])"
    r"|date$|datum$",
    re.IGNORECASE,
)


_MONTHS = {
    "January": "januar jänner jaenner janvier janv enero ene gennaio genn januari janeiro",
    "February": "februar feber février fevrier févr febrero febbraio febbr februari fevereiro",
    "March": "märz maerz mär mrz mars marzo maart mrt março",
    "April": "avril avr abril abr aprile",
    "May": "mai mayo maggio magg mei maio",
    "June": "juni juin junio giugno giu junho",
    "July": "juli juillet juil julio luglio lug julho",
    "August": "août aout agosto ago augustus",
    "September": "sept septembre septiembre settembre sett setembro",
    "October": "oktober okt octobre octubre ottobre ott outubro",
    "November": "novembre noviembre novembro",
    "December": "dezember dez décembre decembre déc diciembre dic dicembre dezembro",
}
_ENGLISH = {
    word: name[:3]
    for name, words in _MONTHS.items()
    for word in (name.lower(), name[:3].lower(), *words.split())
}
_OFFSET = re.compile(r"\d(?:Z|[+-]\d\d:?\d\d)$")
IN_UTC = "its times have an offset, and are taken and shown in UTC"
_WORD = re.compile(r"(?:de )?([^\W\d_]{3,10})\.?(?: de(?= \d))?")
_BLANKS = re.compile(r"(?<=\d)([./]) (?=\d)")


def _plain(text: str) -> str:
    """With English months of three letters, and without blanks between numbers (30. 4. 2022)."""
    if len(text) > LONGEST:
        return text
    return _WORD.sub(
        lambda found: _ENGLISH.get(found[1].lower(), found[0]), _BLANKS.sub(r"\1", text)
    )


def dates_in(texts: Array, counts: Array) -> ReadColumn | None:
    """Read different texts as dates; None where too many are none.

    Args:
        texts: Without missing ones.
        counts: How many rows have each.
    """
    values, texts = _nothing(texts), _all_plain(texts)
    left = np.array([bool(_LIKE.match(text)) and len(text) < LONGEST for text in texts], bool)
    if not left.any() or counts[left].sum() < HALF * counts.sum():
        return None
    found: list[str] = []
    either, strays = False, 0
    while left.any() and len(found) < MOST_FORMATS:
        choice, read, both = _best(texts, left)
        either |= both
        if not choice:  # the first is none
            left[np.flatnonzero(left)[0]] = False
            strays += 1
            if strays > MOST_FORMATS:
                break
            continue
        here = left & ~np.isnat(read)
        values[here], left = read[here], left & ~here
        found += [choice] if here.any() else []
    read = ~np.isnat(values)
    unknown = all(text.lower() in MISSING for text in texts[~read])
    if not found or counts[read].sum() < (HALF if unknown else MOSTLY) * counts.sum():
        return None
    note = _note(found, either=either)
    if any(_OFFSET.search(text) for text in texts[read]):
        note = f"{note}; {IN_UTC}" if note else IN_UTC
    return ReadColumn("date", values, note, Form(dates=tuple(found)))


def dates_as(texts: Array, form: Form) -> ReadColumn:
    """Read different texts as dates in the formats of a form, whatever share of them is none.

    Beside them, the same days with another time or none, and ISO 8601, of which none has another
    order of day and month.
    """
    values, texts = _nothing(texts), _all_plain(texts)
    days = {_DAY_OF.get(format_) for format_ in form.dates}
    others = [format_ for format_, day in _DAY_OF.items() if day in days - {None}]
    iso = np.array([bool(_ISO_LIKE.match(text)) for text in texts], bool)
    notes = []
    for format_ in dict.fromkeys((*form.dates, *others, ISO)):
        known = format_ in form.dates
        left = np.isnat(values) if known or format_ != ISO else np.isnat(values) & iso
        if not left.any():
            continue
        read = _read(texts, left, format_)
        here = np.flatnonzero(~np.isnat(read))
        values[here] = read[here]
        if len(here) and not known:
            was, now = readable(form.dates), readable([format_])
            notes.append(f"{str(texts[here[0]])!r} is read as {now}, not {was} as in training")
    return ReadColumn("date", values, "; ".join(notes), form)


_PEOPLE = {
    **{"%d": "DD", "%m": "MM", "%Y": "YYYY", "%y": "YY", "%b": "Mon", "%a": "Day"},
    **{"%H": "hh", "%I": "hh", "%M": "mm", "%S": "ss", ".%f": ".sss", "%p": "AM/PM", "%z": "+hhmm"},
}


def readable(formats: Sequence[str]) -> str:
    """Formats as they are written, such as DD.MM.YYYY."""
    pattern = re.compile("|".join(map(re.escape, _PEOPLE)))
    names = [pattern.sub(lambda found: _PEOPLE[found[0]], format_) for format_ in formats]
    return " or ".join("YYYY-MM-DD" if name == ISO else name for name in names)


def dates_of_numbers(name: object, numbers: Array) -> ReadColumn | None:
    """Dates of a column of numbers, where it is sure that it holds some.

    Args:
        name: Of the column; Excel's serial numbers are taken for dates where it says so.
        numbers: float64 with NaN.
    """
    present = numbers[~np.isnan(numbers)]
    if not len(present):
        return None
    whole = bool((present == np.floor(present)).all())
    low, high = present.min(), present.max()
    if whole and low >= 19_000_101 and high <= 21_001_231 and len(np.unique(present)) >= 10:
        form = Form(dates=("%Y%m%d",))
        dates = read_numbers(numbers, form)
        if np.isnat(dates).sum() == np.isnan(numbers).sum():
            return ReadColumn("date", dates, f"{present[0]:.0f} is read as a date", form)
    if SERIALS[0] <= low and high <= SERIALS[1] and _NAMED.search(str(name)):
        form = Form(serial=True)
        dates = read_numbers(numbers, form)
        day = dates[~np.isnat(dates)][0].astype("datetime64[D]")
        note = f"read as Excel's serial numbers of dates: {present[0]:g} is {day}"
        return ReadColumn("date", dates, note, form)
    return None


def read_numbers(numbers: Array, form: Form) -> Array:
    """The dates of numbers that are written in a form."""
    import pandas as pd

    missing = np.isnan(numbers)
    if form.serial:
        seconds = np.round(np.where(missing, 0, numbers) * 86_400).astype("timedelta64[s]")
        return np.where(missing, np.datetime64("NaT", "s"), EPOCH + seconds)
    plain = [None if np.isnan(value) else f"{value:.0f}" for value in numbers.tolist()]
    texts = pd.Series(plain, dtype="object")
    read = pd.to_datetime(texts, format="%Y%m%d", errors="coerce")
    return np.asarray(read.to_numpy().astype("datetime64[s]"))


def _best(texts: Array, left: Array) -> tuple[str, Array, bool]:
    """The format of the most texts that the first one has too.

    Returns:
        It, the dates by it, and whether another order of day and month would do as well.
    """
    first = texts[np.flatnonzero(left)[0]]
    if re.match(r"\d{4}-\d\d", first):
        read = _read(texts, left, ISO)
        if not np.isnat(read[np.flatnonzero(left)[0]]):
            return ISO, read, False
    best, dates, most, either = "", np.empty(0), 0, False
    for format_ in FORMATS:
        if np.isnat(_parse(np.array([first]), format_))[0]:
            continue
        read = _read(texts, left, format_)
        count = int((~np.isnat(read)).sum())
        if count > most:
            best, dates, most, either = format_, read, count, False
        elif count == most and {_order(best), _order(format_)} == {DAY_FIRST, MONTH_FIRST}:
            either |= bool((read != dates)[~np.isnat(read)].any())
    return best, dates, either


def _all_plain(texts: Array) -> Array:
    return np.array([_plain(text) for text in texts], dtype=object)


def _nothing(texts: Array) -> Array:
    return np.full(len(texts), np.datetime64("NaT"), "datetime64[s]")


def _read(texts: Array, left: Array, format_: str) -> Array:
    values = _nothing(texts)
    values[left] = _parse(texts[left], format_)
    return values


def _parse(texts: Array, format_: str) -> Array:
    import pandas as pd

    series = pd.Series(texts, dtype="object")
    read = pd.to_datetime(series, format=format_, errors="coerce", utc=True)
    return np.asarray(read.dt.tz_localize(None).to_numpy().astype("datetime64[s]"))


def _order(format_: str) -> str:
    if format_ == ISO or "%b" in format_.lower():
        return ""
    return {"%d": DAY_FIRST, "%m": MONTH_FIRST}.get(format_[:2], "")


def _note(formats: list[str], *, either: bool) -> str:
    notes = []
    orders = {_order(format_) for format_ in formats} - {""}
    if either and len(orders) == 1:
        notes.append(f"read as {DAY_FIRST}, though {MONTH_FIRST} would do too")
    if len(formats) > 1:
        mixed = ", with day and month in both orders" if len(orders) > 1 else ""
        shown = ", ".join(readable([format_]) for format_ in formats)
        notes.append(f"dates in {len(formats)} formats ({shown}){mixed}")
    return "; ".join(notes)
