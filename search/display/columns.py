"""How a table's columns were read, in few lines."""

from search.store.manifest import DataSummary

MOST = 10
"""Lines in all."""
LEFT_OUT = 4
"""Of them, for columns that are left out."""
WIDTH = 96


def column_lines(data: DataSummary) -> list[str]:
    """The columns that are used, those left out with the reason, and the notes.

    Returns:
        Ten lines at most; only the notes where there are no columns. `search check` lists all.
    """
    if not data.columns:
        return _some([f"note  {note}" for note in data.notes], MOST, "notes")
    left_out = [(name, told) for name, told in data.columns if told.startswith("left out (")]
    used = [name for name, told in data.columns if not told.startswith("left out (")]
    lines = [f"columns  {len(used):,} used: {_named(used)}"]
    lines += _some([f"  {name}: {told}" for name, told in left_out], LEFT_OUT, "left out")
    return lines + _some([f"  {note}" for note in data.notes], MOST - len(lines), "notes")


def _named(names: list[str]) -> str:
    text = ""
    for place, name in enumerate(names):
        more = f"{', ' if text else ''}{name}"
        if len(text) + len(more) > WIDTH:
            return f"{text} and {len(names) - place:,} more"
        text += more
    return text


def _some(lines: list[str], most: int, what: str) -> list[str]:
    if len(lines) <= most:
        return lines
    more = f"  and {len(lines) - most + 1:,} more {what}; `search check FILE` lists all"
    return [*lines[: most - 1], more]
