"""Who decides: a `JobSource` hands out jobs and is given what workers answer.

A runner (`search.tuning.runner`) takes jobs from it and has workers perform them. The runner knows
nothing of trials or finals; a source knows nothing of Ray.
"""

from typing import Protocol

from search.jobs.messages import Checkpoint, Job, Result, Rung, WorkerMessage


class JobSource(Protocol):
    """Hands out jobs and decides on their results. All is called from one thread."""

    _stopping: bool = False

    def next(self) -> Job | None:
        """The next job; None where there is nothing to do just now."""
        ...

    def over(self) -> bool:
        """Whether there will never be another job."""
        ...

    def at_rung(self, job: Job, rungs: tuple[Rung, ...], worker: str = "") -> bool:
        """Take note of rungs, and the worker that came to them; returns whether the job goes on."""
        del job, rungs, worker
        return True

    def keep(self, kept: Checkpoint) -> None:
        """Save where a trial stands."""
        del kept

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Take a job's result, and the worker that performed it."""
        ...

    def lost(self, job: Job, reason: str) -> None:
        """The worker died with this job."""
        ...

    def returned(self, job: Job) -> None:
        """The machine under the worker is gone: it is as if the job had not been handed out."""
        ...

    def staffed(self, workers: int, spare: int) -> None:
        """So many workers there are from now on, and so many jobs more may wait for one."""
        del workers, spare

    def stop(self) -> None:
        """Hand out no more, and give up what is under way."""
        self._stopping = True

    def stopped(self) -> bool:
        """Whether what is under way is given up."""
        return self._stopping


def pass_on(source: JobSource, job: Job, said: WorkerMessage, worker: str) -> bool:
    """Give a source what a worker answered about a job; returns whether the job goes on."""
    if isinstance(said, Checkpoint):
        source.keep(said)
        return True
    if isinstance(said, tuple):
        return source.at_rung(job, said, worker)
    source.ended(job, said, worker)
    return False
