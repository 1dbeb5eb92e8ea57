"""How many workers one driver keeps busy: the real search, with simulated workers.

    python -m benchmarks.simulate --workers 16 128 1920

Sampler, pruner, ledger and store are the product's own. What each call of theirs takes of the
driver's thread is added to a virtual clock, and so is what Ray Tune takes for a trial and a result,
which is measured first, with real actors. Only the training is made up: its time is log-normal, its
value a smooth function of the parameters, and nodes are lost and replaced.
"""

import argparse
import heapq
import math
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks.jobs import ROOT
from benchmarks.machine import described
from benchmarks.markdown import megabytes, number, table, write
from benchmarks.tune_cost import TuneCost, measured
from search import Budget, Choice, DenseSpace, Float, Int, Study, circles
from search.app.manifest_builder import plan_of
from search.jobs.job_source import JobSource
from search.jobs.messages import Assignment, AssignmentResult, Rung, TrialJob
from search.store.folder import Folder
from search.store.manifest import DataSummary, Machine, Manifest
from search.store.recorder import Recorder
from search.study.goal import Goal
from search.study.trial import EngineChoice, Outcome, State, seed_of
from search.tuning.search_loop import SearchLoop

T = TypeVar("T")

EPOCHS = 27
SPREAD = 0.5
"""Standard deviation of the logarithm of a trial's seconds."""
NODE = 16
"""Workers of a node."""
HOUR = 3600.0
LOST_AN_HOUR = 0.01
"""Share of the nodes."""
NOTICED = 14.0
"""Seconds until Ray says that a node is dead; measured with its own settings."""
REPLACED = 180.0
"""Seconds until another node is there."""
BUSY = 0.95


@dataclass(frozen=True)
class Fleet:
    """The workers that are simulated.

    Attributes:
        workers: How many.
        seconds: Of a trial that is trained to its end, in the mean.
        lost: Share of the nodes that is lost in an hour.
        seed: Of times and losses.
    """

    workers: int
    seconds: float
    lost: float = LOST_AN_HOUR
    seed: int = 0

    @property
    def nodes(self) -> int:
        """How many there are."""
        return math.ceil(self.workers / NODE)


@dataclass
class Task:
    """A job in a worker's hands.

    Attributes:
        place: Of the worker.
        job: What it trains.
        seconds: The job takes in all.
        since: When it was begun, or was last at a rung.
    """

    place: int
    job: Assignment
    seconds: float
    since: float

    def takes(self, rung: int) -> float:
        """Seconds from the rung before to this one."""
        rungs = self.job.rungs
        return self.seconds * (rungs[rung] - (rungs[rung - 1] if rung else 0)) / rungs[-1]


