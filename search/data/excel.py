"""The first sheet of an Excel file, as pandas and openpyxl read it."""

import zipfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from search.data.archives import check_unpacked
from search.data.csv_text import SAMPLE
from search.data.header_lines import MOST_TITLES, title_lines
from search.data.paths import shown
from search.study.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

DAMAGED = "this is not a complete Excel file", "save it again, or save it as CSV"


def read_cells(path: Path) -> tuple["pd.DataFrame", int, tuple[str, ...]]:
    """Read the first sheet.

    Returns:
        Its rows, with the index 0, 1, 2 …; the row of the header, from 0; and notes.

    Raises:
        InputError: openpyxl is not there, or the file is damaged or empty.
    """
    import pandas as pd

    name = shown(path)
    check_unpacked(path, DAMAGED)
    try:
        with pd.ExcelFile(path, engine="openpyxl") as file:
            sheets = [str(sheet) for sheet in file.sheet_names]
            cells = pd.read_excel(file, sheet_name=0, header=None, dtype=object)
    except ImportError:
        raise InputError(
            name,
            "Excel files are read by openpyxl, which is not installed",
            "pip install 'keras-search[excel]', or save it as CSV",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, SyntaxError, zipfile.BadZipFile):
        raise InputError(name, *DAMAGED) from None
    cells = cells.dropna(axis=1, how="all")
    if not len(cells.columns) or cells.isna().all(axis=None):
        raise InputError(name, "its first sheet is empty", "put the table there")
    rows = cells.astype(object).where(cells.notna(), None).itertuples(index=False)
    header = title_lines(islice(rows, SAMPLE))
    blank = cells.iloc[header:].isna().all(axis=1).to_numpy()
    header += int(blank.argmin())
    frame = _named(cells, header, name)
    notes = []
    if header and not cells.iloc[:header].isna().all(axis=None):
        notes.append(f"file {name}: what is above the header in row {header + 1} was skipped")
    if len(sheets) > 1:
        others = ", ".join(sheets[1 : 1 + MOST_TITLES])
        notes.append(
            f"file {name}: its first sheet, {sheets[0]}, was read, and no other ({others})"
        )
    return frame, header, tuple(notes)


def _named(cells: "pd.DataFrame", header: int, name: str) -> "pd.DataFrame":
    names = cells.iloc[header]
    frame = cells.iloc[header + 1 :].reset_index(drop=True)
    kept = [
        place for place in map(int, frame.columns) if frame[place].notna().any() or names[place]
    ]
    for place in kept:
        if names.isna()[place]:
            raise InputError(
                f"{name}, row {header + 1}",
                f"column {int(place) + 1} has values and no name",
                "name it",
            )
    if not len(frame):
        raise InputError(name, "it has a header and no rows", "give some")
    return frame[kept].set_axis([str(names[place]) for place in kept], axis=1).infer_objects()
