"""One run has one driver: a lock that the kernel drops when its holder dies."""

import fcntl
import os
from pathlib import Path

from search.store.opening import looked_at, opened
from search.study.errors import InputError

_WRITE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Lock:
    """Holds a run folder for this process.

    Raises:
        InputError: Another process holds it, or the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            looked_at(path, path.parent)
            self._file = os.open(path, _WRITE, 0o644)
        except OSError as error:
            raise InputError(
                path.parent,
                f"the run folder cannot be written ({error.strerror})",
                "get permission to write there, or copy the run to where you may",
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise InputError(
                path.parent,
                "another process is running this search",
                f"see `search status {path.parent}`",
            ) from None

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._file)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock at `path`."""
    try:
        with opened(path, path.parent) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
