"""A table as pandas has it, and where each of its rows stands."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from search.data.csv_text import Text
from search.data.excel import read_cells
from search.data.paths import check_file, shown
from search.data.text_forms import PLAIN_CSV, CsvForm
from search.study.errors import InputError
from search.study.parameters import near

if TYPE_CHECKING:
    import pandas as pd

SOME = 12
"""Columns that a sentence names at most."""
EXCEL = (".xlsx", ".xlsm")
CSV = (".csv", ".tsv", ".txt", ".data")
PARQUET = (".parquet", ".pq")
OTHERS = {
    ".xls": "save it as CSV there, or give pandas.read_excel(…)",
    ".json": "give pandas.read_json(…)",
    ".feather": "give pandas.read_feather(…)",
    ".npz": "use npz(…)",
    ".npy": "use arrays(numpy.load(…), y)",
    ".gz": "unpack it first",
    ".zip": "unpack it first",
}


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows that were read, before anything is known of their kinds.

    Attributes:
        frame: Its index is 0, 1, 2 … and stays with a row when others are dropped.
        name: Of the file as you would type it, or "the frame".
        place: Where the row of an index value stands, such as "a.csv, line 7".
        notes: What to know about how it was read.
        decimal: The decimal mark of numbers that stand as text and do not show it themselves.
        csv: How the file was written, where it is a CSV file.
    """

    frame: "pd.DataFrame"
    name: str
    place: Callable[[int], str]
    notes: tuple[str, ...] = ()
    decimal: str = "."
    csv: CsvForm = PLAIN_CSV


def read_sheet(path: Path, texts: Collection[str] = (), *, each_row: bool = False) -> Sheet:
    """Read a CSV, Parquet or Excel file; rows without any value are left out.

    Args:
        path: Of the file.
        texts: Columns of a CSV that are known to hold text.
        each_row: Whether such a row between others stays, so that what is said of the rows can be
            laid beside them.

    Raises:
        InputError: It is none, or has a fault that would become a wrong answer.
    """
    check_file(path)
    ending = path.suffix.lower()
    if ending in CSV:
        return without_empty_rows(_csv(path, texts), each_row=each_row)
    if ending in PARQUET:
        return of_frame(_parquet(path), shown(path))
    if ending in EXCEL:
        return without_empty_rows(_excel(path), each_row=each_row)
    fix = OTHERS.get(ending, f"save it as CSV, with one of the endings {', '.join(CSV)}")
    raise InputError(shown(path), "a table is a CSV, Parquet or Excel file", fix)


def of_frame(frame: "pd.DataFrame", name: str = "the frame") -> Sheet:
    """A frame that somebody made.

    Raises:
        InputError: It has no rows, or its columns have no names of their own.
    """
    import pandas as pd

    if isinstance(frame.columns, pd.MultiIndex):
        raise InputError(name, "its columns have names of several levels", "join them to one")
    names = [str(column).strip() for column in frame.columns]
    for column in names:
        if names.count(column) > 1:
            raise InputError(name, f"two columns are named {column!r}", "rename one")
    if not len(frame):
        raise InputError(name, "it has no rows", "give some")
    plain = frame.set_axis(names, axis=1).reset_index(drop=True)
    return Sheet(plain, name, lambda row: f"{name}, row {row} (from 0)")


def joined(sheets: Sequence[Sheet]) -> Sheet:
    """The rows of several sheets one after the other, with the columns of the first.

    Raises:
        InputError: One lacks a column of the first.
    """
    import pandas as pd

    first = sheets[0]
    for sheet in sheets[1:]:
        lacking = [name for name in first.frame.columns if name not in sheet.frame.columns]
        if lacking:
            raise InputError(
                sheet.name,
                f"it has no column {lacking[0]!r}, which {first.name} has",
                nearest(lacking[0], list(sheet.frame.columns)),
            )
    ends = list(accumulate(len(sheet.frame) for sheet in sheets))

    def place(row: int) -> str:
        which = bisect_right(ends, row)
        return sheets[which].place(row - (ends[which - 1] if which else 0))

    frames = [sheet.frame[list(first.frame.columns)] for sheet in sheets]
    notes = tuple(note for sheet in sheets for note in sheet.notes)
    whole = pd.concat(frames, ignore_index=True)
    return Sheet(whole, first.name, place, notes, first.decimal, first.csv)


def without_empty_rows(sheet: Sheet, *, each_row: bool = False) -> Sheet:
    """The rows that have a value; with `each_row` those between them too.

    Raises:
        InputError: There are none.
    """
    filled = sheet.frame.notna().any(axis=1).to_numpy()
    kept = filled.nonzero()[0]
    if not len(kept):
        raise InputError(sheet.name, "no row has a value", "give some")
    notes = sheet.notes
    if gone := int((~filled[: kept[-1]]).sum()):
        rows = "row" if gone == 1 else "rows"
        what = "without any value" if each_row else "left out"
        notes = (*notes, f"file {sheet.name}: {gone:,} empty {rows} between others, {what}")
    if each_row:
        return replace(sheet, frame=sheet.frame.iloc[: kept[-1] + 1], notes=notes)
    frame = sheet.frame[filled].reset_index(drop=True)
    return replace(sheet, frame=frame, notes=notes, place=lambda row: sheet.place(int(kept[row])))


def nearest(name: object, columns: Sequence[str]) -> str:
    """How to fix a column's name: the nearest one, or the first dozen of them."""
    if other := next((each for each in columns if each.lower() == str(name).lower()), None):
        return f"did you mean {other!r}? They differ in upper and lower case alone"
    fix = near(name, columns)
    if "did you mean" in fix or len(columns) <= SOME:
        return fix
    return f"its first columns are {', '.join(columns[:SOME])}"


def _csv(path: Path, texts: Collection[str]) -> Sheet:
    text = Text.of(path)
    text.check()
    name = shown(path)
    return Sheet(
        text.frame(texts),
        name,
        lambda row: f"{name}, line {text.line_of(row)}",
        text.notes,
        text.decimal,
        text.form,
    )


def _excel(path: Path) -> Sheet:
    frame, header, notes = read_cells(path)
    name = shown(path)
    sheet = of_frame(frame, name)
    return replace(sheet, notes=notes, place=lambda row: f"{name}, row {header + row + 2}")


def _parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise InputError(
            shown(path),
            "Parquet files are read by pyarrow, which is not installed",
            "pip install pyarrow, or save the table as CSV",
        ) from None
    except (OSError, ValueError):
        raise InputError(
            shown(path), "this is not a complete Parquet file", "write it again, or save it as CSV"
        ) from None
    # An index with a name is a column; one without is what rows were called in some frame.
    return frame.reset_index(drop=frame.index.names == [None])
