"""What an archive says that it holds, before anything of it is unpacked."""

import zipfile
from pathlib import Path

import psutil

from search.study.data.places import shown
from search.study.errors import InputError


def check_unpacked(path: Path, damaged: str) -> None:
    """Refuse an archive whose content has no room in memory; a small one can claim any size.

    Args:
        path: Of the archive.
        damaged: What to say of one that is not whole.

    Raises:
        InputError: It is no whole archive, or too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        raise InputError(f"{shown(path)}: {damaged}") from None
    free = psutil.virtual_memory().available
    if size > free:
        raise InputError(
            f"{shown(path)}: it unpacks to {size / 2**30:,.1f} GiB, and {free / 2**30:,.1f} GiB of "
            "memory are free; give fewer rows, or arrays in .npy files, which need not be read "
            "whole"
        )
