"""A CSV file: its encoding and separator are found out, and its faults before pandas reads it.

pandas itself fills short rows with missing values, takes the first column of long ones for an index
and renames doubled columns: each a wrong answer without a word.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from search.data.encodings import encoding_of
from search.data.header_lines import (
    HEADLESS,
    cells_of,
    comment_lines,
    names_lack,
    separator_of,
    title_lines,
)
from search.data.number_text import MOST_PADDED, is_padded, thousands_of
from search.data.paths import shown
from search.data.text_forms import CsvForm
from search.study.errors import InputError, first_line

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 200
"""Records from which separator and decimal mark are read."""
_COMMA = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+")
_NAMELESS = re.compile(r"(Unnamed: \d+)?")  # pandas calls them so
_NAMES = {"cp1252": "Windows-1252", "mac_roman": "Mac OS Roman"}


@dataclass(frozen=True)
class Text:
    """How a CSV file is written.

    Attributes:
        path: Of the file.
        encoding: By Python's name.
        separator: Between cells.
        above: Lines above the header, which hold a title or Excel's `sep=;`.
    """

    path: Path
    encoding: str
    separator: str
    above: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Path) -> "Text":
        """Find out how a file is written.

        Raises:
            InputError: It is empty or no text.
        """
        encoding = encoding_of(path)
        with path.open(encoding=encoding, newline="") as file:
            lines = list(islice(file, 2 * SAMPLE))
            if not any(line.strip() for line in lines):
                lines += islice((line for line in file if line.strip()), SAMPLE)
        said = re.fullmatch(r"\s*sep=(.)\s*", lines[0]) if lines else None
        above = bool(said) + comment_lines(lines[bool(said) :], said[1] if said else "")
        filled = [line for line in lines[above:] if line.strip()]
        if not filled:
            raise InputError(shown(path), "the file is empty", "give a header line and rows")
        separator = said[1] if said else separator_of(filled)
        rows = (cells_of(line, separator) for line in lines[above:])
        above += title_lines(rows)
        return cls(path, encoding, separator, tuple(lines[:above]))

    @cached_property
    def raw_header(self) -> tuple[str, ...]:
        """Cells of the header, without the blanks around them."""
        return tuple(name.strip() for name in next(self._records())[1])

    @cached_property
    def header(self) -> tuple[str, ...]:
        """Names of the columns; one without a name at the very left is pandas' own index."""
        names = [name for i, name in enumerate(self.raw_header) if i not in self._empty]
        return tuple(names if names[0] else ["unnamed", *names[1:]])

    @cached_property
    def _width(self) -> int:
        """Cells of the widest record."""
        return max(len(row) for _, row in self._records())

    @cached_property
    def _empty(self) -> frozenset[int]:
        """Places of columns that have neither a name nor a value."""
        empty = {i for i, name in enumerate(self.raw_header) if _NAMELESS.fullmatch(name)}
        rows = islice(self._records(), 1, None)
        for _, row in rows:
            if not empty:
                break
            empty -= {i for i in empty if i < len(row) and row[i].strip()}
        return frozenset(empty if len(empty) < len(self.raw_header) else ())

    @cached_property
    def decimal(self) -> str:
        """The decimal mark of numbers that do not show it themselves, such as 1.234."""
        cells = [cell.strip() for _, row in islice(self._records(), 1, SAMPLE) for cell in row]
        point = any(re.fullmatch(r"[-+]?\d+\.(\d|\d\d|\d{4,})", cell) for cell in cells)
        comma = self.separator == ";" or any(map(_COMMA.fullmatch, cells))
        return "," if comma and not point else "."

    @property
    def form(self) -> CsvForm:
        """As lines of pandas need it."""
        return CsvForm(self.separator, self.encoding, len(self.above) + self._blank_lines)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed, as text."""
        name, encoding = shown(self.path), _NAMES.get(self.encoding)
        notes = [f"file {name}: read as {encoding}, since it is not UTF-8"] if encoding else []
        titles = [line.strip() for line in self.above if line.strip()]
        if titles:
            what = titles[0] if len(titles) == 1 else f"{titles[0]} …"
            notes.append(f"file {name}: what is above the header was skipped ({what[:60]})")
        if self._empty:
            count = len(self._empty)
            columns = "one column" if count == 1 else f"{count} columns"
            notes.append(f"file {name}: {columns} without a name or a value left out")
        return tuple(notes)

    def check(self) -> None:
        """Look at each record once.

        Raises:
            InputError: A name is doubled or missing, a row is ragged, quotes do not match, or
                there are no rows.
        """
        name = shown(self.path)
        self._check_header(name)
        rows, widest, width = 0, 0, len(self.raw_header)
        while width - 1 in self._empty:  # which a row need not have
            width -= 1
        for rows, (line, row) in enumerate(self._records()):
            widest = max(widest, len(row))
            if len(row) < width or (rows and any(cell.strip() for cell in row[width:])):
                raise InputError(
                    f"{name}, line {line}",
                    f"it has {len(row)} cells and the header {width}",
                    f"fix that line, or put cells with {self.separator!r} in quotes",
                )
        if not rows:
            fix = "; ".join(HEADLESS) if names_lack(self.header) else "give some"
            raise InputError(name, "it has a header and no rows", fix)
        self.__dict__["_width"] = widest  # cached: a long file is looked at once

    def frame(self, texts: Collection[str] = ()) -> "pd.DataFrame":
        """The records as pandas reads them; `check` went before.

        Args:
            texts: Columns that are known to hold text, also where all of it looks like numbers.

        Returns:
            All records, also those that have no value at all.

        Raises:
            InputError: pandas cannot read it.
        """
        from pandas.api.types import is_numeric_dtype

        cells = (cell.strip() for _, row in islice(self._records(), 1, SAMPLE) for cell in row)
        if any(map(_COMMA.fullmatch, cells)):  # then 1.234 may be more than one
            return self._read(self.header)
        frame = self._read(texts)
        kinds: tuple[tuple[Callable[[Any], bool], Callable[[Any], object]], ...] = (
            (_may_be_grouped, thousands_of),  # 1.816 beside 418
            (self._may_be_padded, is_padded),  # 01067
        )
        for may_be, is_so in kinds:
            names = [name for name in frame.columns if may_be(frame[name])]
            written = self._read(names) if names else frame
            for name in names:
                if is_so(written[name].dropna().str.strip().unique()):
                    frame[name] = written[name]
        for name in frame.columns[[not is_numeric_dtype(kind) for kind in frame.dtypes]]:
            some = frame[name].dropna()
            if len(some) and some.astype(str).str.strip().str.fullmatch(_COMMA).mean() > 0.5:
                return self._read(self.header)
        return frame

    def _may_be_padded(self, series: "pd.Series[Any]") -> bool:
        """Whether whole numbers, some of them shorter, are as long with zeros in front."""
        present = series.dropna()
        whole = series.dtype.kind in "iuf" and (present % 1 == 0).all()  # infinity is not
        if not whole or not len(present) or present.min() < 0:
            return False
        at = self._place(self.header.index(str(series.name)) + 1) - 1
        cells = (row[at].strip() for _, row in islice(self._records(), 1, SAMPLE) if len(row) > at)
        lengths = {len(cell) for cell in cells if cell.isdecimal()}
        width = max(lengths, default=0)
        shorter = len(str(int(present.min()))) < width
        return len(lengths) == 1 and shorter and 1 < width <= MOST_PADDED

    def _read(self, texts: Collection[str]) -> "pd.DataFrame":
        import pandas as pd

        places = [i for i in range(len(self.raw_header)) if i not in self._empty]
        names = dict(zip(places, self.header, strict=True))
        try:
            frame = pd.read_csv(
                self.path,
                sep=self.separator,
                encoding=self.encoding,
                skiprows=self.form.skipped,
                header=0,
                names=[names.get(i, f"\0{i}") for i in range(self._width)],
                usecols=list(names.values()),
                index_col=False,
                skipinitialspace=True,
                skip_blank_lines=len(self.raw_header) > 1,
                dtype={name: str for name in texts if name in self.header},
                low_memory=False,  # else a long column may be of one type here and another there
            )
        except ValueError as error:
            problem = f"pandas cannot read it ({first_line(error)})"
            raise InputError(shown(self.path), problem, "save it as plain CSV") from None
        return frame

    @cached_property
    def _blank_lines(self) -> int:
        """Between what is above the header and the header."""
        return next(self._records())[0] - 1 - len(self.above)

    def line_of(self, row: int) -> int:
        """Where a row stands, counted from 0 behind the header; quoted cells may hold lines."""
        return next(islice(self._records(), row + 1, None))[0]

    def _check_header(self, name: str) -> None:
        line = next(self._records())[0]
        for place, column in enumerate(self.header, start=1):
            if not column and names_lack(self.header):
                raise InputError(f"{name}, line {line}", *HEADLESS)
            if not column:
                raise InputError(
                    f"{name}, line {line}",
                    f"column {self._place(place)} has no name",
                    "name it, or drop the separator at the end of each line",
                )
            if self.header.count(column) > 1:
                problem, fix = f"two columns are named {column!r}", "rename one"
                if names_lack(self.header):
                    problem, fix = f"{problem}; {HEADLESS[0]}", HEADLESS[1]
                raise InputError(f"{name}, line {line}", problem, fix)

    def _place(self, number: int) -> int:
        """Of a column, by its number among those that are not empty."""
        kept = [i for i in range(len(self.raw_header)) if i not in self._empty]
        return kept[number - 1] + 1

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """First line and cells of each record that is not blank, the header's first.

        Of one column a blank line is a record without a value.

        Raises:
            InputError: The quotes do not match.
        """
        with self.path.open(encoding=self.encoding, newline="") as file:
            above = len(self.above)
            lines = islice(file, above, None)
            reader = csv.reader(lines, delimiter=self.separator, skipinitialspace=True, strict=True)
            line, width = above + 1, 0
            try:
                for row in reader:
                    if len(row) > 1 or width == 1 or (row and row[0].strip()):
                        width = width or len(row)
                        yield line, row or [""]
                    line = above + reader.line_num + 1
            except csv.Error as error:
                raise InputError(
                    f"{shown(self.path)}, line {line}",
                    f"the quotes do not match ({error})",
                    "close them, and double a quote inside a cell",
                ) from None


def _may_be_grouped(series: "pd.Series[Any]") -> bool:
    """Whether numbers may be thousands with a point: 418, and 1.816 for 1816."""
    from pandas.api.types import is_float_dtype

    if not is_float_dtype(series.dtype):
        return False
    sizes = series.dropna().abs().to_numpy()
    whole = sizes == np.floor(sizes)
    if not len(sizes) or whole.all() or not whole.any() or sizes.max() >= 1000:
        return False
    return bool((sizes[~whole] > 1).all() and np.isclose(sizes * 1000, np.rint(sizes * 1000)).all())
