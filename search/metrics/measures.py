"""Which measure does an objective name? All that this package knows by itself."""

from typing import cast

from search.data.dataset import Array
from search.metrics import classification, ranking, regression
from search.metrics.base import KNOWN, Measure
from search.metrics.classification import LogLoss
from search.metrics.of_rows import OfRows
from search.metrics.regression import Mse
from search.study.outputs import PROBABILITIES
from search.study.task import TASKS

FAMILIES = (classification, ranking, regression)
"""Which register their classes as they are imported."""


def measure_of(objective: str, task: str) -> Measure | None:
    """What an objective measures, where this package knows it.

    Args:
        objective: Such as "val_auc".
        task: Such as "binary".

    Returns:
        None for a custom metric.
    """
    return KNOWN.get((objective.removeprefix("val_"), task))


def plain_measure(task: str, by: str = "") -> OfRows:
    """What stands beside the objective: accuracy, micro F1 of labels, R² of numbers.

    Args:
        task: Such as "regression".
        by: Another measure in its place that is made of means over rows, such as "mae".
    """
    return cast("OfRows", KNOWN[by or TASKS[task].plain, task])


def row_losses(predictions: Array, y: Array, task: str, kind: str = PROBABILITIES) -> Array:
    """Squared error of numbers, cross-entropy of labels or classes; a row's mean where it has many.

    Of what is no probability it is the hinge loss.

    Args:
        predictions: As by `search.training.predict.predictions`.
        y: The truth, as in `Dataset`.
        task: Such as "binary".
        kind: Of the predictions, as by `Outputs.kind_read`.

    Returns:
        Shape (rows,).
    """
    return cast("LogLoss | Mse", KNOWN["loss", task]).losses(predictions, y, kind)
