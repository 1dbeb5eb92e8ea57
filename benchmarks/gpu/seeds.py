"""How long the fits of a finalist's seeds take in one program, and one after the other.

As a command it is told one job by JSON on its input, trains in its own process, and prints one line
of JSON; see `main`.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from benchmarks.gpu.searches import Clock, CommandError, NotInTimeError, said
from benchmarks.jobs import JOBS, ROOT

SEEDS = 5
CONFIGURATIONS: Mapping[str, Mapping[str, object]] = {
    "circles": {
        "layers": 2,
        "units": 32,
        "activation": "relu",
        "optimizer": "adam",
        "learning_rate": 0.01,
    },
    "cnn": {"filters": 8, "units": 32, "learning_rate": 0.001},
}
"""Of each job, the middle of its space."""


@dataclass(frozen=True)
class SeedsTiming:
    """The fits of one configuration, timed.

    Attributes:
        job: Its name.
        epochs: Of each fit.
        engine: By which the seeds were trained together.
        together: Seconds for all of them in one program, from the job to its result.
        apart: The same one after the other.
    """

    job: str
    epochs: int
    engine: str
    together: float
    apart: float


def timing(
    job: str, epochs: int | None, gpus: float, variables: Mapping[str, str], clock: Clock
) -> SeedsTiming:
    """Train them in a process of its own.

    Args:
        job: Its name.
        epochs: Of each fit; the space's where None.
        gpus: That the process may use.
        variables: Its environment.
        clock: For all of it.

    Raises:
        NotInTimeError: The clock's time was over.
        CommandError: It failed, or the seeds were not trained together.
    """
    told = {"job": job, "epochs": epochs, "gpus": gpus}
    if clock.left < 0:
        raise NotInTimeError("no time was left")
    command = [sys.executable, "-m", "benchmarks.gpu.seeds"]
    found = SeedsTiming(**json.loads(said(command, ROOT, variables, clock, told).splitlines()[-1]))
    if not found.engine.endswith("-stacked"):
        raise CommandError(f"the seeds of {job} were trained one after the other")
    return found


def main() -> None:
    """Train by the product's own worker, first one after the other."""
    from search.app.resolved import ResolvedStudy
    from search.jobs.context import DataSplit, WorkerContext
    from search.jobs.executor import JobExecutor
    from search.jobs.messages import (
        Configuration,
        JointRefit,
        JointRefitted,
        Refit,
        Refitted,
        Result,
    )
    from search.loading.space_file import read

    told = json.load(sys.stdin)
    resolved = ResolvedStudy.of(read(JOBS[told["job"]].space).execute())
    study = resolved.study
    rows = DataSplit.of(resolved.parts, resolved.dataset)
    source = resolved.space.source
    executor = JobExecutor(WorkerContext(source, rows, "in-graph", 1, told["gpus"]), study)
    params = {**study.fixed, **CONFIGURATIONS[told["job"]]}
    epochs = told["epochs"] or study.budget.epochs
    jobs = [Refit("one", Configuration(params, seed), epochs, study.goal) for seed in range(SEEDS)]
    list(executor.perform(replace(jobs[0], epochs=1)))  # loads what all need

    def seconds(work: Sequence[Refit | JointRefit]) -> tuple[float, list[Result]]:
        begun = time.perf_counter()
        done = [result for job in work for result in executor.perform(job)]
        return time.perf_counter() - begun, done  # type: ignore[return-value] # no rungs

    apart, _ = seconds(jobs)
    together, (joint,) = seconds([JointRefit.of(jobs)])
    assert isinstance(joint, JointRefitted)  # noqa: S101 - for mypy
    engines = {one.engine.name for one in joint.results if isinstance(one, Refitted)}
    found = SeedsTiming(told["job"], epochs, ", ".join(sorted(engines)), together, apart)
    print(json.dumps(asdict(found)), flush=True)


if __name__ == "__main__":
    main()
