"""The way to a Ray dashboard that listens on its head's loopback only."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from search.study.errors import ArgumentError

REMOTE_PORT = 8265
"""Of the Ray dashboard, on the head's loopback."""
PATIENCE = 60.0
"""Seconds for a tunnel to stand."""


@contextmanager
def tunnel(cluster: Path) -> Iterator[str]:
    """The head's dashboard on a port of this machine's loopback, through Ray's own SSH.

    Args:
        cluster: The file of a cluster that `ray up` started.

    Yields:
        Its address here.

    Raises:
        ArgumentError: The head is not reached.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["dashboard", str(cluster), "--port", str(port), "--remote-port", str(REMOTE_PORT)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - Ray's own command, on your file
            [sys.executable, "-m", "ray.scripts.scripts", *words],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,  # a Ctrl-C is for this process, which ends the tunnel itself
        )
        try:
            latest = time.monotonic() + PATIENCE
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > latest:
                    said.seek(0)
                    raise ArgumentError(
                        "cluster",
                        cluster,
                        f"its head is not reached ({_last(said.read().decode(errors='replace'))})",
                        f"start it by `ray up {cluster}`",
                    )
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _last(text: str) -> str:
    """What Ray said last: the reason comes at its end."""
    said = [line.strip() for line in text.splitlines() if any(map(str.isalnum, line))]
    return said[-1].removeprefix("The exception is: ") if said else "it says nothing"
