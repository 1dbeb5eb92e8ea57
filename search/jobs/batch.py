"""Jobs that are known from the start and wait for no other: the finals' kind of work."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

from search.jobs.job_source import JobSource
from search.jobs.keras_process import KerasProcess
from search.jobs.messages import Failed, Job, Result
from search.study.errors import RunError

DEATHS = 8
"""Workers that may die with a job before it has failed. More than a trial's: these models have been
trained before, so that the worker is likelier to have been ended from outside, and without the
winner's predictions there is no answer. With two, workers killed every 10 s cost 5 of 19 runs
theirs."""


class Batch(JobSource):
    """A list of jobs, each done once.

    Args:
        jobs: In the order in which they are handed out.
        on_change: Called with this batch after each ending.
        known: A result for each job that was done before, None for the others.
        on_result: Called with each job that ended, its result and the seconds that it took.
        beside: Performs the job that it takes, in the place of a worker; None for nobody.

    Attributes:
        jobs: As given.
        results: One a job, in the same order; None while it is not there.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        on_change: Callable[["Batch"], None] = lambda _: None,
        known: Sequence[Result | None] = (),
        on_result: Callable[[Job, Result, float], None] = lambda *_: None,
        beside: KerasProcess | None = None,
    ) -> None:
        self.jobs = tuple(jobs)
        self._changed = on_change
        self._on_result = on_result
        self._beside = beside
        self._taken: Job | None = None
        self._deaths: Counter[int] = Counter()
        self._begun: dict[int, float] = {}
        self.results: list[Result | None] = list(known) or [None] * len(self.jobs)
        self._waiting = [i for i, result in enumerate(self.results) if result is None]

    @property
    def done(self) -> int:
        """How many jobs have ended."""
        return sum(result is not None for result in self.results)

    def next(self) -> Job | None:
        """The next job that no worker has."""
        self._look_beside()
        if self._stopping or not self._waiting:
            return None
        place = self._waiting.pop(0)
        self._begun[place] = time.monotonic()
        job = self.jobs[place]
        if self._beside is None or not self._beside.takes(job):
            return job
        self._beside.begin(job)
        self._taken = job
        return self.next()

    def over(self) -> bool:
        """Whether every job has ended."""
        self._look_beside()
        return self._stopping or self.done == len(self.jobs)

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Keep a result."""
        del worker
        place = self._place(job)
        if place is None:
            return  # it is from the work before, which did not wait for it
        self.results[place] = result
        self._on_result(job, result, time.monotonic() - self._begun[place])
        self._changed(self)

    def lost(self, job: Job, reason: str) -> None:
        """A job whose worker died is done again, until it was one death too many."""
        place = self._place(job)
        if place is None:
            return
        self._deaths[place] += 1
        if self._deaths[place] < DEATHS:
            self._waiting.insert(0, place)
        else:
            self.ended(job, Failed(reason), "")

    def returned(self, job: Job) -> None:
        """It is done again, however often."""
        place = self._place(job)
        if place is not None:
            self._waiting.insert(0, place)

    def _look_beside(self) -> None:
        """Take the result of what is performed beside; a worker does it where nobody is left."""
        if self._beside is None or self._taken is None:
            return
        job = self._taken
        try:
            result = self._beside.result()
        except RunError:
            self._taken = None
            self.returned(job)
            return
        if result is not None:
            self._taken = None
            self.ended(job, result, "")

    def _place(self, job: Job) -> int | None:
        return next((i for i, known in enumerate(self.jobs) if known is job), None)
