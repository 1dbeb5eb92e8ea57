"""How long trials take by `search run` on a GPU, and the same configurations by plain `fit`."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.gpu.searches import Clock, CommandError, NotInTimeError, said, searched
from benchmarks.jobs import JOBS, ROOT
from benchmarks.performing import slope


@dataclass(frozen=True)
class Timing:
    """One job, timed.

    Attributes:
        job: Its name.
        trials: That both did.
        epochs: Of each.
        engine: By which the product trained.
        ours: Seconds for each further trial of `search run`, in one worker.
        fit: The same by plain `fit`.
        wanted: Trials that there were to be.
    """

    job: str
    trials: int
    epochs: int
    engine: str
    ours: float
    fit: float
    wanted: int


@dataclass(frozen=True)
class Timed:
    """What is timed.

    Attributes:
        job: Its name.
        trials: How many, two at least.
        epochs: Of each; the space's where None.
        seconds: For both ways together, at most.
    """

    job: str
    trials: int
    epochs: int | None
    seconds: float

    def timing(self, variables: Mapping[str, str], clock: Clock) -> Timing:
        """Search, then train the same configurations in the same order.

        Raises:
            NotInTimeError: The clock's time was over, or fewer than two trials were done.
            CommandError: One of the two failed.
        """
        job = JOBS[self.job]
        options = ["--gpus-per-trial", "1", "--max-concurrent", "1", "--trials", f"{self.trials}"]
        options += ["--epochs", f"{self.epochs}"] if self.epochs else []
        a_way = self.seconds / 2
        done = searched(job.space, options, variables, a_way, clock)
        if done.unsound:
            raise CommandError(done.unsound)
        epochs = max(trial.epochs for trial in done.trials)  # of each, since none is pruned
        told = {
            "job": self.job,
            "epochs": epochs,
            "seconds": a_way,
            "configurations": [dict(trial.params) for trial in done.trials],
        }
        command = [sys.executable, "-m", "benchmarks.gpu.fit"]
        by_fit = json.loads(said(command, ROOT, variables, clock, told).splitlines()[-1])
        ours = [trial.ended or 0.0 for trial in done.trials[: len(by_fit)]]
        if len(ours) < 2:
            raise NotInTimeError(f"two trials took longer than {a_way:.0f} s")
        return Timing(
            self.job, len(ours), epochs, done.engines, slope(ours), slope(by_fit), self.trials
        )
