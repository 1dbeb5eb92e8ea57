"""Jobs that are known from the start and wait for no other: the finals' kind of work."""

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence

from search.jobs.job_source import JobSource
from search.jobs.messages import Failed, Job, JointRefit, JointRefitted, Refit, Result

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
        workers: That share fits which differ in the seed alone, each of which trains its part of
            them together; 0 to hand out each fit by itself.

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
        workers: int = 0,
    ) -> None:
        self.jobs = tuple(jobs)
        self._changed = on_change
        self._on_result = on_result
        self._workers = workers
        self._joint: list[tuple[JointRefit, tuple[int, ...]]] = []
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
        if self._stopping or not self._waiting:
            return None
        places = self._together(self._waiting[0])
        for place in places:
            self._waiting.remove(place)
            self._begun[place] = time.monotonic()
        jobs = [self.jobs[place] for place in places]
        if len(places) == 1:
            return jobs[0]
        joint = JointRefit.of([job for job in jobs if isinstance(job, Refit)])
        self._joint.append((joint, tuple(places)))
        return joint

    def _together(self, place: int) -> list[int]:
        """The job at a place and those that are handed out with it."""
        job = self.jobs[place]
        if not self._workers or not isinstance(job, Refit) or self._deaths[place]:
            return [place]  # of fits that were lost together, only the guilty one fails
        most = math.ceil((len(self.jobs) - self.done) / self._workers)  # something for each
        others = [i for i in self._waiting if i != place and not self._deaths[i]]
        alike = [i for i in others if self._differs_by_seed(i, job)]
        return [place, *alike[: most - 1]]

    def _differs_by_seed(self, place: int, job: Refit) -> bool:
        other = self.jobs[place]
        return isinstance(other, Refit) and other.differs_by_seed(job)

    def over(self) -> bool:
        """Whether every job has ended."""
        return self._stopping or self.done == len(self.jobs)

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Keep a result."""
        del worker
        places = self._places(job)
        if not places:
            return  # it is from the work before, which did not wait for it
        results = result.results if isinstance(result, JointRefitted) else [result] * len(places)
        for place, of_place in zip(places, results, strict=True):
            self.results[place] = of_place
            seconds = time.monotonic() - self._begun[place]
            self._on_result(self.jobs[place], of_place, seconds)
            self._changed(self)

    def lost(self, job: Job, reason: str) -> None:
        """A job whose worker died is done again, until it was one death too many."""
        for place in reversed(self._places(job)):
            self._deaths[place] += 1
            if self._deaths[place] < DEATHS:
                self._waiting.insert(0, place)
            else:
                self.ended(self.jobs[place], Failed(reason), "")

    def returned(self, job: Job) -> None:
        """It is done again, however often."""
        self._waiting[:0] = self._places(job)

    def _places(self, job: Job) -> list[int]:
        """Of a job that was handed out; empty where this work did not."""
        for joint, places in self._joint:
            if joint is job:
                return list(places)
        return [i for i, known in enumerate(self.jobs) if known is job]
