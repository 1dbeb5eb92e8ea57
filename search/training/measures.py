"""What a dense network can be measured by beside its task's own metric, as Keras's metrics.

The names are those of `Task.measures`; `Measure.of_epoch` computes the same. Keras's AUC reads 200
thresholds, so ranks within a 200th of probability count as equal.
"""

from typing import Any

import keras
from keras import ops

from search.data.dataset import Shape
from search.metrics.measures import measure_of
from search.study.target_form import COLUMN, ONE_HOT
from search.study.task import TASKS


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
    known = measure_of(f"val_{measure}", shape.task)
    if known is None or not known.keras:
        raise ValueError(f"Keras measures no {measure} of {shape.task} targets")
    kind = _OWN.get(known.keras) or getattr(keras.metrics, known.keras)
    return kind(name=measure, **known.keras_options(shape.outputs))


def advised(measure: str, shape: Shape, units: int) -> str:
    """How a model of one's own is compiled to measure what a task names; "" where Keras cannot.

    Args:
        measure: Such as "f1".
        shape: Of the data.
        units: Of the model's output.

    Returns:
        The metric as code, and the form of the targets that it needs where they have another.
    """
    known = measure_of(f"val_{measure}", shape.task)
    if known is None or not known.keras or units != TASKS[shape.task].units(shape.outputs):
        return ""
    options = {**known.keras_options(shape.outputs), "name": measure}
    kind = known.keras if hasattr(keras.metrics, known.keras) else keras.metrics.AUC.__name__
    told = ", ".join(f"{name}={value!r}" for name, value in options.items())
    metric = f"metrics=[keras.metrics.{kind}({told})]"
    layout = COLUMN if units == 1 else ONE_HOT
    if known.keras not in _OWN or not TASKS[shape.task].classifies or shape.given.layout == layout:
        return metric
    one_hot = "one-hot, with loss='categorical_crossentropy'"
    return f"{metric} and give y {'of shape (rows, 1)' if units == 1 else one_hot}"


def is_keras_metric(name: str) -> bool:
    """Whether Keras has a metric of this name."""
    if name in {"accuracy", "acc"}:
        return True
    try:
        keras.metrics.get(name)
    except ValueError:
        return False
    return True


_OWN = {"F1Score": F1, "EachAgainstTheRest": EachAgainstTheRest}


def _as_columns(y_true: Any, y_pred: Any) -> Any:
    """The truth in the shape of the predictions: a column a class, a label, or the one output."""
    outputs = y_pred.shape[-1]
    if len(y_true.shape) == 2 and y_true.shape[-1] == outputs:
        return y_true
    flat = ops.reshape(y_true, (-1,))
    if outputs == 1:
        return ops.reshape(flat, (-1, 1))
    return ops.one_hot(ops.cast(flat, "int32"), outputs)
