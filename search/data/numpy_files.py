"""Arrays from files that anybody may have written: no more is believed than there are bytes.

A header of a hundred bytes can claim terabytes, and a small archive can hold any number of zeros.
NumPy itself makes room for what a header claims before it looks.
"""

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from search.data.archives import check_sizes
from search.data.columns import Array

DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    RuntimeError,
    MemoryError,
    TypeError,
    tokenize.TokenError,
)
"""What Python, zlib and NumPy raise of a file that is no whole one."""
_EMPTY = 1 << 28
"""Rows that an array without a byte may have."""


def one(file: IO[bytes], size: int) -> Array:
    """The array of a `.npy` file.

    Args:
        file: At its start.
        size: Bytes that there are.

    Raises:
        Exception: One of `DAMAGES`: it is damaged, holds Python objects, or claims to be larger.
    """
    shape, dtype = _header(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not read")
    count, left = prod(shape), size - file.tell()
    if min(shape, default=0) < 0 or count * dtype.itemsize != left:
        raise ValueError(f"its header claims {shape} of {dtype}, and {left} bytes follow")
    if not left and prod(max(n, 1) for n in shape) > _EMPTY:
        raise ValueError(f"its header claims {shape}, and nothing follows")
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def in_file(path: Path) -> Array:
    """The array of a `.npy` file on disk; see `one`."""
    with path.open("rb") as file:
        return one(file, path.stat().st_size)


class NumpyArchive:
    """The arrays of a `.npz` archive, each read when it is asked for.

    Args:
        archive: As it was opened.
        most: Bytes that all of it may unpack to; None for as many as memory has free.

    Attributes:
        names: Of the arrays.

    Raises:
        Exception: One of `DAMAGES`.
    """

    def __init__(self, archive: zipfile.ZipFile, most: int | None) -> None:
        check_sizes(archive, most)
        self._archive = archive
        self._infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        self.names = list(self._infos)

    def __getitem__(self, name: str) -> Array:
        """One array; see `one`."""
        info = self._infos[name]
        with self._archive.open(info) as file:
            return one(file, info.file_size)


@contextmanager
def archive_of(file: Path | IO[bytes], most: int | None = None) -> Iterator[NumpyArchive]:
    """Open a `.npz` archive; see `NumpyArchive`."""
    with zipfile.ZipFile(file) as archive:
        yield NumpyArchive(archive, most)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    reader = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0  # 3.0 differs in the names of fields alone
    )
    shape, _, dtype = reader(file)
    return shape, dtype
