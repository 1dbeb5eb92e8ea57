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


@contextmanager
def guarded() -> Iterator[Path]:
    """Have all that is started inside ended, and its temporary files removed, whatever happens.

    Yields:
        The session's folder for temporary files. Processes that are started inside use it too,
        unless its path is too long for them.
    """
    scratch = Path(tempfile.gettempdir()) / f"keras-search-{secrets.token_hex(3)}"
    variables = {MARK: str(scratch)}
    if len(str(scratch)) <= LONGEST:
        variables |= {"TMPDIR": str(scratch), "RAY_TMPDIR": _ray_folder()}
    # A session of its own, so that no terminal and no group's signal ends it.
    guardian = subprocess.Popen(  # noqa: S603 - this very file
        [sys.executable, "-P", __file__, str(scratch), str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    scratch.mkdir(mode=0o700)
    with _environment(variables):
        try:
            yield scratch
        finally:
            if guardian.stdin is not None:
                guardian.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                guardian.wait(PATIENCE)


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


def _ray_folder() -> str:
    """Where Ray keeps its sessions: as by its own rule, since a socket's path is short."""
    of_linux = os.environ.get("TMPDIR", "/tmp") if sys.platform == "linux" else "/tmp"  # noqa: S108
    return os.environ.get("RAY_TMPDIR", of_linux)


def guard(scratch: str, driver: int) -> None:
    """Wait until the driver is gone, or has come to its end; then tidy."""
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(kind, signal.SIG_IGN)
    # Not the pipe alone: a process that the driver has forked holds its other end too.
    while os.getppid() == driver and not select.select([sys.stdin], [], [], 1.0)[0]:
        pass
    end_all(scratch, driver)
    shutil.rmtree(scratch, ignore_errors=True)


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
            return False  # ended meanwhile, or another person's

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
