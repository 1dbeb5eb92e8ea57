"""What a contestant is told, and what it answers."""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.jobs import JOBS, Job


@dataclass(frozen=True)
class Order:
    """What to search.

    Attributes:
        job: The space and its rows.
        trials: How many.
        epochs: Of each.
        seed: Of all that is drawn.
    """

    job: Job
    trials: int
    epochs: int
    seed: int

    @property
    def arguments(self) -> list[str]:
        """The same as `order()` reads it."""
        numbers = {"--trials": self.trials, "--epochs": self.epochs, "--seed": self.seed}
        said = [word for name, number in numbers.items() for word in (name, str(number))]
        return ["--job", self.job.name, *said]


@dataclass(frozen=True)
class Result:
    """What became of one trial.

    Attributes:
        ended: When it was known, in seconds since the epoch.
        accuracy: On the validation rows after the last epoch; NaN where it failed.
        loss: The same.
    """

    ended: float
    accuracy: float
    loss: float


def order() -> Order:
    """Read it from the command line."""
    options = argparse.ArgumentParser()
    options.add_argument("--job", choices=JOBS, required=True)
    options.add_argument("--trials", type=int, required=True)
    options.add_argument("--epochs", type=int, required=True)
    options.add_argument("--seed", type=int, default=0)
    said = options.parse_args()
    return Order(JOBS[said.job], said.trials, said.epochs, said.seed)


def answer(results: Sequence[Result], **more: object) -> None:
    """Print one line of JSON, which has to be the last.

    Args:
        results: Of all finished trials, in any order.
        more: What else there is to say.
    """
    ended = sorted(result.ended for result in results)
    accuracies = [result.accuracy for result in results if math.isfinite(result.accuracy)]
    losses = [result.loss for result in results if math.isfinite(result.loss)]
    said = {
        "first_result": ended[0],
        "last_result": ended[-1],
        "best": max(accuracies, default=None),
        "best_loss": min(losses, default=None),
        "trials": len(ended),
        "results": ended,
        **more,
    }
    print(json.dumps(said), flush=True)
