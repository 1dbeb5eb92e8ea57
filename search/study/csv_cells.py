"""Cells of a CSV file that others may open: a spreadsheet executes what looks like a formula."""

import re
import unicodedata
from collections.abc import Iterable

_FORMULA = re.compile(r"[=\t]|[-+@].*[=(|!]", re.DOTALL)
"""What a spreadsheet may execute. A lone "+" or "@home" is a name, and "-1" a number."""


def cell(value: object) -> object:
    """A value as it is written; a text that could be a formula has an apostrophe before it.

    Control characters in a text are escaped, but for tabs and line feeds, which CSV has a place
    for: a carriage return ends the line for most who read it.
    """
    if not isinstance(value, str):
        return value
    if not value.isprintable():
        value = "".join(map(_shown, value))
    return f"'{value}" if _FORMULA.match(value) else value


def _shown(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) not in {"Cc", "Cs"}:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def distinct(
    names: Iterable[str], taken: Iterable[object] = (), form: str = "{} ({})"
) -> list[str]:
    """Names of columns, each another: "a", "a (2)", "a (3)"; or of another form."""
    found, there = [], set(taken)
    for name in names:
        number, new = 1, name
        while new in there:
            number += 1
            new = form.format(name, number)
        there.add(new)
        found.append(new)
    return found
