"""Targets that a loss, a metric or a last layer is not for, as Keras itself does not say.

Looked at in all rows that train, before a configuration's first step. Keras is imported inside the
functions, as in `search.jobs.models`.
"""

from typing import Any

import numpy as np

from search.data.columns import Array
from search.jobs.context import DataSplit
from search.jobs.models import Models
from search.study.target_form import PLAIN
from search.study.task import TASKS

NOTHING = 0.01
"""Range of values of which a model learns next to nothing; tolerance of a probability."""
FEW_ROWS = 64
"""That tell whether outputs add up to 1."""
FROM_0 = ("mean_squared_logarithmic_error", "poisson")
"""What Keras computes for numbers below 0, too, where it is none."""
_OWN = ("train_step", "compute_loss")
"""Methods of a model that may use its loss in another way."""
IN_OWN_UNIT = ("mean_absolute_percentage_error",)
"""What is another one where the targets' 0 is another."""


class MistakeError(Exception):
    """A model trains, and yet can learn nothing of these rows."""


def check_targets(model: Any, models: Models) -> None:
    """Refuse targets that a model's losses, its metrics or its last layer are not for.

    Args:
        model: Compiled and built.
        models: With the rows.

    Raises:
        MistakeError: They are such.
    """
    from search.training.model_outputs import OutputsError, check_values

    every = models.context.rows
    try:
        if TASKS[every.shape.task].by_model:
            check_values(model, every.train.y, every.shape.classes)
            _check_outputs_reach(model, every)
        else:
            _check_loss(model, models.rows)
            _check_unit(model, every)
            _check_meant(model, every)
    except OutputsError as error:
        raise MistakeError(f"{error}") from None


def _check_unit(model: Any, every: DataSplit) -> None:
    """Measures that numbers have in their own unit alone, or from 0 on alone."""
    from search.training.losses import names_of_keras, names_of_metrics

    if not TASKS[every.shape.task].has_numbers:
        return
    used = dict.fromkeys(names_of_metrics(model), "metric")
    used |= dict.fromkeys(names_of_keras(model), "loss")
    for name in sorted(used.keys() & {*IN_OWN_UNIT, *FROM_0}):
        kind, low, high = used[name], every.train.y.min(), every.train.y.max()
        instead = "compile with 'mae' or 'mse' in its place"
        if every.scale is not None:
            raise MistakeError(
                f"the {kind} {name} is for targets in their own unit, and those of a series are "
                f"standardised; {instead}, or give windows as arrays(x, y), which stay as they are"
            )
        if name in FROM_0 and low < 0:
            raise MistakeError(
                f"the {kind} {name} is for targets from 0 on, and these go from {low:g} to "
                f"{high:g}; {instead}, or leave out the rows below 0 if they are errors"
            )


def _check_outputs_reach(model: Any, every: DataSplit) -> None:
    """Targets of any shape that the loss or the last layer of their output is not for."""
    from search.training.unfit_targets import of_outputs

    for part in (every.train, every.validation):
        if wrong := of_outputs(model, part.y, weighted=part.weights is not None):
            raise MistakeError(wrong)


def _check_meant(model: Any, every: DataSplit) -> None:
    """Numbers and labels that the loss or the last layer is not for."""
    from search.training.asking import units_of
    from search.training.keras_own import overrides
    from search.training.losses import flat, names_of_keras
    from search.training.unfit_targets import (
        KL,
        activation_of,
        of_labels,
        of_last_layer,
        of_loss,
    )

    task = TASKS[every.shape.task]
    if len(flat(model.loss)) != 1 or any(overrides(model, own) for own in _OWN):
        return
    y, named = _columns(every), names_of_keras(model)
    if y is None and task.classifies and units_of(model, every.shape) == 1:
        y = np.asarray(every.train.y).reshape(-1, 1)
        named &= {KL}
    if y is None:
        return
    outputs = getattr(model, "outputs", None) or [None]
    last = activation_of(outputs[0])
    if not task.has_numbers:
        wrong = of_loss(named, y) or (of_labels(last, y) if named else "")
    else:
        said = "these targets" if every.scale is None else "the standardised targets"
        wrong = of_loss(named, y) or of_last_layer(last, named, y, said)
    if wrong:
        raise MistakeError(wrong)


