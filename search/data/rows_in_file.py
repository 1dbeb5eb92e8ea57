"""Rows that stay in their file: too many for memory, and read a batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from search.data.columns import Array
from search.data.tree import TEXT, Leaf, Tree

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
    def dtype(self) -> np.dtype[Any]:
        """As of an array: of integers and booleans that of the file, else float32."""
        own = _opened(self.path).dtype
        return own if own.kind in "biu" else np.dtype(np.float32)

    @property
    def ndim(self) -> int:
        """As of an array."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """As of an array."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """As of an array."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, places: "slice | Array") -> Array:
        """These rows, read now."""
        rows: Array = _opened(self.path)[self.numbers[places]]
        return rows.astype(self.dtype, copy=False)


Features = Array | RowsInFile | Tree
"""One row after the other: in memory, or in a file; or of several inputs."""


def leaves_of(x: Features) -> tuple[Leaf, ...]:
    """What a model is given of each row."""
    if isinstance(x, Tree):
        return tuple(Leaf.of(path, leaf) for path, leaf in x.leaves.items())
    return (Leaf((), x.shape[1:], str(x.dtype)),)


def arrays_of(x: Features) -> list[Array | RowsInFile]:
    """Of a model with several inputs each; else the one."""
    return list(x.leaves.values()) if isinstance(x, Tree) else [x]


def numbers_of(x: Features) -> tuple[Leaf, ...]:
    """The same, without texts."""
    return tuple(leaf for leaf in leaves_of(x) if leaf.dtype != TEXT)


def flat(x: Features) -> Array:
    """All numbers of each row, float32, shape (rows, features); one 0 where there are none."""
    if not isinstance(x, Tree):
        return whole(x).reshape(len(x), -1).astype(np.float32, copy=False)
    leaves = [leaf.reshape(len(leaf), -1) for leaf in x.leaves.values() if leaf.dtype != object]
    leaves = leaves or [np.zeros((len(x), 1))]
    return np.hstack([leaf.astype(np.float32) for leaf in leaves])


def taken(x: Features, places: Array) -> Features:
    """Some of the rows; what is in a file stays there."""
    return RowsInFile(x.path, x.numbers[places]) if isinstance(x, RowsInFile) else x[places]


def whole(x: Features) -> Array:
    """All rows in memory, read where they are in a file.

    Raises:
        TypeError: They are no one array.
    """
    if isinstance(x, Tree):
        raise TypeError("rows of several inputs are no one array")
    return x[:] if isinstance(x, RowsInFile) else x


def blocks(x: Array | RowsInFile) -> Iterator[tuple[int, Array]]:
    """All rows, some at a time, each time with the number of the first."""
    step = max(1, AT_ONCE // max(1, prod(x.shape[1:])))
    for start in range(0, len(x), step):
        yield start, x[start : start + step]


@lru_cache(maxsize=8)
def _opened(path: Path) -> Array:
    """Once a process, and not in `RowsInFile`, with which a map would be pickled row by row."""
    opened: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return opened
