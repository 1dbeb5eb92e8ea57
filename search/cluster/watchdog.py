"""Whether the processes are alive without which Ray cannot go on: its raylet and its GCS.

Ray ends a driver that has lost one of them by `_exit(1)`: of the raylet as soon as it touches the
object store, of the GCS after a minute, and of an agent by way of the raylet, which ends with it.
So somebody else has to look, and to say so first.
"""

import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from search.cluster.ray_compat import own_node

LOOK = 0.2
"""Seconds between two looks at processes of this machine."""
KNOCK = 5.0
"""Seconds between two knocks at the head of a cluster that was joined."""
PATIENCE = 45.0
"""Seconds for which the head may be away, as while it starts anew; Ray itself gives up after 60."""

Look = Callable[[], str]
"""What has happened to something vital, as half a sentence; empty while it is well."""


@contextmanager
def watchdog(lost: Callable[[str], object]) -> Iterator[None]:
    """Look after the cluster that this process is connected to.

    Args:
        lost: Called once, in another thread, with what has died.
    """
    over = threading.Event()
    looks = vital()

    def watch() -> None:
        while not over.wait(LOOK):
            what = next(filter(None, (look() for look in looks)), "")
            if what and not over.is_set():
                lost(what)
                return

    thread = threading.Thread(target=watch, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def vital() -> list[Look]:
    """A look for each thing that is vital to this driver."""
    node = own_node()
    own = node.all_processes
    if own.get("gcs_server"):
        return [
            _of_child(name, started.process)
            for kind, name in (("raylet", "raylet"), ("gcs_server", "GCS"))
            for started in own.get(kind, ())
        ]
    raylet = _peer(node.raylet_socket_name)
    host, _, port = node.gcs_address.rpartition(":")
    return [_of_head(host, int(port)), *([_of_process(raylet)] if raylet else [])]


def _of_child(name: str, process: Any) -> Look:
    def look() -> str:
        code = process.poll()
        if code is None:
            return ""
        how = f"ended by {_signal(-code)}" if code < 0 else f"exit code {code}"
        return f"Ray's {name} has died ({how})"

    return look


def _of_process(number: int) -> Look:
    import psutil

    process = psutil.Process(number)

    def look() -> str:
        with suppress(psutil.Error):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                return ""
        return "the raylet of this machine has died"

    return look


def _of_head(host: str, port: int) -> Look:
    now = time.monotonic
    seen = knocked = now()

    def look() -> str:
        nonlocal seen, knocked
        if now() - knocked >= KNOCK:
            try:
                socket.create_connection((host, port), timeout=KNOCK).close()
                seen = now()
            except OSError:
                pass
            knocked = now()
        away = now() - seen
        return f"the cluster's head has not answered for {away:.0f} s" if away > PATIENCE else ""

    return look


def _peer(path: str) -> int:
    """The process that listens at a Unix socket; 0 where the system does not say."""
    kind = getattr(socket, "SO_PEERCRED", None)
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        if kind is not None:
            client.settimeout(KNOCK)
            client.connect(path)
            size = struct.calcsize("3i")
            return int(struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, kind, size))[0])
    return 0


def _signal(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"
