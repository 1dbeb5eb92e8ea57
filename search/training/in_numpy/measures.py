"""The measures of `search.training.measures` in NumPy: as Keras computes them, in float64."""

import math

from search.data.dataset import Array
from search.metrics.base import Measure
from search.metrics.measures import measure_of
from search.study.task import TASKS
from search.training.in_numpy.output_losses import ANSWERS

ALIKE = 1e-3
"""As a fraction of a value, by which float32 and float64 may differ."""


class Measures:
    """What is measured of an epoch.

    Args:
        task: Such as "binary".
        more: Beside loss and the task's own metric; "" for nothing.

    Attributes:
        names: As curves have them, "loss" first.
    """

    def __init__(self, task: str, more: str) -> None:
        self._task, self._more = task, more
        self._answers = ANSWERS[task]
        self.names = ("loss", TASKS[task].measure, *([more] if more else []))

    def of(
        self, sums: Array, y: Array, penalty: float, weights: Array | None = None
    ) -> tuple[float, ...]:
        """One value a name.

        Args:
            sums: Of the last layer, shape (rows, outputs).
            y: The truth, as in `Dataset`.
            penalty: That is added to the loss.
            weights: Of the rows in the loss, shape (rows,); None where all count alike.
        """
        loss, own = self._answers.measure(sums, y, weights)
        if not self._more:
            return loss + penalty, own
        more = _known(self._more, self._task).of_epoch(self._answers.predictions(sums), y)
        return loss + penalty, own, more


def _known(name: str, task: str) -> Measure:
    found = measure_of(f"val_{name}", task)
    if found is None:
        raise ValueError(f"no {name} of {task} targets")
    return found


def is_known(objective: str, said: Array, y: Array, task: str, recorded: float) -> bool:
    """Whether an objective is what this package knows by its name, by its value on some rows.

    A custom model may call anything "auc", and its loss may be any.

    Args:
        objective: Such as "val_auc".
        said: As `search.training.predict.predictions`.
        y: The truth, as in `Dataset`.
        task: Such as "binary".
        recorded: What the model itself measured of these rows.
    """
    known = measure_of(objective, task)
    apart = math.inf if known is None else abs(known.of_epoch(said, y) - recorded)
    return apart <= ALIKE * max(abs(recorded), ALIKE)
