"""Nothing is left behind: a small process that outlives the driver, and ends and removes the rest.

A driver that is killed can tidy nothing. Ray's processes watch each other, but its agents report
their raylet's death to a server that has died with it before they end themselves. So a guardian
waits for the end of the driver, ends every process that is known by the session's mark in its
environment or by a log of Ray's that it writes, and removes the session's temporary files. It is
started as a script, and imports nothing of this package, so that it is there in milliseconds.
"""

import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

MARK = "KERAS_SEARCH_SESSION"
"""In the environment of all that is started during a session."""
LONGEST = 70
"""Characters of a folder's path in which Ray's processes can still make their sockets: a socket's
path has 103 at most, and Python's multiprocessing takes 32 below the folder for temporary files."""
PATIENCE = 20.0
"""Seconds for which the guardian tries to end what is left."""


class OrphanCleanup:
    """The process that outlives this one, seen from here.

    Args:
        scratch: The session's folder for temporary files.
        errors: File descriptor of where it says the last words.
    """

    def __init__(self, scratch: Path, errors: int) -> None:
        self.scratch = scratch
        # A session of its own, so that no terminal and no group's signal ends it.
        self._process = subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, "-P", __file__, str(scratch), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )

    def last_words(self, sentence: str) -> None:
        """What it shall say where this process ends by no doing of its own; empty for nothing."""
        if self._process.stdin is not None:
            with suppress(OSError, ValueError):  # it was killed, or the session is over
                self._process.stdin.write(f"{sentence}\n".encode(errors="backslashreplace"))
                self._process.stdin.flush()

    def tidy(self) -> None:
        """Have all ended and removed that is left."""
        self.last_words("")
        if self._process.poll() is not None:  # somebody has killed it, so it is done from here
            end_all(str(self.scratch), os.getpid())
            shutil.rmtree(self.scratch, ignore_errors=True)
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)


@contextmanager
def guarded(errors: int = subprocess.DEVNULL) -> Iterator[OrphanCleanup]:
    """Have all that is started inside ended, and its temporary files removed, whatever happens.

    Processes that are started inside use the session's folder for temporary files, too.

    Args:
        errors: File descriptor of where the last words go.

    Raises:
        InputError: There is no place for such a folder.
    """
    from search.cluster.environment import ray_folder, temporary_folder
    from search.store.scratch import remove_left

    own, of_ray = temporary_folder(), ray_folder(os.environ)
    name = f"keras-search-{secrets.token_hex(3)}"
    scratch = own / name if len(os.fsencode(own / name)) <= LONGEST else Path(of_ray) / name
    remove_left()
    cleanup = OrphanCleanup(scratch, errors)
    scratch.mkdir(mode=0o700)
    with _environment({MARK: str(scratch), "TMPDIR": str(scratch), "RAY_TMPDIR": of_ray}):
        before, tempfile.tempdir = tempfile.tempdir, str(scratch)  # Python has read TMPDIR once
        try:
            yield cleanup
        finally:
            tempfile.tempdir = before
            cleanup.tidy()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def guard(scratch: str, driver: int) -> None:
    """Wait until the driver is gone, or has come to its end; then tidy."""
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, signal.SIG_IGN)
    words = _words(driver)
    if words:
        with suppress(OSError):
            os.write(2, words + b"\n")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # whoever reads it need not wait any longer
    end_all(scratch, driver)
    shutil.rmtree(scratch, ignore_errors=True)


def _words(driver: int) -> bytes:
    """Wait for the driver's end; returns the last line that it has left, which may be empty."""
    left, number = b"\n\n", sys.stdin.fileno()
    # Not the pipe alone: a process that the driver has forked holds its other end too.
    while os.getppid() == driver:
        if select.select([number], [], [], 1.0)[0]:
            more = os.read(number, 4096)
            if not more:
                break
            left = (left + more)[-4096:]
    os.set_blocking(number, False)
    with suppress(OSError):
        left += os.read(number, 4096)  # of the moment before
    return left.split(b"\n")[-2]


def end_all(mark: str, driver: int) -> None:
    """End every process of a session, until there is none.

    Args:
        mark: In the environment of what inherited it.
        driver: Number of the process that drove the session.
    """
    import psutil

    begun = psutil.Process().create_time()
    # Ray's processes write to its session's logs from their birth, and are known by that alone
    # where their titles have overwritten the part of the environment in which the mark was.
    log = re.compile(rf"/ray/session_[^/]*_{driver}/")

    def is_ours(process: psutil.Process) -> bool:
        try:
            # The driver is older than this process, and all that a session starts is younger.
            if process.pid == os.getpid() or process.create_time() < begun:
                return False
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return f"{MARK}={mark}" in _environment_of(process) or any(
                log.search(file.path) for file in process.open_files()
            )
        except (psutil.Error, OSError):
            return False  # ended meanwhile, or another user's

    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = [process for process in psutil.process_iter() if is_ours(process)]
        if not found:
            return
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        time.sleep(0.05)


def _environment_of(process: "psutil.Process") -> str:
    """What of it lies in memory: psutil would stop where a title of Ray's reaches into it."""
    raw = Path(f"/proc/{process.pid}/environ")
    if raw.exists():
        return raw.read_text(errors="replace")
    return "\n".join(f"{name}={value}" for name, value in process.environ().items())


if __name__ == "__main__":
    guard(sys.argv[1], int(sys.argv[2]))
