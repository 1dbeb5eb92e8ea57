"""Works one after the other: the search, then its finals."""

from collections.abc import Callable

from search.tuning.work import Job, Kept, Result, Rung, Work


class Relay:
    """Works done one after the other by the same warm workers; each is made when it is due.

    Args:
        makers: Each gives a work; asked for the next only when the one before is over.
    """

    def __init__(self, *makers: Callable[[], Work]) -> None:
        self._makers = list(makers)
        self._current = self._makers.pop(0)()

    def next(self) -> Job | None:
        """The next job of the work that is due."""
        self._advance()
        return self._current.next()

    def over(self) -> bool:
        """Whether the last work is over."""
        self._advance()
        return self._current.over()

    def at_rung(self, job: Job, rungs: tuple[Rung, ...]) -> bool:
        """Pass on."""
        return self._current.at_rung(job, rungs)

    def keep(self, kept: Kept) -> None:
        """Pass on."""
        self._current.keep(kept)

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Pass on."""
        self._current.ended(job, result, worker)

    def lost(self, job: Job, reason: str) -> None:
        """Pass on."""
        self._current.lost(job, reason)

    def stop(self) -> None:
        """Stop the work that is due; those after it are not begun."""
        self._current.stop()

    def stopped(self) -> bool:
        """Whether the work that is due was stopped."""
        return self._current.stopped()

    def _advance(self) -> None:
        while self._makers and self._current.over() and not self._current.stopped():
            self._current = self._makers.pop(0)()
