"""Works one after the other: the search, then its finals."""

from collections.abc import Callable
from typing import TypeVar

from search.jobs.job_source import JobSource
from search.jobs.messages import Checkpoint, Job, Result, Rung
from search.study.errors import RunError

T = TypeVar("T")


class Phases(JobSource):
    """Works done one after the other by the same warm workers; each is made when it is due.

    Where nothing more can be written, the work that is due is stopped and the reason saved for
    `check`: an error would be lost in the runner, which answers it by trying again.

    Args:
        makers: Each gives a work; called for the next only when the one before is over.
    """

    def __init__(self, *makers: Callable[[], JobSource]) -> None:
        self._makers = list(makers)
        self._current = self._makers.pop(0)()
        self._failure: RunError | None = None

    def next(self) -> Job | None:
        """The next job of the work that is due."""
        return self._tried(self._next, None)

    def over(self) -> bool:
        """Whether the last work is over."""
        return self._tried(lambda: self._due().over(), True)

    def at_rung(self, job: Job, rungs: tuple[Rung, ...], worker: str = "") -> bool:
        """Pass on."""
        return self._tried(lambda: self._current.at_rung(job, rungs, worker), False)

    def keep(self, kept: Checkpoint) -> None:
        """Pass on."""
        self._tried(lambda: self._current.keep(kept), None)

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Pass on."""
        self._tried(lambda: self._current.ended(job, result, worker), None)

    def lost(self, job: Job, reason: str) -> None:
        """Pass on."""
        self._tried(lambda: self._current.lost(job, reason), None)

    def returned(self, job: Job) -> None:
        """Pass on."""
        self._tried(lambda: self._current.returned(job), None)

    def staffed(self, workers: int, spare: int) -> None:
        """Pass on."""
        self._current.staffed(workers, spare)

    def check(self) -> None:
        """Raise what stopped the work, where something other than a user did."""
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop the work that is due; those after it are not begun."""
        self._current.stop()

    def stopped(self) -> bool:
        """Whether the work that is due was stopped."""
        return self._current.stopped()

    def _tried(self, call: Callable[[], T], instead: T) -> T:
        try:
            return call()
        except RunError as error:
            self._failure = self._failure or error
            self.stop()
            return instead

    def _next(self) -> Job | None:
        job = self._due().next()
        # A work may see only where it is asked that there is nothing more to do.
        while job is None and self._is_done:
            job = self._due().next()
        return job

    @property
    def _is_done(self) -> bool:
        """Whether the work that is due is over, and others follow it."""
        return bool(self._makers) and self._current.over() and not self._current.stopped()

    def _due(self) -> JobSource:
        while self._is_done:
            self._current = self._makers.pop(0)()
        return self._current
