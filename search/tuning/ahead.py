"""Tune and its workers, started before there is a run for them."""

import threading

from search.cluster.connection import Cluster
from search.cluster.resources import Resources
from search.cluster.worker_pool import Standing
from search.jobs.job_source import JobSource
from search.jobs.keras_process import has_room
from search.jobs.messages import Checkpoint, Job, Result, Rung, WarmUp
from search.tuning.runner import SILENT, Telling, TuneRunner

LOADED = 60.0
"""Seconds for which a run waits for all workers to have loaded it."""
LOOK = 0.5
"""Seconds between two of Tune's rounds meanwhile."""


class RunnerAhead(JobSource):
    """Has each worker load what jobs need; goes on with the jobs of a run.

    Tune runs in a thread of its own, since it has begun where there is a run to be read.

    Args:
        cluster: That this process is connected to.
    """

    def __init__(self, cluster: Cluster) -> None:
        nodes = cluster.watched(Resources(), self._say)
        self._warm_ups = [WarmUp(keras=has_room(number + 1)) for number in range(nodes.workers(0))]
        self._loading = len(self._warm_ups)
        self._loaded = threading.Event()
        self._work: JobSource | None = None
        self._begun = threading.Event()
        self._telling = SILENT
        self._error: Exception | None = None
        telling = Telling(self._say, self._on_look)
        self._runner = TuneRunner(None, nodes, "kept", cluster.scratch, telling)
        self._thread = threading.Thread(target=self._run, name="tune", daemon=True)
        self._thread.start()
        TuneRunner.ahead = self

    def wait(self) -> None:
        """Until each worker has loaded it: a run's seconds are not spent on that."""
        self._loaded.wait(LOADED)

    def perform(self, work: JobSource, runner: TuneRunner) -> None:
        """Have the jobs of a run performed; returns when they are.

        Args:
            work: Whose jobs they are.
            runner: That would do so otherwise.
        """
        TuneRunner.ahead = None
        self._telling = runner.telling
        self._runner.context = runner.context
        self._work = work
        self._begun.set()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """There will be no run."""
        TuneRunner.ahead = None
        self.stop()
        self._begun.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._runner.tuned(self)
        except Exception as error:  # for whom waits
            self._error = error

    def _say(self, line: str) -> None:
        self._telling.say(line)

    def _on_look(self, standing: Standing) -> None:
        self._telling.on_look(standing)

    def next(self) -> Job | None:
        """Something to load, then the run's."""
        if self._warm_ups:
            return self._warm_ups.pop()
        # Where no job is under way, Tune asks again at once, and would take all of a core.
        if self._work is None and not self._begun.wait(LOOK):
            return None
        return None if self._work is None else self._work.next()

    def over(self) -> bool:
        """Whether the run is."""
        return self._work is not None and self._work.over()

    def at_rung(self, job: Job, rungs: tuple[Rung, ...], worker: str = "") -> bool:
        """Pass on."""
        return self._run_of(job).at_rung(job, rungs, worker)

    def keep(self, kept: Checkpoint) -> None:
        """Pass on."""
        if self._work is not None:
            self._work.keep(kept)

    def ended(self, job: Job, result: Result, worker: str) -> None:
        """Pass on what is the run's."""
        if not self._counted(job):
            self._run_of(job).ended(job, result, worker)

    def lost(self, job: Job, reason: str) -> None:
        """Pass on what is the run's; another worker takes the place of one that has loaded."""
        if not self._counted(job):
            self._run_of(job).lost(job, reason)

    def returned(self, job: Job) -> None:
        """As `lost`."""
        if not self._counted(job):
            self._run_of(job).returned(job)

    def staffed(self, workers: int, spare: int) -> None:
        """Pass on."""
        if self._work is not None:
            self._work.staffed(workers, spare)

    def stopped(self) -> bool:
        """Whether the run is, or there will be none."""
        return self._stopping if self._work is None else self._work.stopped()

    def _counted(self, job: Job) -> bool:
        """Whether it is none of the run's; then one worker less is loading."""
        if not isinstance(job, WarmUp):
            return False
        self._loading -= 1
        if not self._loading:
            self._loaded.set()
        return True

    def _run_of(self, job: Job) -> JobSource:
        assert self._work is not None, job  # noqa: S101 - none else has given it out
        return self._work
