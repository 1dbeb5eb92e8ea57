"""The measures of `search.training.measures` in NumPy: as Keras computes them, in float64."""

from collections.abc import Callable, Mapping

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import Draws
from search.metrics.measures import measure_of
from search.study.task import BINARY, MULTICLASS, TASKS
from search.training.in_numpy.output_losses import ANSWERS

THRESHOLDS = 200
"""Of Keras's AUC."""
ALIKE = 1e-3
"""As a share of a value, by which float32 and float64 may differ."""


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
        self.names = ("loss", self._answers.measure_name, *([more] if more else []))

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
        predicted = self._answers.predictions(sums)[:, -sums.shape[1] :]
        return loss + penalty, own, measured(self._more, predicted, y, self._task)


def measured(name: str, predicted: Array, y: Array, task: str) -> float:
    """One measure of an epoch.

    Args:
        name: One of the task's measures, but for loss and its own metric.
        predicted: Probabilities, or numbers as they are trained on, shape (rows, outputs).
        y: The truth, as in `Dataset`.
        task: Such as "binary".
    """
    outputs = predicted.shape[1]
    truth = np.eye(outputs)[y] if task == MULTICLASS.name else y.reshape(-1, outputs).astype(float)
    if name == "auc":
        return float(np.mean([_auc(p, t) for p, t in zip(predicted.T, truth.T, strict=True)]))
    if name == "f1" and task == MULTICLASS.name:
        return float(_f1(predicted == predicted.max(axis=1, keepdims=True), truth, axis=0).mean())
    return float(_MEASURES[name](predicted, truth))


def is_known(objective: str, said: Array, y: Array, task: str, recorded: float) -> bool:
    """Whether an objective is what this package knows by its name, by its value on some rows.

    A model of one's own may call anything "auc", and its loss may be any.

    Args:
        objective: Such as "val_auc".
        said: As `search.training.predict.predictions`.
        y: The truth, as in `Dataset`.
        task: Such as "binary".
        recorded: What the model itself measured of these rows.
    """
    name = objective.removeprefix("val_")
    if name not in TASKS[task].measures:
        return False
    known = measure_of(objective, task)
    if name in {"loss", "accuracy", "mae"} and known is not None:
        value = known.estimate(said, y, Draws.of(len(y))).value
    else:
        columns = said[:, -1:] if task == BINARY.name else said
        value = measured(name, columns, y, task)
    return abs(value - recorded) <= ALIKE * max(abs(recorded), ALIKE)


def _auc(predicted: Array, truth: Array) -> float:
    """Area below the ROC curve of one column, by Keras's even thresholds and trapezoids."""
    place = np.ceil(predicted.astype(np.float32) * np.float32(THRESHOLDS - 1)).astype(int) - 1
    place = np.clip(place, 0, THRESHOLDS - 1)
    there = truth > 0
    hits, alarms = (
        np.cumsum(np.bincount(place[rows], minlength=THRESHOLDS)[::-1])[::-1]
        for rows in (there, ~there)
    )
    if not hits[0] or not alarms[0]:
        return 0.0  # Keras's, where one kind is missing
    recall, false_alarm = hits / hits[0], alarms / alarms[0]
    heights = (recall[:-1] + recall[1:]) / 2
    return float(((false_alarm[:-1] - false_alarm[1:]) * heights).sum())


def _f1(said: Array, truth: Array, axis: int | None = None) -> Array:
    there = truth > 0
    hits = (said & there).sum(axis=axis)
    return _share(2 * hits, said.sum(axis=axis) + there.sum(axis=axis))


def _precision(predicted: Array, truth: Array) -> Array:
    said = predicted > 0.5
    return _share((said & (truth > 0)).sum(), said.sum())


def _recall(predicted: Array, truth: Array) -> Array:
    there = truth > 0
    return _share(((predicted > 0.5) & there).sum(), there.sum())


def _r_squared(predicted: Array, truth: Array) -> Array:
    """Mean over targets; 0 for a target that does not vary, as Keras has it."""
    missed = np.square(truth - predicted).sum(axis=0)
    spread = np.square(truth - truth.mean(axis=0)).sum(axis=0)
    found: Array = np.where(spread > 0, 1 - missed / np.where(spread > 0, spread, 1), 0).mean()
    return found


def _share(part: Array, whole: Array) -> Array:
    found: Array = part / np.maximum(whole, 1)
    return found


_MEASURES: Mapping[str, Callable[[Array, Array], Array]] = {
    "f1": lambda predicted, truth: _f1(predicted > 0.5, truth),
    "precision": _precision,
    "recall": _recall,
    "mse": lambda predicted, truth: np.square(predicted - truth).mean(),
    "rmse": lambda predicted, truth: np.sqrt(np.square(predicted - truth).mean()),
    "r2": _r_squared,
}
