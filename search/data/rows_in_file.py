"""Rows that stay in their file: too many for memory, and read a batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path

import numpy as np

from search.data.columns import Array

AT_ONCE = 1 << 24
"""Numbers that are read at once by whoever looks at all rows: 64 MiB as float32."""


@dataclass(frozen=True, eq=False)
class RowsInFile:
    """Some rows of a NumPy file; takes the place of an array of features.

    It is sent to workers as it is now, without a row: each opens the file at the same place.

    Attributes:
        path: Of an array in NumPy's own format, shape (rows, …).
        numbers: Which of its rows these are, int64, shape (rows,).
    """

    path: Path
    numbers: Array

    @classmethod
    def all_of(cls, path: Path) -> "RowsInFile":
        """Every row of the file."""
        return cls(path, np.arange(len(_opened(path))))

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return (len(self), *_opened(self.path).shape[1:])

    @property
    def ndim(self) -> int:
        """As of an array."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """As of an array."""
        return prod(self.shape)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, places: "slice | Array") -> Array:
        """These rows, read now, float32."""
        rows: Array = _opened(self.path)[self.numbers[places]]
        return rows.astype(np.float32, copy=False)


Features = Array | RowsInFile
"""One row after the other: in memory, or in a file."""


def taken(x: Features, places: Array) -> Features:
    """Some of the rows; what is in a file stays there."""
    return RowsInFile(x.path, x.numbers[places]) if isinstance(x, RowsInFile) else x[places]


def whole(x: Features) -> Array:
    """All rows in memory, read where they are in a file."""
    return x[:] if isinstance(x, RowsInFile) else x


def blocks(x: Features) -> Iterator[tuple[int, Array]]:
    """All rows, some at a time, each time with the number of the first."""
    step = max(1, AT_ONCE // max(1, prod(x.shape[1:])))
    for start in range(0, len(x), step):
        yield start, x[start : start + step]


@lru_cache(maxsize=8)
def _opened(path: Path) -> Array:
    """Once a process, and not in `RowsInFile`, with which a map would be pickled row by row."""
    opened: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return opened
