"""What a dense network can be measured by beside its task's own metric, as Keras's metrics.

The names are those of `Task.measures`; `in_numpy.measures` computes the same. Keras's AUC reads 200
thresholds, so ranks within a 200th of probability count as equal.
"""

from typing import Any

import keras
from keras import ops

from search.data.dataset import Shape
from search.study.task import MULTICLASS, MULTILABEL

THRESHOLD = 0.5
"""A probability above it says that a class or label is there."""


@keras.saving.register_keras_serializable("search")
class F1(keras.metrics.F1Score):  # type: ignore[misc] # Keras has no types
    """Keras's, of truths in one column or as codes of classes too."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch; `y_pred` has shape (rows, outputs)."""
        return super().update_state(_as_columns(y_true, y_pred), y_pred, sample_weight)


@keras.saving.register_keras_serializable("search")
class EachAgainstTheRest(keras.metrics.AUC):  # type: ignore[misc] # Keras has no types
    """The mean of Keras's AUC over classes, of truths as codes, or over labels."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch; `y_pred` has shape (rows, outputs)."""
        return super().update_state(_as_columns(y_true, y_pred), y_pred, sample_weight)


def metric(measure: str, shape: Shape) -> Any:
    """A fresh Keras metric that a curve calls `measure`.

    Args:
        measure: One of the task's measures, but for loss and its own metric.
        shape: Of the data.

    Returns:
        A `keras.metrics.Metric`.
    """
    by_column = shape.task in {MULTICLASS.name, MULTILABEL.name}
    match measure:
        case "auc" if by_column:
            return EachAgainstTheRest(multi_label=True, num_labels=shape.outputs, name=measure)
        case "auc":
            return keras.metrics.AUC(name=measure)
        case "f1" if shape.task == MULTICLASS.name:
            return F1(average="macro", name=measure)
        case "f1":
            return F1(average="micro", threshold=THRESHOLD, name=measure)
        case _:
            return _PLAIN[measure](name=measure)


def is_keras_metric(name: str) -> bool:
    """Whether Keras has a metric of this name."""
    if name in {"accuracy", "acc"}:
        return True
    try:
        keras.metrics.get(name)
    except ValueError:
        return False
    return True


_PLAIN = {
    "precision": keras.metrics.Precision,
    "recall": keras.metrics.Recall,
    "mae": keras.metrics.MeanAbsoluteError,
    "mse": keras.metrics.MeanSquaredError,
    "rmse": keras.metrics.RootMeanSquaredError,
    "r2": keras.metrics.R2Score,
}


def _as_columns(y_true: Any, y_pred: Any) -> Any:
    """The truth in the shape of the predictions: a column a class, a label, or the one output."""
    outputs = y_pred.shape[-1]
    if len(y_true.shape) == 2 and y_true.shape[-1] == outputs:
        return y_true
    flat = ops.reshape(y_true, (-1,))
    if outputs == 1:
        return ops.reshape(flat, (-1, 1))
    return ops.one_hot(ops.cast(flat, "int32"), outputs)
