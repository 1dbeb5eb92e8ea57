"""Tables in Markdown, and numbers in their cells."""

import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks.standings import Spread

NONE = "–"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of one table; all columns but the first stand to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (header, rule, *rows)]


def number(value: float) -> str:
    """Three figures or more, and never a power of ten: 0.0123, 1.23, 12.3, 1,234."""
    if math.isnan(value):
        return NONE
    if abs(value) >= 100:
        return f"{value:,.0f}"
    places = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 4
    return f"{value:.{places}f}"


def spread(values: Spread | None, mark: str = "") -> str:
    """A median, marked where it is scaled, with least and greatest where they differ."""
    if values is None:
        return NONE
    median, low, high = (number(v) for v in (values.median, values.low, values.high))
    return median + mark + (f" ({low} to {high})" if low != high else "")


def times(value: float, base: float | None) -> str:
    """A ratio."""
    if not base:
        return NONE
    ratio = value / base
    return f"{ratio:.2f}×" if ratio < 1 else f"{number(ratio)}×"


def megabytes(value: float) -> str:
    """Bytes as MB."""
    return f"{value / 1e6:,.0f}"


def write(file: Path, lines: Sequence[str]) -> None:
    """Write a page, over an earlier one of the name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
