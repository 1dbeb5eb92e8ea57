"""What is done, in which order, how long each step may take, and what is told of it."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.gpu import checks
from benchmarks.gpu.checks import Finding, Verdict
from benchmarks.gpu.devices import Devices
from benchmarks.gpu.searches import Clock, CommandError, NotInTimeError, Searched, searched
from benchmarks.gpu.seeds import CONFIGURATIONS, SEEDS, SeedsTiming, timing
from benchmarks.gpu.times import Timed, Timing
from benchmarks.jobs import ROOT

LAST = ("memory over trials",)
SPACE = ROOT / "benchmarks" / "spaces" / "gpu.py"
Outcome = Finding | Timing | SeedsTiming
START = 40.0
"""Seconds that a search takes beside its trials, about: from the command on, and for the page."""


@dataclass(frozen=True)
class Sizes:
    """How much is done.

    Attributes:
        units: Of the checks' networks, least and most.
        trials: Of each check.
        memory: Trials over which memory is looked at.
        timed: The jobs that are timed.
        epochs: Of the fits of a finalist's seeds; the space's where None.
    """

    units: str
    trials: int
    memory: int
    timed: tuple[Timed, ...]
    epochs: int | None = None


FULL = Sizes(
    "1024-1536",
    trials=10,
    memory=200,
    timed=(
        Timed("circles", 12, None, 80.0),
        Timed("cnn", 6, None, 70.0),
        Timed("dense784", 4, None, 110.0),
    ),
)
"""Networks of over a million weights: none has its program kept (`search.training.programs`), so
nothing of a trial may stay on the GPU. With its optimizer each takes 13 MB there at least."""
TINY = Sizes(
    "16-64",
    trials=10,
    memory=10,
    timed=tuple(Timed(job, 2, 1, 150.0) for job in ("circles", "cnn", "dense784")),
    epochs=1,
)
"""For CPU devices: only to see that all of it runs."""


@dataclass(frozen=True)
class Step:
    """One part.

    Attributes:
        names: Of the checks, or of the job that is timed.
        what: What is done, in a line.
        seconds: That it takes, by estimate.
        outcomes: Does it; no trial begins after so many seconds.
    """

    names: tuple[str, ...]
    what: str
    seconds: float
    outcomes: Callable[[float], Sequence[Outcome]]


@dataclass(frozen=True)
class Plan:
    """The steps on some devices.

    Args:
        devices: On which.
        sizes: How much.
        clock: For all of it.
    """

    devices: Devices
    sizes: Sizes
    clock: Clock

    @property
    def steps(self) -> tuple[Step, ...]:
        """In their order; memory is looked at last, since it can do with what time is left."""
        trials, memory = self.sizes.trials, self.sizes.memory
        return (
            Step(
                ("placement", "memory growth", "mixed precision"),
                f"{trials} trials of one GPU each, as many at once as there are GPUs: each has to "
                "see the GPU that Ray gave it, to take no more of its memory than it needs, and "
                "to begin in float32 though others set mixed_float16",
                60.0,
                self._placed,
            ),
            Step(
                ("fractions",),
                f"{trials} trials of half a GPU each: two have to train beside each other on one",
                50.0,
                self._in_halves,
            ),
            *(self._timed(timed) for timed in self.sizes.timed),
            *(self._seeds(job) for job in CONFIGURATIONS),
            Step(
                LAST,
                f"{memory} trials, one worker at a time: its memory on the GPU must not grow, and "
                "on the host stay within the bound at which it is replaced",
                110.0,
                self._kept,
            ),
        )

    def outcomes(self) -> Iterator[Outcome]:
        """All that comes of it; what does not fit into the time is told as not measured."""
        for step in self.steps:
            left = self.clock.left
            if left < 2 * START:  # half of it for trials
                yield from _not_measured(step, f"{max(0.0, left):.0f} s were left")
                continue
            try:
                yield from step.outcomes(left - START if step.names == LAST else step.seconds)
            except NotInTimeError as error:
                yield from _not_measured(step, str(error))
            except CommandError as error:
                yield from (Finding(name, Verdict.FAILED, str(error)) for name in step.names)

    def _placed(self, seconds: float) -> list[Outcome]:
        at_once = min(self.devices.count, os.cpu_count() or 1)
        done = self._searched(self.sizes.trials * at_once, 1, at_once, seconds)
        return [
            checks.placement(done, at_once, self.devices.kind),
            checks.growth(done),
            checks.mixed_precision(done),
        ]

    def _in_halves(self, seconds: float) -> list[Outcome]:
        return [checks.fractions(self._searched(self.sizes.trials, 0.5, 2, seconds))]

    def _kept(self, seconds: float) -> list[Outcome]:
        wanted = self.sizes.memory
        return [checks.memory(self._searched(wanted, 1, 1, seconds), wanted)]

    def _searched(self, trials: int, gpus: float, at_once: int, seconds: float) -> Searched:
        """The checks' own space; two halves of a GPU are those of one and the same."""
        variables = self.devices.variables(max(1, int(gpus * at_once)))
        noted = {"GPU_TOGETHER": f"{at_once}", "GPU_UNITS": self.sizes.units}
        options = ("--gpus-per-trial", f"{gpus:g}", "--max-concurrent", f"{at_once}")
        return searched(
            SPACE,
            (*options, "--trials", f"{trials}"),
            {**variables, **noted},
            seconds,
            self.clock,
        )

    def _timed(self, timed: Timed) -> Step:
        epochs = f"{timed.epochs} epochs" if timed.epochs else "the space's epochs"
        return Step(
            (f"time of {timed.job}",),
            f"{timed.trials} trials of {epochs} by `search run`, then by plain `fit`",
            timed.seconds,
            lambda _: [timed.timing(self.devices.variables(1), self.clock)],
        )

    def _seeds(self, job: str) -> Step:
        gpus = 1.0 if self.devices.names else 0.0
        return Step(
            (f"seeds of {job}",),
            f"{SEEDS} seeds of one configuration in one program, and one after the other",
            15.0,
            lambda _: [timing(job, self.sizes.epochs, gpus, self.devices.variables(1), self.clock)],
        )


def _not_measured(step: Step, why: str) -> list[Finding]:
    return [Finding(name, Verdict.NOT_MEASURED, why) for name in step.names]
