"""Work done aside, so that its caller can go on without it."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any


class BackgroundThread:
    """One thread for as long as the process lives, which does one thing after the other.

    One and the same, since Keras keeps its state by thread; a daemon, since Python waits for others
    at its exit.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[Callable[[], Any]] = SimpleQueue()
        self._done: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        threading.Thread(target=self._work, name="background", daemon=True).start()

    def begin(self, what: Callable[[], Any]) -> None:
        """Have something done; its `result` is to be taken before the next."""
        self._asked.put(what)

    def result(self, patience: float | None = None) -> Any:
        """What came of it; its exceptions are raised here.

        Args:
            patience: Seconds to wait; None for as long as it takes.

        Raises:
            queue.Empty: It is not done yet.
        """
        value, error = self._done.get(timeout=patience)
        if error is not None:
            raise error
        return value

    def _work(self) -> None:
        while True:
            what = self._asked.get()
            try:
                self._done.put((what(), None))
            except BaseException as error:  # also of code that exits: the waiting thread will
                self._done.put((None, error))
            del what
