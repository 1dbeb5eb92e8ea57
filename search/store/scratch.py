"""Private folders for temporary files, of which a killed process leaves none for long.

Each is locked as long as its process lives, in whatever container; the next process that makes one
removes those beside it that nobody has locked.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "keras-search-scratch-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder that is removed behind the block, or later where this process is killed in it.

    Raises:
        OSError: There is no place for it.
    """
    remove_left()
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        if (held := _locked(path)) is not None:
            break  # else another process saw it before it was locked, and removed it
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(held)


def remove_left() -> None:
    """Remove the folders of processes that are gone."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, a link, or gone meanwhile
            handle = _opened(path)
            try:
                if os.fstat(handle).st_uid == os.getuid():
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(handle)


def _locked(path: Path) -> int | None:
    """A folder's handle, which holds its lock until it is closed; None where it is gone."""
    try:
        handle = _opened(path)
    except FileNotFoundError:
        return None
    with suppress(OSError):  # where nothing can be locked, nothing is removed either
        fcntl.flock(handle, fcntl.LOCK_EX)
    if path.exists():
        return handle
    os.close(handle)
    return None


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
