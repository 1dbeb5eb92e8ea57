"""Who has jobs performed: Ray Tune on a cluster, or this very process."""

import os
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Optional

from search.cluster.nodes import Nodes, Say
from search.cluster.worker_pool import Standing, WorkerPool
from search.jobs.context import FunctionContext, WorkerContext
from search.jobs.job_source import JobSource, pass_on
from search.study.errors import RunError
from search.study.plain_text import LONGEST, one_line
from search.study.study import Study
from search.tuning.function_trials import executor_of

if TYPE_CHECKING:
    from search.tuning.ahead import RunnerAhead


@dataclass(frozen=True)
class Telling:
    """Who is notified of how the workers fare.

    Attributes:
        say: Called with sentences for the user.
        on_look: Called with how the workers stand, about once a second.
    """

    say: Say
    on_look: Callable[[Standing], None]


SILENT = Telling(lambda _: None, lambda _: None)


class TuneRunner:
    """Ray Tune: a job is a Tune trial, a worker is a reused actor.

    Args:
        context: What each worker gets, once a node.
        nodes: Where workers are.
        name: Of the run; the dashboard shows it.
        scratch: Where Tune keeps its own state, which is never restored from.
        telling: Notified of how it goes.

    Attributes:
        context: As given; None where it is not known yet.
        telling: As given.
        ahead: One that this process has begun already, until it is used.
    """

    ahead: ClassVar[Optional["RunnerAhead"]] = None

    def __init__(
        self,
        context: WorkerContext | FunctionContext | None,
        nodes: Nodes,
        name: str,
        scratch: Path,
        telling: Telling = SILENT,
    ) -> None:
        self.context = context
        self.telling = telling
        self._nodes = nodes
        self._name = name
        self._scratch = scratch
        # All workers start side by side; how many jobs are under way is the work's to say.
        os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(max(1, nodes.workers(0)))

    def run(self, work: JobSource) -> None:
        """Run on the cluster that this process is connected to.

        Raises:
            RunError: Ray or Tune gave up, of whatever kind their error is.
        """
        try:
            if self.ahead is None:
                self.tuned(work)
            else:
                self.ahead.perform(work, self)
        except Exception as error:  # a full disk under its scratch, a process of Ray's that died
            if not work.stopped():  # else what stopped it may have ended Ray's processes, too
                traceback.print_exc()  # into the run's log
                last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
                why = one_line(last[0], LONGEST)
                raise RunError(f"Ray Tune gave up ({why}); `search logs` has it all") from None

    def tuned(self, work: JobSource) -> None:
        """The same, with whatever error Ray or Tune has raised."""
        import ray
        from ray import tune

        from search.tuning.searcher import JobScheduler, JobSearcher, JobStopper, Stopped
        from search.tuning.worker import Parcel, Worker

        pool = WorkerPool(work, self._nodes, self.telling.say, self.telling.on_look)
        config = {
            "resources": self._nodes.resources.bundle,
            "run": self._name,
        }
        scheduler = JobScheduler(work, pool)
        context = cache(lambda: Parcel(None, ray.put(self.context)))
        tuner = tune.Tuner(
            Worker,
            param_space=config,
            tune_config=tune.TuneConfig(
                search_alg=JobSearcher(work, pool, context),
                scheduler=scheduler,
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name=self._name,
                storage_path=str(self._scratch),
                stop=JobStopper(work),
                verbose=0,
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        )
        with suppress(Stopped):
            tuner.fit()
        if work.stopped():
            scheduler.dismiss()


class InProcessRunner:
    """This very process: for `search try`, prints and a debugger.

    Args:
        context: What to work with.
        study: As it was read.
    """

    def __init__(self, context: WorkerContext | FunctionContext, study: Study) -> None:
        self._executor = executor_of(context, study)

    def run(self, work: JobSource) -> None:
        """One job after the other."""
        while not work.over() and not work.stopped():
            job = work.next()
            if job is None:
                return
            for said in self._executor.perform(job):
                if not pass_on(work, job, said, f"{os.getpid()}@here"):
                    break
