"""Where a table's header is: titles and comments above it, and what separates its cells."""

import csv
from collections.abc import Iterable, Sequence

from search.data.number_text import unit_of

SEPARATORS = (",", ";", "\t", "|")
MOST_TITLES = 10
"""Lines above the header that are looked at."""
HEADLESS = (
    "the first line holds values",
    "put a line with the names of the columns above it",
)
"""Problem and fix of a table without a header."""


def title_lines(rows: Iterable[Sequence[object]]) -> int:
    """How many of the first rows are a title: fewer than half of the usual cells are filled.

    Args:
        rows: Cells, "" or None where there is no value.
    """
    filled = [sum(cell is not None and bool(str(cell).strip()) for cell in row) for row in rows]
    usual = max(set(filled[1:]), key=lambda count: (filled[1:].count(count), count), default=0)
    for place, count in enumerate(filled[:MOST_TITLES]):
        if count >= max(2, usual / 2):
            return place if usual > 2 else 0
    return 0


def cells_of(line: str, separator: str) -> list[str]:
    """Cells of one line; none of an empty one."""
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])


def comment_lines(lines: list[str], separator: str) -> int:
    """How many of the first lines are comments, which begin with #.

    The last of them may be the header, as of "#id,size": where it has as many cells as the line
    behind it, which has a number.
    """
    first = next((i for i, line in enumerate(lines) if line.strip()[:1] not in {"", "#"}), 0)
    marked = [i for i, line in enumerate(lines[:first]) if line.strip()]
    if not marked:
        return 0
    separator = separator or separator_of([line for line in lines[first:] if line.strip()])
    header, row = cells_of(lines[marked[-1]], separator), cells_of(lines[first], separator)
    is_header = len(header) == len(row) > 1 and names_lack(row) and not names_lack(header)
    return marked[-1] if is_header else first


def names_lack(names: Sequence[str]) -> bool:
    """Whether a line that should name columns holds numbers."""
    return any(unit_of(name.strip()) is not None for name in names)


def separator_of(lines: list[str]) -> str:
    """The one that cuts the header, and most other lines into as many cells."""
    while len(lines) > 1 and not any(separator in lines[0] for separator in SEPARATORS):
        lines = lines[1:]  # a title

    def fit(separator: str) -> tuple[bool, float, int]:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
        width = len(rows[0])
        return width > 1, sum(len(row) == width for row in rows) / len(rows), width

    return max(SEPARATORS, key=fit)
