"""Who watches a run: the screen, Ray's metrics, the live page; and the one place that guards it."""

import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING

from search.study.errors import SearchError, plain
from search.study.plain_text import LONGEST, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from search.cluster.worker_pool import Standing
    from search.store.manifest import Manifest
    from search.study.answer import Answer
    from search.study.trial import Trial


class Listener:
    """Notified of what happens in a run; a listener overrides what it wants to hear.

    Nothing that a listener does or raises changes the run.
    """

    def run_started(self, folder: "Path", manifest: "Manifest") -> None:
        """The first trial of this session is about to be suggested."""

    def trial_changed(self, trial: "Trial", epoch: int) -> None:
        """A trial was suggested (epoch 0), reached a rung, or ended."""

    def workers_changed(self, standing: "Standing") -> None:
        """How the workers stand, about once a second."""

    def finals_changed(self, done: int, total: int) -> None:
        """A job of the finals ended."""

    def said(self, line: str) -> None:
        """Something that the user should know."""

    def judged(self, manifest: "Manifest", answer: "Answer") -> None:
        """The finals have chosen a winner."""

    def page_written(self, page: "Path") -> None:
        """The run's page is there."""


class Display(Listener):
    """A listener that shows the run all the time, and not only when something happens."""

    def showing(self) -> AbstractContextManager[object]:
        """Show it while inside."""
        return nullcontext()


class Listeners:
    """Notifies several listeners, and takes what goes wrong in one of them upon itself.

    The first error of each is noted: in full on standard error, which is the run's log while a
    session goes on, and as one line to the others. It goes on being notified, since a full disk or
    a busy dashboard may pass.

    Args:
        screen: Notified first; where it fails itself, the line goes to `unheard`.
        others: In the order in which they are notified.
        unheard: Takes the line that nobody else can show.
    """

    def __init__(
        self, screen: Listener, *others: Listener, unheard: Callable[[str], object]
    ) -> None:
        self._screen = screen
        self._listeners = (screen, *others)
        self._unheard = unheard
        self._failed: set[Listener] = set()

    def join(self, *others: Listener) -> None:
        """Add these, from now on; whose failure was noted stays noted."""
        self._listeners += others

    def tell(self, what: Callable[[Listener], object]) -> None:
        """Call each listener by `what`; nothing that watches may end a run."""
        for listener in self._listeners:
            try:
                what(listener)
            except Exception as error:
                self._note(listener, error)

    def say(self, line: str) -> None:
        """Tell all of them something that the user should know."""
        self.tell(lambda listener: listener.said(line))

    def _note(self, failed: Listener, error: Exception) -> None:
        if failed in self._failed:
            return
        self._failed.add(failed)
        with suppress(Exception):
            traceback.print_exception(error)
        with suppress(Exception):
            name = type(failed).__name__
            is_sentence = isinstance(error, SearchError)
            said = one_line(str(error) if is_sentence else plain(error), LONGEST)
            why = f": {said}" if is_sentence else f" failed ({said})"
            line = f"{name}{why}; the run goes on without it"
            if failed is self._screen:
                self._unheard(line)
            else:
                self._screen.said(line)
