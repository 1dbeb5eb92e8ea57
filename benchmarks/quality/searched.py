"""One search by the command, ended after its CPU seconds; what its best so far held on held-out."""

import json
import math
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from benchmarks.curves.make import in_this_process, judged
from benchmarks.performing import environment
from benchmarks.quality.sets import SETS
from benchmarks.watching import Sample, cpu, interrupt, under_way
from search.study.errors import SearchError
from search.study.trial import State, Trial, seed_of

LOOKS = 0.5
"""Seconds between two looks at a run."""
SPACE = """from benchmarks.quality.sets import SETS

study = SETS[{name!r}].study({pruner!r}, {seed})
"""


@dataclass(frozen=True)
class Ended:
    """A trial.

    Attributes:
        number: In the search.
        seconds: Of CPU that all processes had taken, from the first begin, when its worker had
            finished it; the search knows later where a worker brings several at once.
        wall: That had passed.
        value: On validation; None where it was pruned or failed.
        epochs: That were trained.
        params: Its values.
    """

    number: int
    seconds: float
    wall: float
    value: float | None
    epochs: int
    params: Mapping[str, Any]


class Spent(NamedTuple):
    """What a search had taken at some moment, from when its first trial began.

    Attributes:
        seconds: Of CPU, of all its processes.
        wall: That had passed, on a machine that may have had other work.
        epochs: Of all trials that had ended.
    """

    seconds: float
    wall: float
    epochs: int


