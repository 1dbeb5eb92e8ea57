"""Who has jobs performed: Ray Tune on a cluster, or this very process."""

import os
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from search.study.errors import RunError
from search.study.study import Study
from search.tuning.bench import Bench, Supplies
from search.tuning.work import Work, pass_on


class Runner(Protocol):
    """Has workers perform a work's jobs until it is over."""

    def run(self, work: Work) -> None:
        """Return when the work is over or stopped and nothing is under way."""
        ...


class TuneRunner:
    """Ray Tune: a job is a Tune trial, a worker is a reused actor.

    Args:
        supplies: What each worker gets, once a node.
        workers: How many.
        name: Of the run; the dashboard shows it.
        scratch: Where Tune keeps its own state, which is never restored from.
    """

    def __init__(self, supplies: Supplies, workers: int, name: str, scratch: Path) -> None:
        self._supplies = supplies
        self._workers = workers
        self._name = name
        self._scratch = scratch

    def run(self, work: Work) -> None:
        """Run on the cluster that this process is connected to."""
        import ray
        from ray import tune
        from ray.tune import TuneError

        from search.tuning.searcher import Stopped, WorkScheduler, WorkSearcher, WorkStopper
        from search.tuning.worker import Parcel, Worker

        # All workers start side by side; how many jobs are under way is the work's to say.
        os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(self._workers)
        config = {
            "supplies": Parcel(None, ray.put(self._supplies)),
            "resources": {"CPU": self._supplies.cpus, "GPU": self._supplies.gpus},
        }
        scheduler = WorkScheduler(work, self._workers)
        tuner = tune.Tuner(
            Worker,
            param_space=config,
            tune_config=tune.TuneConfig(
                search_alg=WorkSearcher(work),
                scheduler=scheduler,
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name=self._name,
                storage_path=str(self._scratch),
                stop=WorkStopper(work),
                verbose=0,
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        )
        try:
            with suppress(Stopped):
                tuner.fit()
        except (OSError, TuneError) as error:  # such as a full disk under its scratch
            traceback.print_exc()  # into the run's log
            last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
            raise RunError(f"Ray Tune gave up ({last[0]}); `search logs` has it all") from None
        if work.stopped():
            scheduler.dismiss()


class InProcessRunner:
    """This very process: for `search try`, prints and a debugger.

    Args:
        supplies: What to work with.
        study: As it was read.
    """

    def __init__(self, supplies: Supplies, study: Study) -> None:
        self._bench = Bench(supplies, study)

    def run(self, work: Work) -> None:
        """One job after the other."""
        while not work.over() and not work.stopped():
            job = work.next()
            if job is None:
                return
            for said in self._bench.perform(job):
                if not pass_on(work, job, said, f"{os.getpid()}@here"):
                    break