class SimulatedRunner:
    """Has a work's jobs performed on a virtual clock, by workers that only take time.

    Args:
        fleet: The workers.
        cost: Of Ray Tune, for the driver.

    Attributes:
        now: The driver's clock, in seconds; where it waits for no worker, the calls it makes.
        spans: From when to when some worker trained.
        asks: When jobs were handed out.
        driver: Seconds that the product's own calls took.
        again: Trials whose node was lost.
    """

    def __init__(self, fleet: Fleet, cost: TuneCost) -> None:
        self._fleet = fleet
        self._cost = cost
        self._random = random.Random(fleet.seed)  # noqa: S311
        self._free = list(range(fleet.workers))
        self._tasks: dict[int, Task] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self.now = 0.0
        self.spans: list[tuple[float, float]] = []
        self.asks: list[float] = []
        self.driver = 0.0
        self.again = 0

    def run(self, work: JobSource) -> None:
        """Until the work is over."""
        for node in range(self._fleet.nodes):
            self._may_be_lost(node, work)
        while not work.over():
            self._hand_out(work)
            at, _, happens = heapq.heappop(self._events)
            self.now = max(self.now, at)
            happens()

    def _hand_out(self, work: JobSource) -> None:
        """One job, as Tune does in each of its rounds, or as many as no event waits for."""
        while self._free:
            job = self._timed(work.next)
            if not isinstance(job, Assignment):
                return
            self.now += self._cost.trial
            self.asks.append(self.now)
            self._begin(self._free.pop(), job, work)
            if self._events and self._events[0][0] <= self.now:
                return

    def _begin(self, place: int, job: Assignment, work: JobSource) -> None:
        # The mean of a log-normal time is exp(μ + σ²/2).
        middle = math.log(self._fleet.seconds) - SPREAD**2 / 2
        seconds = self._random.lognormvariate(middle, SPREAD)
        self._tasks[place] = Task(place, job, seconds, self.now)
        self._go_on(self._tasks[place], 0, work)

    def _go_on(self, task: Task, rung: int, work: JobSource) -> None:
        """The worker reaches this rung in its time, unless its node is lost before."""

        def said() -> None:
            if self._tasks.get(task.place) is task:
                self._heard(task, rung, work)

        self._at(self.now + task.takes(rung), said)

    def _heard(self, task: Task, rung: int, work: JobSource) -> None:
        # From the end of its training until now, it waited for the driver.
        self.spans.append((task.since, task.since + task.takes(rung)))
        self.now += self._cost.result
        job, epochs = task.job, task.job.rungs[rung]
        if rung < len(job.rungs) - 1:
            reports = tuple(_rung(trial_job, epochs, job.goal) for trial_job in job.trial_jobs)
            if self._timed(lambda: work.at_rung(job, reports)):
                task.since = self.now
                self._go_on(task, rung + 1, work)
                return
        else:
            outcomes = {t.number: _outcome(t, epochs, job.goal) for t in job.trial_jobs}
            self._timed(
                lambda: work.ended(job, AssignmentResult(outcomes), f"{task.place}@simulated")
            )
        del self._tasks[task.place]
        self._free.append(task.place)

    def _may_be_lost(self, node: int, work: JobSource) -> None:
        if not self._fleet.lost:
            return
        wait = self._random.expovariate(self._fleet.lost / HOUR)
        self._at(self.now + wait, lambda: self._lose(node, work))

    def _lose(self, node: int, work: JobSource) -> None:
        """A node goes; its trials are said to be lost when Ray has noticed."""
        places = range(node * NODE, min((node + 1) * NODE, self._fleet.workers))
        self._free = [place for place in self._free if place not in places]
        jobs = [self._tasks.pop(place).job for place in places if place in self._tasks]
        self.again += len(jobs)

        def noticed() -> None:
            for job in jobs:
                self._timed(partial(work.returned, job))

        def replaced() -> None:
            self._free.extend(places)
            self._may_be_lost(node, work)

        self._at(self.now + NOTICED, noticed)
        self._at(self.now + REPLACED, replaced)

    def _at(self, when: float, happens: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._events, (when, self._order, happens))

    def _timed(self, call: Callable[[], T]) -> T:
        """Make a call of the product's, and let the clock go on by what it took."""
        began = time.thread_time()
        result = call()
        took = time.thread_time() - began
        self.now += took
        self.driver += took
        return result


@dataclass(frozen=True)
class Simulated:
    """What came of one simulation.

    Attributes:
        fleet: The workers.
        trials: That ended.
        busy: Share of the workers' time in which they trained, from when every worker had its first
            job until the last was handed out.
        trained: Seconds of a trial in the mean: the pruned are shorter.
        rate: Trials a second then.
        call: Seconds of the driver's thread for a trial, in the product's own code.
        again: Trials whose node was lost.
        store: Bytes of the study's file.
        resume: Seconds until a new driver had it all read.
    """

    fleet: Fleet
    trials: int
    busy: float
    trained: float
    rate: float
    call: float
    again: int
    store: int
    resume: float


def study_of(trials: int) -> Study:
    """What is searched: five parameters, pruned by the median rule."""
    return Study(
        data=circles(),
        space=DenseSpace(
            layers=Int(1, 3),
            units=Int(4, 512, log=True),
            activation=Choice("relu", "tanh", "elu"),
            optimizer=Choice("adam", "sgd", "rmsprop"),
            learning_rate=Float(1e-4, 1e-1, log=True),
        ),
        budget=Budget(trials=trials, epochs=EPOCHS),
        pruner="median",
    ).for_task("binary")


def simulate(fleet: Fleet, trials: int, cost: TuneCost) -> Simulated:
    """Search on these workers."""
    with tempfile.TemporaryDirectory(prefix="simulate-") as root:
        study = study_of(trials)
        folder = Folder.named(Path(root), "simulated").make()
        recorder = Recorder.begin(folder, _manifest(study, fleet), {"simulated.py": ""})
        runner = SimulatedRunner(fleet, cost)
        runner.run(SearchLoop(study, recorder, fleet.workers))
        ended = recorder.trials()
        recorder.close()
        store = sum(file.stat().st_size for file in folder.path.glob("study.db*"))
        folder.let_go()
        began = time.thread_time()
        again = Recorder(Folder(folder.path))
        SearchLoop(study, again, fleet.workers)
        resume = time.thread_time() - began
        again.close()
    well = sum(trial.state in (State.COMPLETE, State.PRUNED) for trial in ended)
    if not well == len(ended) == trials:
        raise RuntimeError(f"{len(ended)} of {trials} trials, of which {well} ended well")
    first, last = runner.asks[fleet.workers], runner.asks[-1]
    inside = (min(end, last) - max(begin, first) for begin, end in runner.spans)
    busy = sum(span for span in inside if span > 0)
    trained = sum(end - begin for begin, end in runner.spans)
    return Simulated(
        fleet=fleet,
        trials=trials,
        busy=busy / (last - first) / fleet.workers,
        trained=trained / trials,
        rate=(len(runner.asks) - fleet.workers) / (last - first),
        call=runner.driver / trials,
        again=runner.again,
        store=store,
        resume=resume,
    )


