"""One run has one driver: a lock that the kernel drops when its holder dies."""

import fcntl
import os
from pathlib import Path

from search.study.errors import InputError


class Lock:
    """Holds a run folder for this process.

    Raises:
        InputError: Another process holds it, or the folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise InputError(
                f"{path.parent}: the run folder cannot be written ({error.strerror}); "
                "get leave to write there, or copy the run to where you may"
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise InputError(
                f"{path.parent}: another process is running this search; "
                f"see `search status {path.parent}`"
            ) from None

    def release(self) -> None:
        """Let another process have it."""
        os.close(self._file)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock at `path`."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