@dataclass(frozen=True)
class Searched:
    """What is kept of a search.

    Attributes:
        seconds: Of CPU that it had.
        trials: Which ended in them, by time.
        held_out: Trial → accuracy on held-out rows, of those that were the best of their time.
        apart: By how much their validation values differed when they were trained again, at most.
    """

    seconds: float
    trials: Sequence[Ended]
    held_out: Mapping[int, float]
    apart: float = 0.0

    @property
    def bests(self) -> list[Ended]:
        """Trials that were better than all before, by time."""
        found: list[Ended] = []
        for trial in self.completed:
            if not found or (trial.value or 0.0) > (found[-1].value or 0.0):
                found.append(trial)
        return found

    @property
    def completed(self) -> list[Ended]:
        """Trials that came to their end."""
        return [trial for trial in self.trials if trial.value is not None]

    @property
    def final(self) -> float:
        """Accuracy on held-out rows of the best in the end."""
        return self.held_out[self.bests[-1].number]

    def until(self, target: float) -> "Spent | None":
        """What it took until the best so far has this accuracy on held-out rows; None if never."""
        reaching = (best for best in self.bests if self.held_out[best.number] >= target)
        return next((self._spent(best.seconds) for best in reaching), None)

    def at(self, share: float) -> float:
        """Held-out accuracy of the best after this share of its CPU seconds; 0 before any."""
        until = share * self.seconds
        found = [self.held_out[best.number] for best in self.bests if best.seconds <= until]
        return found[-1] if found else 0.0

    @property
    def whole(self) -> "Spent":
        """What it took in all."""
        return self._spent(math.inf)

    def _spent(self, until: float) -> "Spent":
        ended = [trial for trial in self.trials if trial.seconds <= until]
        epochs = sum(trial.epochs for trial in ended)
        return Spent(min(until, self.seconds), max(trial.wall for trial in ended), epochs)

    def save(self, file: Path) -> None:
        """Write it as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> "Searched":
        """Read what `save` wrote."""
        kept = json.loads(file.read_text(encoding="utf-8"))
        trials = [Ended(**each) for each in kept["trials"]]
        held_out = {int(number): value for number, value in kept["held_out"].items()}
        return cls(**{**kept, "trials": trials, "held_out": held_out})


def searched(name: str, pruner: str, seed: int, seconds: float) -> Searched:
    """Search by the command, until it has taken its CPU seconds; in a folder of its own.

    Args:
        name: Of a set.
        pruner: Of its study.
        seed: As well.
        seconds: Of CPU, of all processes, from when the first trial begins.

    Raises:
        SystemExit: The search failed before it had one trial.
    """
    with tempfile.TemporaryDirectory(prefix="quality-") as scratch:
        folder = Path(scratch)
        space, run = folder / "space.py", folder / "runs" / "run"
        space.write_text(SPACE.format(name=name, pruner=pruner, seed=seed), encoding="utf-8")
        code = f"import os; os.chdir({scratch!r}); from search.commands import main; main()"
        words = ["run", str(space), "--name", "run", "--max-concurrent", "2"]
        samples: list[Sample] = []
        command = [sys.executable, "-c", code, *words]
        with under_way(command, folder, environment()) as (started, tree):
            began = None
            while started.poll() is None and not _is_over(samples, began, seconds):
                time.sleep(LOOKS)
                samples.append(tree.look(memory=False))
                began = began or _begun(_ended(run))
            if began is None:
                raise SystemExit(
                    f"{name}: the search failed: {(folder / 'err').read_text()[-300:]}"
                )
            if started.poll() is None:
                interrupt(started)
        ended = _ended(run)
        began = _begun(ended) or began  # the other worker may have begun sooner
        trials = [_told(trial, samples, began) for trial in ended]
    in_time = [trial for trial in trials if trial.seconds <= seconds]
    return Searched(seconds, sorted(in_time, key=lambda trial: trial.seconds), {})


def _is_over(samples: Sequence[Sample], began: float | None, seconds: float) -> bool:
    return began is not None and cpu(samples, math.inf) - cpu(samples, began) > seconds


def _begun(trials: Sequence[Trial]) -> float | None:
    """When the first of them began; None where none has ended yet."""
    return min((trial.span[0] for trial in trials if trial.span), default=None)


def _ended(run: Path) -> list[Trial]:
    """Trials that did, and of which it is known when they began."""
    from search.store.run import load_run

    try:
        return [t for t in load_run(run).trials() if t.state.finished and t.span is not None]
    except SearchError:
        return []  # its folder is being made


def _told(trial: Trial, samples: Sequence[Sample], began: float) -> Ended:
    value = trial.value if trial.state is State.COMPLETE else None
    ended = trial.span[1] if trial.span else math.nan
    seconds = cpu(samples, ended) - cpu(samples, began)
    return Ended(trial.number, seconds, ended - began, value, trial.epochs, dict(trial.params))


def with_held_out(name: str, seed: int, searches: Sequence[Searched]) -> list[Searched]:
    """Train the best so far of searches again, as their trials were, and judge them.

    Args:
        name: Of the set.
        seed: Of its study.
        searches: By different pruners; what they share is trained once.
    """
    from search.jobs.messages import Configuration

    of, models = in_this_process(SETS[name].study("none", seed))
    plan = models.plan(of.study.goal, of.study.budget.epochs)
    known: dict[str, tuple[float, float]] = {}

    def trained(best: Ended) -> tuple[float, float]:
        key = repr((best.number, sorted(best.params.items())))
        if key not in known:
            params = {**of.study.fixed, **best.params}
            model_seed = seed_of(of.study.seed, "trial", best.number)
            held_out = of.parts.held_out
            with threadpool_limits(1):  # as a worker of one CPU has it
                training = models.begin(Configuration(params, model_seed), plan)
                curve = training.advance(of.study.budget.epochs)
                score = judged(training.predictions(held_out.x), held_out.y, of)
            known[key] = curve[of.study.objective][-1], score
            models.forget()
        return known[key]

    found = []
    for one in searches:
        again = {best.number: trained(best) for best in one.bests}
        apart = max(
            (abs(again[best.number][0] - (best.value or 0.0)) for best in one.bests), default=0.0
        )
        held_out = {number: score for number, (_, score) in again.items()}
        found.append(replace(one, held_out=held_out, apart=apart))
    return found
