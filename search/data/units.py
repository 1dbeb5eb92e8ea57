"""Units of numbers: which are the same, which convert, and which are money."""

import unicodedata

import numpy as np

_NAMED = "us$ a$ c$ ca$ r$ hk$ nz$ kr kr. fr fr. sfr. zł kč ft lei лв rs rs.".split()
_CODES = (
    "usd eur gbp chf jpy cny aud cad nzd sek nok dkk pln czk huf ron bgn try rub uah inr brl mxn "
    "zar ils krw sgd hkd thb idr myr php vnd aed sar egp clp cop pen ars isk"
).split()
_PLURALS = (
    *(("", ending) for ending in ("s", "es", "e", "en", "er", "ar")),
    *(("e", "en"), ("l", "ln"), ("r", "rn"), ("y", "ies"), ("o", "i"), ("e", "i"), ("a", "e")),
    *(("e", "ar"), ("e", "es"), ("x", "xes")),
)
"""Endings of one and of several, in the languages around."""
_IRREGULAR = (
    {"person", "persons", "people", "personen"},
    {"child", "children"},
    {"man", "men"},
    {"woman", "women"},
    {"foot", "feet"},
    {"week", "weken"},
    {"rok", "lata", "lat"},
)
_SIZES = (
    {"mg": 1, "g": 1_000, "kg": 1_000_000, "t": 1_000_000_000},
    {"mm": 1, "cm": 10, "m": 1_000, "km": 1_000_000},
    {"ml": 1, "cl": 10, "dl": 100, "l": 1_000},
)
"""Units of one quantity, and how many of the first each is."""


def in_unit(own: str | None, unit: str) -> float:
    """How many of a unit one of another is; NaN where they do not convert."""
    if own is not None and (not own or same_unit(own, unit)):
        return 1.0
    for sizes in _SIZES:
        if own in sizes and unit in sizes:
            return sizes[own] / sizes[unit]
    return np.nan


def same_unit(one: str, other: str) -> bool:
    """Whether two units are the same one, also in the plural, as "1 Jahr" and "2 Jahre"."""
    words, others = one.split(), other.split()
    return len(words) == len(others) and all(map(_same_word, words, others))


def _same_word(one: str, other: str) -> bool:
    lower, others = (word.casefold().removesuffix(".") for word in (one, other))
    if (
        one != other
        and {one[0], other[0]} == {"m", "M"}
        and (len(one) <= 2 or lower.endswith("hz"))
    ):
        return False  # mW and MW
    if lower == others or any({lower, others} <= words for words in _IRREGULAR):
        return True
    if not (one.isalpha() and other.isalpha()):
        return False
    short, long = sorted((one, other), key=len)
    if len(short) == 2:  # lb and lbs, but not kW and kWs
        return short.islower() and long == f"{short}s"
    bare = _bare(one), _bare(other)
    return min(map(len, bare)) > 2 and any(
        word.endswith(single) and plural == word.removesuffix(single) + ending
        for word, plural in (bare, bare[::-1])
        for single, ending in _PLURALS
    )


def _bare(word: str) -> str:
    """In small letters without dots above: of one "Rad" there are several "Räder"."""
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def is_currency(unit: str) -> bool:
    """Whether it is one, by its sign or code."""
    lower = unit.lower()
    return (
        lower in _NAMED
        or lower in _CODES
        or bool(unit and all(unicodedata.category(sign) == "Sc" for sign in unit))
    )
