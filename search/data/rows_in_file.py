"""Rows that are read a batch at a time, since all of them, or copies of them, have no room."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from search.data.array_like import ArrayLike
from search.data.columns import Array
from search.data.tree import TEXT, Leaf, Tree
from search.data.windows import Windows

AT_ONCE = 1 << 24
"""Numbers that are read at once by whoever looks at all rows: 64 MiB as float32."""
LARGE = 1 << 28
LARGE_ROW = 1 << 12
"""Bytes of an array, and of each of its rows, from which copies of its parts are spared. Of large
rows each step computes long enough that reading them costs nothing."""
VALUES = 1 << 22
FEWEST = 32
"""Values, and rows, that a model is asked about at once: a convolution makes of each pixel as many
numbers as it has filters, in each layer."""


@dataclass(frozen=True, eq=False)
class RowsOnDemand(ArrayLike):
    """Some rows of an array, read when they are asked for; takes the place of an array of features.

    Of a file it is sent to workers without a row: each opens the file at the same place. Of what is
    in memory these rows alone are sent.

    Attributes:
        source: An array in a file of NumPy's own format, a sparse matrix of SciPy in CSR form, or
            an array that is too large for copies of its parts; shape (rows, …).
        numbers: Which of its rows these are, int64, shape (rows,).
    """

    source: Any
    numbers: Array

    @classmethod
    def all_of(cls, source: Any) -> "RowsOnDemand":
        """Every row."""
        return cls(source, np.arange(_opened(source).shape[0]))

    @property
    def in_file(self) -> bool:
        """Whether they stay in their file."""
        return isinstance(self.source, Path)

    @property
    def is_sparse(self) -> bool:
        """Whether they are of a sparse matrix."""
        return hasattr(self.source, "toarray")

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        return (len(self), *_opened(self.source).shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """As of an array: of integers and booleans that of the source, else float32."""
        own: np.dtype[Any] = _opened(self.source).dtype
        return own if own.kind in "biu" else np.dtype(np.float32)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, places: "slice | Array") -> Array:
        """These rows, read now."""
        rows = _opened(self.source)[self.numbers[places]]
        dense: Array = rows.toarray() if self.is_sparse else rows
        return dense.astype(self.dtype, copy=False)

    def __getstate__(self) -> dict[str, Any]:
        if self.in_file:
            return self.__dict__
        return {"source": self.source[self.numbers], "numbers": np.arange(len(self))}


Features = Array | RowsOnDemand | Windows | Tree
"""One row after the other, in an array, read on demand, or windows made on demand; or of several
inputs."""


def leaves_of(x: Features) -> tuple[Leaf, ...]:
    """What a model is given of each row."""
    if isinstance(x, Tree):
        return tuple(Leaf.of(path, leaf) for path, leaf in x.leaves.items())
    return (Leaf((), x.shape[1:], str(x.dtype)),)


def arrays_of(x: Features) -> list[Array | RowsOnDemand | Windows]:
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
    """Some of the rows; what is read or made on demand stays as it is."""
    if isinstance(x, Windows):
        return x.taken(places)
    return RowsOnDemand(x.source, x.numbers[places]) if isinstance(x, RowsOnDemand) else x[places]


def whole(x: Features) -> Array:
    """All rows as an array.

    Raises:
        TypeError: They are no one array.
    """
    if isinstance(x, Tree):
        raise TypeError("rows of several inputs are no one array")
    return x if isinstance(x, np.ndarray) else x[:]


def blocks(x: Array | RowsOnDemand | Windows) -> Iterator[tuple[int, Array]]:
    """All rows, some at a time, each time with the number of the first."""
    step = max(1, AT_ONCE // max(1, prod(x.shape[1:])))
    for start in range(0, len(x), step):
        yield start, x[start : start + step]


def spared(x: Features) -> Features:
    """Pictures and the like without copies of their parts, where they are too large for these."""
    whole = isinstance(x, np.ndarray) and x.ndim > 2 and x.nbytes > LARGE
    return RowsOnDemand.all_of(x) if whole and x.nbytes > LARGE_ROW * len(x) else x


def at_once(x: Features, most: int) -> int:
    """How many rows to give a model at a time: fewer where a row is large, as its layers' are.

    Args:
        x: The rows.
        most: Where they are small.
    """
    return max(FEWEST, min(most, VALUES // max(1, x.size // max(1, len(x)))))


def _opened(source: Any) -> Any:
    return _mapped(source) if isinstance(source, Path) else source


@lru_cache(maxsize=8)
def _mapped(path: Path) -> Array:
    """Once a process, and not in `RowsOnDemand`, with which a map would be pickled row by row."""
    opened: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    return opened
