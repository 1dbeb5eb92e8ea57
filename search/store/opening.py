"""How a file of a run is opened that others may have written: a plain one, below its folder.

No link is followed on the way, nothing is opened that could wait for another process or act when it
is opened, and no more is read than a bound allows.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from search.study.errors import RunError

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFREG: "a file",
}
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_AT_ONCE = 1 << 24
_UNITS = {1 << 30: "GiB", 1 << 20: "MiB", 1 << 10: "KiB"}


class StrangeError(RunError):
    """There is something in a run folder that no run has there."""


def looked_at(path: Path, root: Path) -> os.stat_result | None:
    """A file as it is there, unopened; None where there is none.

    Args:
        path: Below `root`.
        root: The run folder; it may be named by a link, what is in it may not.

    Raises:
        StrangeError: It is no regular file, or the way to it leaves the folder.
    """
    try:
        with _folder_of(path, root) as folder:
            return _looked_at(path, folder)
    except FileNotFoundError:
        return None


@contextmanager
def opened(path: Path, root: Path) -> Iterator[int]:
    """Open a file for reading; see `looked_at`.

    Yields:
        Its descriptor.

    Raises:
        FileNotFoundError: There is none.
        OSError: It may not be read.
    """
    with _folder_of(path, root) as folder:
        if _looked_at(path, folder) is None:
            raise FileNotFoundError(2, os.strerror(2), str(path))
        try:
            file = os.open(path.name, _READ, dir_fd=folder)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        _check(path, os.fstat(file))  # it may be another by now
        yield file
    finally:
        os.close(file)


def read(path: Path, root: Path, most: int) -> bytes:
    """A file's content.

    Args:
        path: Below `root`.
        root: The run folder.
        most: Bytes that it may have.

    Raises:
        StrangeError: It is no regular file of at most so many bytes.
        OSError: There is none, or it may not be read.
    """
    with opened(path, root) as file:
        return content_of(file, path, most)


def content_of(file: int, path: Path, most: int) -> bytes:
    """All of an open file, from where it stands; see `read`."""
    size = os.fstat(file).st_size
    if size > most:
        raise too_large(path, size, most)
    parts, left = [], most
    while part := os.read(file, min(_AT_ONCE, left + 1)):
        parts.append(part)
        left -= len(part)
        if left < 0:  # it has grown meanwhile
            raise too_large(path, most - left, most)
    return b"".join(parts)


def too_large(path: Path, size: int, most: int) -> StrangeError:
    """What to say of a file with more bytes than are read."""
    return StrangeError(
        f"{path}: has {in_units(size)}, and of such a file at most {in_units(most)} are read; "
        "get a whole copy of the run from where it was made"
    )


def in_units(count: int) -> str:
    """Bytes as text: 512 bytes, 1.5 GiB."""
    for unit, name in _UNITS.items():
        if count >= unit:
            return f"{count / unit:.4g} {name}"
    return f"{count} bytes"


def check_folder(path: Path) -> None:
    """Refuse a folder that is none, or that has more in it than files and folders.

    What is written, emptied or taken away by the name of a link or a pipe would be something else.

    Args:
        path: Of the folder; there need be none.

    Raises:
        StrangeError: It is a link, a pipe, a socket or a device, or one is in it.
    """
    waiting = [path] if os.path.lexists(path) else []
    while waiting:
        inner = waiting.pop()
        mode = inner.lstat().st_mode
        if stat.S_ISDIR(mode):
            waiting += inner.iterdir()
        elif inner == path or not stat.S_ISREG(mode):
            raise _strange(inner, mode, "a folder" if inner == path else "a file")


@contextmanager
def _folder_of(path: Path, root: Path) -> Iterator[int]:
    """The folder that a file lies in, reached from the run folder without a link."""
    parts = path.relative_to(root).parts if path.is_relative_to(root) else ()
    if not parts or ".." in parts or any("\0" in part for part in parts):
        raise StrangeError(f"{path}: no file of a run lies there; nothing of it is read")
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for depth, part in enumerate(parts[:-1], 1):
            kind = os.stat(part, dir_fd=handle, follow_symlinks=False).st_mode
            if not stat.S_ISDIR(kind):
                raise _strange(root.joinpath(*parts[:depth]), kind, "a folder")
            inner = os.open(part, _READ | os.O_DIRECTORY, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _looked_at(path: Path, folder: int) -> os.stat_result | None:
    try:
        found = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return _check(path, found)


def _check(path: Path, found: os.stat_result) -> os.stat_result:
    if not stat.S_ISREG(found.st_mode):
        raise _strange(path, found.st_mode, "a file")
    return found


def _strange(path: Path, mode: int, expected: str) -> StrangeError:
    kind = _KINDS.get(stat.S_IFMT(mode), "something else")
    return StrangeError(
        f"{path}: is {kind} where a run has {expected}, so nothing of it is read; get a plain copy "
        "of the run folder"
    )
