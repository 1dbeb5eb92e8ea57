"""The end of a session whose Ray has died: in time, in words, and with all that was finished."""

from collections.abc import Callable
from pathlib import Path

from search.app.interrupts import Interrupts
from search.app.log_redirect import Real
from search.cluster.connection import IfItDies
from search.display.lines import plain_lines

GRACE = 0.3
"""Seconds in which an interrupt of the whole group reaches this process, too."""
LATE = 50.0
"""Seconds that judging and the page may still take where Ray, which they do not need, has died."""


class Death:
    """What a session does when a process of Ray's has died without which nothing can be searched.

    Called by the watchdog in its own thread, for the driver may be inside Ray, which may end the
    process at any moment: so the sentence comes first.

    Args:
        interrupts: As they are heeded.
        real: The standard streams.

    Where Ray is faster, the guardian says it.

    Attributes:
        came: Whether it has been said.
    """

    def __init__(self, interrupts: Interrupts, real: Real) -> None:
        self.interrupts = interrupts
        self._say: Callable[[str], object] = plain_lines(real.errors)
        self._go_on = "no trial had started; start it again"
        self.came = False
        self._late = False
        self._last_words: Callable[[str], object] = lambda _: None
        self.if_it_dies = IfItDies(self, real.errors.fileno())

    def __call__(self, what: str) -> None:
        """Say what has died, and have the session end."""
        if self.interrupts.came.wait(GRACE):
            return  # a signal to the whole group has ended Ray's processes, too
        if self._late:
            self._say(f"{what}; the search is over and does not need it")
            self.interrupts.fail(LATE)
            return
        self.came = True
        self._last_words("")
        self._say(f"search: {what}; {self._go_on}")
        self.interrupts.fail()

    def connected(self, last_words: Callable[[str], object]) -> None:
        """From now on a process that outlives this one can report its death."""
        self._last_words = last_words
        self.interrupts.silence = lambda: last_words("")
        self._leave_words()

    def during(self, say: Callable[[str], object], path: Path) -> None:
        """From now on there is a run to go on with, and a screen."""
        self._say = say
        self._go_on = f"finished trials are saved; continue with `search resume {path}`"
        self._leave_words()

    def late(self) -> None:
        """From now on nothing of Ray is needed any more."""
        self._late = True

    def _leave_words(self) -> None:
        if not self.interrupts.came.is_set():
            self._last_words(
                f"search: its process was ended, by Ray or from outside; {self._go_on}"
            )