def check_objective(model: Any, objective: str, models: Models) -> None:
    """Refuse a metric that trials are compared by and that says nothing of these targets.

    Args:
        model: Trained for a step, so that its metrics are built; None without one of Keras.
        objective: Such as "val_r2".
        models: With the rows.

    Raises:
        MistakeError: It is such.
    """
    from search.training.losses import name_of_metric
    from search.training.own_measure import metric_named
    from search.training.unfit_targets import of_measure

    every = models.context.rows
    if model is None or not TASKS[every.shape.task].has_numbers:
        return
    if (y := _columns(every)) is None:
        return
    name = name_of_metric(metric_named(model, objective))
    if wrong := of_measure(name, y):
        raise MistakeError(wrong)


def _columns(every: DataSplit) -> Array | None:
    """Numbers or labels that train and validate, a column each; None of classes."""
    task = TASKS[every.shape.task]
    if not (task.has_numbers or task.has_labels):
        return None
    y = np.concatenate([np.asarray(part.y) for part in (every.train, every.validation)])
    return y.reshape(len(y), -1) if y.size and y.dtype.kind in "biuf" else None


def _check_loss(model: Any, rows: DataSplit) -> None:
    """Losses that compute something for targets that they are not meant for."""
    from search.training.asking import units_of
    from search.training.losses import names_of_keras
    from search.training.model_outputs import OF_CLASSES, OF_PROBABILITIES, ROUNDED

    named = names_of_keras(model)
    y = np.asarray(rows.train.y)
    if y.dtype.kind not in "biuf":
        return
    low, high = y.min(), y.max()
    written = OF_CLASSES if TASKS[rows.shape.task].classifies else set()  # one-hot for these
    crossed = sorted(named & OF_PROBABILITIES - written)
    if crossed and TASKS[rows.shape.task].classifies and high > 1:
        classes = rows.shape.outputs
        labels = "; or, where a row may have several of them, give task='multilabel'"
        raise MistakeError(
            f"the loss {crossed[0]} takes each output by itself, and a row has one of these "
            f"{classes} classes; end the model in Dense({classes}, 'softmax') and compile with "
            f"{_fitting(model, rows)}{labels if rows.shape.given != PLAIN else ''}"
        )
    if crossed and TASKS[rows.shape.task].classifies and not _add_up_to_1(model, rows):
        labels = "; or, where a row may have both, give task='multilabel'"
        raise MistakeError(
            f"the loss {crossed[0]} takes each of the model's 2 outputs by itself, so they are no "
            "probabilities of 2 classes; end the model in Dense(1, 'sigmoid'), or in Dense(2, "
            f"'softmax') and compile with {_fitting(model, rows)}"
            f"{labels if rows.shape.given != PLAIN else ''}"
        )
    if crossed and not (low >= -ROUNDED and high <= 1 + ROUNDED):
        raise MistakeError(
            f"the loss {crossed[0]} is for targets of 0 and 1, and these go from {low:g} to "
            f"{high:g}; compile with {_fitting(model, rows)}"
        )
    if "sparse_categorical_crossentropy" in named:
        units = units_of(model, rows.shape)
        whole = bool(np.all(y == np.floor(y)))
        if not whole or low < 0 or high >= units:
            raise MistakeError(
                f"the loss sparse_categorical_crossentropy is for classes counted from 0, one for "
                f"each of the model's {units} outputs, and these targets go from {low:g} to "
                f"{high:g}; compile with {_fitting(model, rows)}"
            )


def _add_up_to_1(model: Any, rows: DataSplit) -> bool:
    """Whether outputs are probabilities of classes: one number a row, or two of a softmax."""
    from search.training.asking import units_of
    from search.training.predict import raw_outputs

    if units_of(model, rows.shape) != 2:
        return True
    few = rows.train.x[:FEW_ROWS]
    return bool(np.allclose(raw_outputs(model, few).sum(axis=-1), 1, atol=NOTHING))


def _fitting(model: Any, rows: DataSplit) -> str:
    from search.training.asking import is_squashed

    task, outputs = TASKS[rows.shape.task], rows.shape.outputs
    wrong = task.has_numbers and is_squashed(model, rows.shape)
    end = f", and end it in Dense({outputs}) without an activation" if wrong else ""
    return f"loss={task.loss!r}{end}"
