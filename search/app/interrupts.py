"""Ctrl-C, SIGTERM and a closed terminal: once is in order, twice is at once."""

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

KINDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LATEST = 9.0
"""Seconds after an interrupt at which the process leaves, whatever it still does: all that is told
is kept, and a user does not wait longer than ten."""
INTERRUPTED, UNFINISHED = 130, 1


class Interrupts:
    """Heeds interrupts from a session's first step to its last.

    The first calls what the session has set for it, or else raises KeyboardInterrupt where the
    session stands. Python does so only between two steps of the main thread, which may be inside
    Ray for seconds. So a second thread hears of each signal as it comes, and ends the process at
    the second, or when the first has not ended it in time.

    Args:
        at_once: Called before the process leaves without coming to its end.

    Attributes:
        came: Whether a signal has come, also where Python has not seen it yet.
        silence: Called when the first has come: the session's end needs no explanation then.
    """

    def __init__(self, at_once: Callable[[], None] = lambda: None) -> None:
        self._at_once = at_once
        self._stop: Callable[[], None] | None = None
        self._heard = False
        self._code = INTERRUPTED
        self._patience = LATEST
        self._bell: socket.socket | None = None
        self.came = threading.Event()
        self.silence: Callable[[], object] = lambda: None

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Heed them while inside."""
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        threading.Thread(target=self._watch, args=(ours,), name="interrupts", daemon=True).start()
        self._bell = theirs
        told = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        # Under nohup, a terminal may close without a word.
        kinds = [k for k in KINDS if (k, signal.getsignal(k)) != (signal.SIGHUP, signal.SIG_IGN)]
        before = {kind: signal.signal(kind, self._on_signal) for kind in kinds}
        try:
            yield
        finally:
            self._bell = None
            for kind, handler in before.items():
                signal.signal(kind, handler)
            signal.set_wakeup_fd(told)
            theirs.close()

    def heed(self) -> None:
        """Raise where one has come and was lost.

        Python drops what a handler raises inside a callback, of which importing a library has many.

        Raises:
            KeyboardInterrupt: One has come.
        """
        if self._heard:
            raise KeyboardInterrupt

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """While inside, the first calls this, which has the work end in order."""
        self._stop = stop
        self.heed()
        try:
            yield
        finally:
            self._stop = None

    def fail(self, patience: float = LATEST) -> None:
        """Have the session end from any thread, since it cannot go on: in order, if that is quick.

        Args:
            patience: Seconds after which the process leaves, whatever it still does.
        """
        self._code, self._patience = UNFINISHED, patience
        if self._stop is None and patience <= LATEST:
            self._leave()
        if self._stop is not None:
            self._stop()
        with suppress(OSError):
            if self._bell is not None:
                self._bell.send(b"\0")  # no signal has this number

    def _on_signal(self, number: int, frame: "FrameType | None") -> None:
        del number, frame
        if self._heard:
            return  # the other thread is about to end the process
        self._heard = True
        if self._stop is None:
            raise KeyboardInterrupt
        self._stop()

    def _watch(self, ours: socket.socket) -> None:
        heard, latest = 0, None
        with ours:
            while True:
                left = None if latest is None else max(0.0, latest - time.monotonic())
                if not select.select([ours], [], [], left)[0]:
                    self._leave()
                numbers = ours.recv(64)
                if not numbers:
                    return  # the session is over
                heard += sum(number in KINDS for number in numbers)
                if heard and not self.came.is_set():
                    self.came.set()
                    self.silence()
                if heard > 1:
                    self._leave()
                if latest is None:
                    latest = time.monotonic() + (LATEST if heard else self._patience)

    def _leave(self) -> None:
        with suppress(Exception):
            self._at_once()
        with suppress(OSError):  # where there is no terminal
            os.write(
                os.open("/dev/tty", os.O_WRONLY), b"\x1b[?25h"
            )  # the live table hid its cursor
        os._exit(self._code)  # the guardian ends what is left
