"""Text of a user's, made fit for a place that takes less than all of Unicode.

Names, options and errors come from files and libraries of others. A terminal obeys control
characters in them, a line breaks at them, UTF-8 has no half of a surrogate pair, and a metric's tag
is ASCII.
"""

import math
import unicodedata

LONGEST = 500
"""Characters of a reason that is kept; the whole error is in the log."""

LONGEST_NAME = 10_000
"""Characters of a name in a run: of a column, a class, a parameter."""
BRIEF = 60
"""Characters of a value that is quoted in a message; of a longer one its type is named."""
DIGITS = 100
"""Of a whole number in a run: seeds may be long."""

_BREAKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that belong to words and to emoji; all others reorder or hide text."""


def one_line(text: str, longest: int | None = None) -> str:
    """The same on one line, and without what a terminal would obey.

    Args:
        text: Any.
        longest: Characters at most; None for no bound.
    """
    if longest is not None:
        text = _cut(text, longest)
    if text.isascii() and text.isprintable():
        return text
    indent = text[: len(text) - len(text.lstrip(" "))]
    return indent + "".join(_shown(character) for character in text).strip()


def ascii_line(text: str, longest: int) -> str:
    """The same in ASCII, with an escape for each other character."""
    line = one_line(text, longest)
    return _cut(line.encode("ascii", "backslashreplace").decode("ascii"), longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: max(0, longest - 3)] + "..."


def _shown(character: str) -> str:
    if character in _BREAKS:
        return " "
    kind = unicodedata.category(character)
    if kind in {"Cc", "Cs"} or (kind == "Cf" and character not in _JOINERS):
        return character.encode("unicode_escape", "surrogatepass").decode("ascii")
    return character


def is_number(text: str) -> bool:
    """Whether Python reads a text as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def short(value: float, digits: int = 6) -> str:
    """An integer with all digits, since it may be an id; other numbers with some."""
    return str(int(value)) if isinstance(value, int) else f"{value:.{digits}g}"


def nine_digits(value: float) -> float | None:
    """As many as a float32 has; None for what is no finite number."""
    return float(f"{value:.9g}") if math.isfinite(value) else None


def brief(value: object) -> str:
    """A value for a message: as it is written where that is short, else its type."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    text = repr(value)
    return (
        text
        if len(text) <= BRIEF and "\n" not in text
        else f"an object of type {type(value).__name__}"
    )


def percent(part: float, digits: int = 0) -> str:
    """A part of 1 as text, such as "48 %"."""
    return f"{100 * part:.{digits}f} %"