def smallest(workers: int, trials: int, cost: TuneCost) -> list[Simulated]:
    """Simulations about the shortest trials that keep the workers busy, the last of them so.

    One driver's round takes about as long whatever the trials take: so the first guess is near, and
    each further one is longer by a quarter until it is long enough.
    """
    tried = [simulate(Fleet(workers, 0.02 * workers), trials, cost)]
    while tried[-1].busy < BUSY:
        tried.append(simulate(replace(tried[-1].fleet, seconds=_longer(tried[-1])), trials, cost))
    return tried


def _longer(last: Simulated) -> float:
    return last.fleet.seconds * max(1.25, 0.97 / last.busy)


def _quality(trial_job: TrialJob, epoch: int) -> float:
    """A validation loss: smooth in the parameters, noisy by the seed, falling with the epochs."""
    params = trial_job.configuration.params
    rate = math.log10(float(params["learning_rate"]))
    units = math.log2(float(params["units"]))
    noise = random.Random(seed_of("noise", trial_job.configuration.seed)).gauss(0, 0.02)  # noqa: S311
    end = 0.2 + 0.1 * (rate + 2.5) ** 2 + 0.01 * (units - 6) ** 2 + noise
    return end + 0.5 * math.exp(-epoch / 5)


def _curve(trial_job: TrialJob, epochs: int) -> dict[str, list[float]]:
    loss = [_quality(trial_job, epoch) for epoch in range(1, epochs + 1)]
    right = [1 / (1 + value) for value in loss]
    return {"loss": loss, "accuracy": right, "val_loss": loss, "val_accuracy": right}


def _outcome(trial_job: TrialJob, epochs: int, goal: Goal) -> Outcome:
    curve = _curve(trial_job, epochs)
    return Outcome(State.COMPLETE, curve[goal.objective][-1], "", curve, 1000)


def _rung(trial_job: TrialJob, epochs: int, goal: Goal) -> Rung:
    curve = _curve(trial_job, epochs)
    return Rung(trial_job.number, epochs, curve[goal.objective][-1], curve, 1000)


def _manifest(study: Study, fleet: Fleet) -> Manifest:
    return Manifest(
        name="simulated",
        title="A simulated search",
        created=datetime.now().astimezone().isoformat(),
        command="python -m benchmarks.simulate",
        seed=study.seed,
        space_file="simulated.py",
        versions={},
        data=DataSummary(
            description=str(study.data),
            task="binary",
            features=("x1", "x2"),
            classes=("outer", "inner"),
            rows={"train": (300, 300), "validation": (100, 100), "held_out": (100, 100)},
            hash="0" * 64,
        ),
        plan=plan_of(study, EngineChoice("in-graph", "")),
        machine=Machine(fleet.workers, 1, 0, "simulated"),
    )


HEADER = (
    "workers", "a trial to its end, s", "as trained, s", "busy", "trials/s", "trials",
    "again", "our ms/trial", "store, MB", "resume, s",
)  # fmt: skip


def row(result: Simulated) -> list[str]:
    """Of the table."""
    return [
        f"{result.fleet.workers:,}",
        number(result.fleet.seconds),
        number(result.trained),
        f"{result.busy:.1%}",
        number(result.rate),
        f"{result.trials:,}",
        str(result.again),
        number(1e3 * result.call),
        megabytes(result.store),
        number(result.resume),
    ]


def main(arguments: Sequence[str]) -> int:
    """Simulate, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulate", description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[16, 128, 1920])
    parser.add_argument("--rounds", type=int, default=5, help="trials for each worker")
    parser.add_argument("--least", type=int, default=2000, help="trials of a simulation")
    parser.add_argument("--seconds", type=float, help="of a trial; left out, the shortest is found")
    parser.add_argument("--tune", type=int, nargs="+", default=[4, 16, 48], help="real actors")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/simulate.md")
    options = parser.parse_args(arguments)
    lines = ["# Workers that one driver keeps busy", "", *described(datetime.now()), ""]
    costs = [measured(actors) for actors in options.tune]
    lines += [*table(TuneCost.HEADER, [cost.row for cost in costs]), ""]
    rows = []
    for workers in options.workers:
        trials = max(options.least, options.rounds * workers)
        if options.seconds:
            tried = [simulate(Fleet(workers, options.seconds), trials, costs[-1])]
        else:
            tried = smallest(workers, trials, costs[-1])
        rows += [row(result) for result in tried]
        sys.stdout.write("\n".join(table(HEADER, rows)) + "\n\n")
        sys.stdout.flush()
    write(options.out, [*lines, *table(HEADER, rows)])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
