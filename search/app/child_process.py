"""A use case in a process of its own, as a script or a notebook asks for it."""

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from search.app.interrupts import INTERRUPTED
from search.app.messages import Hearing
from search.study.errors import RunError
from search.study.package import environment_with_package
from search.tuning.listeners import Display, Listener, Listeners


def performed(
    order: Mapping[str, Any],
    failed: str,
    display: Display | None = None,
    listeners: Iterable[Listener] = (),
) -> Any:
    """Have an order performed by `search.app.child`.

    Args:
        order: What it shall do.
        failed: What to say where it ends without a word.
        display: Shows how it goes.
        listeners: Told, too.

    Returns:
        What it found; None of a search, which is in its run folder.

    Raises:
        InputError: The order is wrong.
        RunError: It could not be performed.
        KeyboardInterrupt: It was interrupted.
    """
    display = display or Display()
    hearing = Hearing(Listeners(display, *listeners, unheard=warnings.warn))
    with _started(order) as process, display.showing():
        _follow(process, hearing)
    if hearing.error is not None:
        raise hearing.error
    if process.returncode == INTERRUPTED:
        raise KeyboardInterrupt
    if process.returncode:
        raise RunError(failed)
    return hearing.result


@contextmanager
def _started(order: Mapping[str, Any]) -> "Iterator[subprocess.Popen[str]]":
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8", delete=False) as file:
        json.dump(order, file, default=str)  # paths
    process = subprocess.Popen(  # noqa: S603 - this very product
        [sys.executable, "-P", "-m", "search.app.child", file.name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        # Not the terminal's interrupts, but those that are sent on from here.
        start_new_session=True,
        env={
            "TF_CPP_MIN_LOG_LEVEL": "2",  # its log is the terminal until there is a run
            **environment_with_package(),
        },
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()  # its guardian ends what it has started
        process.wait()
        for stream in filter(None, (process.stdin, process.stdout)):
            stream.close()
        Path(file.name).unlink(missing_ok=True)


def _follow(process: "subprocess.Popen[str]", hearing: Hearing) -> None:
    """Take what the process says until it ends; an interrupt is sent on to it.

    Lines are read in a thread, since an interrupt in the middle of one would lose it.
    """
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get()
            if line is None:
                break
            hearing.hear(line)
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
    process.wait()
