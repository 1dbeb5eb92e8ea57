"""What an archive says that it holds, before any of it is unpacked: a small one can claim any size.

The one place for such bounds: `.npz`, `.xlsx` and `.keras` files are all archives of this kind.
"""

import zipfile
from pathlib import Path

import psutil

from search.data.paths import shown
from search.study.errors import InputError

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class TooLargeError(ValueError):
    """An archive unpacks to more than there is room for."""


def check_sizes(archive: zipfile.ZipFile, most: int | None = None) -> None:
    """Refuse an archive that unpacks to too much, before any of it is unpacked.

    Args:
        archive: Its directory is looked at alone; no more of a member is ever read than it says.
        most: Bytes; None for as many as memory has free.

    Raises:
        TooLargeError: It does.
        ValueError: It is packed as none is here.
    """
    infos = archive.infolist()
    if any(info.compress_type not in _METHODS or info.flag_bits & 1 for info in infos):
        raise ValueError("it is packed in a way that is not read here")
    size, free = sum(info.file_size for info in infos), psutil.virtual_memory().available
    if most is not None and size > most:
        raise TooLargeError(f"it unpacks to {size} bytes, and at most {most} are read")
    if size > free:
        raise TooLargeError(
            f"it unpacks to {size / 2**30:,.1f} GiB, and {free / 2**30:,.1f} GiB of memory are free"
        )


def check_unpacked(path: Path, damaged: tuple[str, str]) -> None:
    """Refuse an archive whose content has no room in memory.

    Args:
        path: Of the archive.
        damaged: Problem and fix of one that is not whole.

    Raises:
        InputError: It is no whole archive, or too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive)
    except TooLargeError as error:
        raise InputError(
            shown(path),
            error,
            "give fewer rows, or arrays in .npy files, which need not be read whole",
        ) from None
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        raise InputError(shown(path), *damaged) from None
