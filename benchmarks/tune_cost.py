"""What Ray Tune takes of the driver's thread for a trial and for a result, with real actors."""

import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from benchmarks.markdown import number

TRIALS = 40
"""For each actor, at least 400 in all."""
RESULTS = (1, 5)
"""Of a trial: two numbers give what one more takes."""


@dataclass(frozen=True)
class TuneCost:
    """Seconds of the driver's thread.

    Attributes:
        actors: That were at work.
        trial: For a trial with its first result.
        result: For each further result.
    """

    HEADER: ClassVar = ("actors", "a trial, ms", "a further result, ms")

    actors: int
    trial: float
    result: float

    @property
    def row(self) -> list[str]:
        """Of a table."""
        return [str(self.actors), number(1e3 * self.trial), number(1e3 * self.result)]


class Empty:
    """A work whose jobs need no time and have no content.

    Args:
        trials: How many.
        actors: So many are under way at most.
    """

    def __init__(self, trials: int, actors: int) -> None:
        self._trials = trials
        self._actors = actors
        self._asked = self._ended = 0
        self._clock: list[float] = []

    def next(self) -> Any:
        """A number."""
        if self._asked == self._trials or self._asked - self._ended >= self._actors:
            return None
        self._asked += 1
        return self._asked

    def over(self) -> bool:
        """Whether all were performed."""
        return self._ended == self._trials

    def at_rung(self, job: Any, rungs: Any, worker: str = "") -> bool:
        """It goes on."""
        del job, rungs, worker
        return True

    def ended(self, job: Any, result: Any, worker: str) -> None:
        """One more."""
        del job, result, worker
        self._ended += 1
        self._clock.append(time.thread_time())

    def lost(self, job: Any, reason: str) -> None:
        """Not here."""
        raise RuntimeError(f"{job}: {reason}")

    def returned(self, job: Any) -> None:
        """Not here."""
        raise RuntimeError(f"{job} came back")

    def staffed(self, workers: int, spare: int = 0) -> None:
        """It knows."""
        del workers, spare

    def stopped(self) -> bool:
        """Never."""
        return False

    @property
    def each(self) -> float:
        """Seconds of the driver's thread for a trial, when every actor had had two."""
        settled = self._clock[2 * self._actors :]
        return (settled[-1] - settled[0]) / (len(settled) - 1)


def measured(actors: int) -> TuneCost:
    """Have trials of no length performed by this many actors."""
    with _cluster(actors):
        few, many = (_seconds(actors, results) for results in RESULTS)
    result = (many - few) / (RESULTS[1] - RESULTS[0])
    return TuneCost(actors, few, result)


@contextmanager
def _cluster(actors: int) -> Iterator[None]:
    from search.cluster.connection import quieten

    quieten()  # Ray reads some of it as it is imported
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(actors)
    import ray

    ray.init(address="local", num_cpus=actors, logging_level="ERROR", log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


def _seconds(actors: int, results: int) -> float:
    """Of the driver's thread for each trial, after the actors' start."""
    from ray import tune

    from search.cluster.nodes import Nodes
    from search.cluster.resources import Resources
    from search.cluster.worker_pool import WorkerPool
    from search.tuning.searcher import JobScheduler, JobSearcher, JobStopper
    from search.tuning.worker import Parcel

    class Idle(tune.Trainable):
        """Says what it has to say, and trains nothing."""

        def setup(self, config: dict[str, Any]) -> None:
            del config
            self._said = itertools.count(1)

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            del new_config
            self._said = itertools.count(1)
            return True

        def step(self) -> dict[str, Any]:
            last = next(self._said) == results
            return {"said": None if last else (), "worn": False}

    work: Any = Empty(max(400, TRIALS * actors), actors)
    nodes = Nodes(Resources(), joined=False)
    nodes.look()
    pool = WorkerPool(work, nodes, lambda _: None, lambda _: None)
    with tempfile.TemporaryDirectory(prefix="tune-cost-") as scratch:
        tune.Tuner(
            Idle,
            tune_config=tune.TuneConfig(
                search_alg=JobSearcher(work, pool, lambda: Parcel(None)),
                scheduler=JobScheduler(work, pool),
                num_samples=-1,
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                storage_path=scratch,
                stop=JobStopper(work),
                verbose=0,
                checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
            ),
        ).fit()
    return float(work.each)
