"""A CSV file: its encoding and separator are found out, and its faults before pandas reads it.

pandas itself fills short rows with missing values, takes the first column of long ones for an index
and renames doubled columns: each a wrong answer without a word.
"""

import codecs
import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from search.study.data.places import shown
from search.study.errors import InputError, first_line

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t", "|")
SAMPLE = 200
"""Records from which separator and decimal mark are read."""
CHUNK = 1 << 20
NO_TEXT = {
    b"PK\x03\x04": "a zip or Excel file; save it as CSV",
    b"\x1f\x8b": "compressed; unpack it first",
    b"PAR1": "Parquet; end its name in .parquet",
    b"%PDF": "a PDF; save the table as CSV",
}


@dataclass(frozen=True)
class Text:
    """How a CSV file is written.

    Attributes:
        path: Of the file.
        encoding: By Python's name.
        separator: Between cells.
    """

    path: Path
    encoding: str
    separator: str

    @classmethod
    def of(cls, path: Path) -> "Text":
        """Find out how a file is written.

        Raises:
            InputError: It is empty or no text.
        """
        encoding = _encoding(path)
        with path.open(encoding=encoding, newline="") as file:
            lines = list(islice((line for line in file if line.strip()), SAMPLE))
        if not lines:
            raise InputError(f"{shown(path)}: the file is empty; give a header line and rows")
        return cls(path, encoding, _separator(lines))

    @cached_property
    def header(self) -> tuple[str, ...]:
        """Names of the columns; one without a name at the very left is pandas' own index."""
        names = [name.strip() for name in next(self._records())[1]]
        return tuple(names if names[0] else ["unnamed", *names[1:]])

    @cached_property
    def decimal(self) -> str:
        """A comma where the first records have numbers with one, and none with a point."""
        cells = [cell for _, row in islice(self._records(), 1, SAMPLE) for cell in row]
        comma = any(re.fullmatch(r"[-+]?\d+,\d+", cell.strip()) for cell in cells)
        point = any(re.fullmatch(r"[-+]?\d+\.\d+", cell.strip()) for cell in cells)
        return "," if comma and not point else "."

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed, for people."""
        guessed = {
            f"{shown(self.path)} is no UTF-8 and was read as Windows-1252": self.encoding
            == "cp1252",
            f"{shown(self.path)} was read with decimal commas": self.decimal == ",",
        }
        return tuple(note for note, holds in guessed.items() if holds)

    def check(self) -> None:
        """Look at each record once.

        Raises:
            InputError: A name is doubled or missing, a row is ragged, quotes do not match, or
                there are no rows.
        """
        name = shown(self.path)
        self._check_header(name)
        rows = 0
        for rows, (line, row) in enumerate(self._records()):  # noqa: B007 - rows is used after
            if len(row) != len(self.header):
                raise InputError(
                    f"{name}, line {line}: it has {len(row)} cells and the header "
                    f"{len(self.header)}; mend that line, or put cells with "
                    f"{self.separator!r} in quotes"
                )
        if not rows:
            raise InputError(f"{name}: it has a header and no rows; give some")

    def frame(self, texts: Collection[str] = ()) -> "pd.DataFrame":
        """The records as pandas reads them; `check` went before.

        Args:
            texts: Columns that are known to hold text, also where all of it looks like numbers.

        Raises:
            InputError: pandas cannot read it.
        """
        import pandas as pd

        try:
            return pd.read_csv(
                self.path,
                sep=self.separator,
                encoding=self.encoding,
                decimal=self.decimal,
                header=0,
                names=list(self.header),
                index_col=False,
                skipinitialspace=True,
                dtype={name: str for name in texts if name in self.header},
                low_memory=False,  # else a long column may be of one type here and another there
            )
        except ValueError as error:
            why = first_line(error)
            raise InputError(f"{shown(self.path)}: pandas cannot read it ({why})") from None

    def line_of(self, row: int) -> int:
        """Where a row stands, counted from 0 behind the header; quoted cells may hold lines."""
        return next(islice(self._records(), row + 1, None))[0]

    def _check_header(self, name: str) -> None:
        for place, column in enumerate(self.header, start=1):
            if not column:
                raise InputError(
                    f"{name}, line 1: column {place} has no name; name it, or drop the separator "
                    "at the end of each line"
                )
            if self.header.count(column) > 1:
                raise InputError(f"{name}, line 1: two columns are named {column!r}; rename one")
        if len(self.header) == 1:
            raise InputError(
                f"{name}: it has one column, {self.header[0]!r}; separate a target and features "
                "by one of , ; | or tabs"
            )

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """First line and cells of each record that is not blank, the header's first.

        Raises:
            InputError: The quotes do not match.
        """
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.separator, skipinitialspace=True, strict=True)
            line = 1
            try:
                for row in reader:
                    if len(row) > 1 or (row and row[0].strip()):
                        yield line, row
                    line = reader.line_num + 1
            except csv.Error as error:
                raise InputError(
                    f"{shown(self.path)}, line {line}: the quotes do not match ({error}); close "
                    "them, and double a quote inside a cell"
                ) from None


def _separator(lines: list[str]) -> str:
    """The one that cuts the header, and most other lines into as many cells."""

    def fit(separator: str) -> tuple[bool, float, int]:
        rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
        width = len(rows[0])
        return width > 1, sum(len(row) == width for row in rows) / len(rows), width

    return max(SEPARATORS, key=fit)


def _encoding(path: Path) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else what Windows writes."""
    name = shown(path)
    with path.open("rb") as file:
        start = file.read(4)
    for magic, what in NO_TEXT.items():
        if start.startswith(magic):
            raise InputError(f"{name}: this is no text but {what}")
    if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return _decoded(path, "utf-16")
    _check_nul(path)
    try:
        return _decoded(path, "utf-8-sig")
    except InputError:
        return _decoded(path, "cp1252")


def _check_nul(path: Path) -> None:
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            at = chunk.find(b"\0")
            if at >= 0:
                line += chunk.count(b"\n", 0, at)
                raise InputError(
                    f"{shown(path)}, line {line}: there is a NUL byte, so it is damaged or no "
                    "text; export it again as UTF-8"
                )
            line += chunk.count(b"\n")


def _decoded(path: Path, encoding: str) -> str:
    """The encoding, if the whole file is of it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before = 0
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
                before += len(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{shown(path)}: byte {before + error.start} is neither UTF-8 nor Windows-1252; "
                "save the file as UTF-8"
            ) from None
    return encoding
