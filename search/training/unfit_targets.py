"""Targets that a loss, a metric or a last layer is not meant for, and that Keras takes."""

import math
from collections.abc import Set as AbstractSet
from typing import Any

import keras
import numpy as np

from search.data.columns import Array
from search.data.dataset import Shape
from search.data.tree import TargetRows, leaves_by_path, named
from search.training.asking import units_of
from search.training.keras_compat import is_graph, made_by, mask_of
from search.training.keras_own import from_keras, overrides
from search.training.model_outputs import OF_CLASSES, OF_NUMBERS, as_losses_take, outputs_of
from search.training.own_measure import COSINE, OwnMeasure

KL = "kl_divergence"
MAPE = "mean_absolute_percentage_error"
ACCURACIES = {"accuracy", "binary_accuracy"}
"""Of Keras, without those that compare the places of the greatest numbers, or whole numbers."""
_APART = OF_NUMBERS | {MAPE, "mean_squared_logarithmic_error"}
"""Losses that are least where outputs equal targets."""
_RANGES = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, np.inf),
    "exponential": (0.0, np.inf),
}
"""What each of Keras's activations gives."""
MOST_NUMBERS = 20_000_000
"""Of outputs that a metric is tried on."""
NOTABLE = 0.05
"""Part of the squares of targets' deviations that lies beyond what a model can give, from which on
it is no noise; and fraction of rows that do not sum to 1."""
NEAR = 0.01
"""What probabilities may lie below 0, rounded."""
ROUNDED = 0.05
"""By which a sum of rounded probabilities may not be 1."""


def activation_of(output: Any) -> str:
    """Keras's activation that a graph's output comes from; "" where it is unknown.

    Args:
        output: As Keras knows it before it has values.
    """
    layer = made_by(output)
    kinds = (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Activation)
    if not from_keras(type(layer).__module__):
        return ""
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    if not isinstance(layer, kinds) and "Conv" not in type(layer).__name__:
        return ""
    found = getattr(layer, "activation", None)
    own = from_keras(getattr(found, "__module__", ""))
    return str(getattr(found, "__name__", "")) if own else ""


def of_loss(losses: AbstractSet[str], y: Array) -> str:
    """What is wrong with targets for Keras's own losses, with the fix; "" for nothing.

    Args:
        losses: By the names of their functions.
        y: Numbers or labels, the last axis one for each unit of the model.
    """
    for name in (KL, MAPE, COSINE):
        if name in losses and (found := of_measure(name, y, "loss")):
            return found
    if crossed := sorted(losses & OF_CLASSES):
        return _of_labels(f"the loss {crossed[0]} is for rows of one class", y)
    return ""


def of_measure(name: str, y: Array, kind: str = "metric") -> str:
    """The same of one measure that trials are compared by, or that trains.

    Args:
        name: Of Keras's function.
        y: As of `of_loss`.
        kind: What it is compiled as.
    """
    low, high = y.min(), y.max()
    if name == KL and not _is_of_probabilities(y):
        sums = y.reshape(-1, y.shape[-1]).sum(axis=-1)
        fix = _instead(kind)
        if kind == "loss" and _is_of_labels(y):
            fix = "end the model in a sigmoid and compile with 'binary_crossentropy' in its place"
        elif low >= 0 and sums.min() > 0 and y.shape[-1] > 1:
            fix = f"divide each row by its sum, or {fix}"
        return (
            f"the {kind} {KL} is for rows of probabilities that sum to 1, and these targets go "
            f"from {low:g} to {high:g}, and their rows sum to {_from_to(sums)}; {fix}"
        )
    if name == MAPE and (zeros := int((y == 0).sum())):
        return (
            f"the {kind} {MAPE} divides by the targets, and {zeros:,} of {y.size:,} are 0, for "
            f"which Keras divides by 1e-7; {_instead(kind)}, or leave out the rows of 0"
        )
    if name == COSINE and y.shape[-1] == 1:
        return (
            f"the {kind} {COSINE} compares the directions of rows of several numbers, and of one "
            f"number a row it is always -1 or 1; {_instead(kind)}"
        )
    of_places = name == "categorical_accuracy" and y.shape[-1] == 1
    if (name in ACCURACIES or of_places) and not _has_classes(y):
        return (
            f"{name.replace('_', ' ')} counts outputs that are the row's class, and these targets "
            f"are numbers from {low:g} to {high:g}; {_instead(kind)}"
        )
    return ""


def of_last_layer(activation: str, losses: AbstractSet[str], y: Array, said: str) -> str:
    """What is wrong with targets for what a model can give, with the fix; "" for nothing.

    Args:
        activation: Its last.
        losses: Keras's own that it is trained by, by the names of their functions.
        y: As the model's loss gets them, the last axis one for each unit.
        said: What a sentence calls them.
    """
    if activation not in _RANGES or not losses or not losses <= _APART:
        return ""
    low, high = _RANGES[activation]
    rows = y.reshape(-1, y.shape[-1]).astype(float)
    off = np.maximum(low - rows, 0) + np.maximum(rows - high, 0)
    beyond, spread = (off > 0).any(axis=-1), np.square(rows - rows.mean(axis=0)).sum()
    near = np.square(off).sum() <= NOTABLE * spread
    gives = f"{low:g} to {high:g}" if np.isfinite(high) else f"nothing below {low:g}"
    if activation == "softmax" and near and rows.shape[1] > 1:
        beyond, gives = abs(rows.sum(axis=-1) - 1) > ROUNDED, "numbers that sum to 1"
        near = beyond.mean() <= NOTABLE
    if near:
        return ""
    return (
        f"the model ends in {activation}, which gives {gives}, and {said} go from {y.min():g} to "
        f"{y.max():g}, with {int(beyond.sum()):,} of {len(rows):,} rows that it cannot reach; end "
        f"it in Dense({rows.shape[1]}) without an activation"
    )


def of_labels(activation: str, y: Array) -> str:
    """What is wrong with several labels a row for a model's last activation; "" for nothing."""
    if activation != "softmax":
        return ""
    return _of_labels("the model ends in softmax, whose outputs sum to 1", y)


def is_never_a_number(model: Any, objective: str, y: Array, shape: Shape) -> bool:
    """Whether a model's metric is NaN for the truth itself, and for whatever else.

    A model that has not learnt yet may lack what the metric divides by, such as rows that it gives
    a class.

    Args:
        model: Compiled and built.
        objective: Such as "val_f2".
        y: Of all rows that validate, as in `Dataset`.
        shape: Of the data.
    """
    units = units_of(model, shape)
    y = y[: max(1, MOST_NUMBERS // units)]
    try:
        measure = OwnMeasure(model, objective, y, shape)
        draw = np.random.default_rng(0)
        guesses = [draw.random((len(y), units)), draw.normal(size=(len(y), units))]
        guesses += [_truth(y, units), np.ones((len(y), units)), np.zeros((len(y), units))]
        return all(math.isnan(measure.value_of_outputs(guess)) for guess in guesses)
    except Exception:  # a metric of your own may fail at whatever it is given: a trial will show
        return False


def _truth(y: Array, units: int) -> Array:
    if y.size == len(y) * units:
        return y.reshape(len(y), units)
    rows: Array = np.eye(units)[y.reshape(-1).astype(int)]
    return rows


def of_outputs(model: Any, y: TargetRows, *, weighted: bool) -> str:
    """What is wrong with targets of any shape for a graph's outputs; "" for nothing.

    Args:
        model: Compiled and built.
        y: Of a "custom" task.
        weighted: Whether weights may leave some of them out.
    """
    own = any(overrides(model, step) for step in ("train_step", "compute_loss"))
    if own or weighted or not is_graph(model) or not model.built or y.shape[1:] == (0,):
        return ""
    leaves = leaves_by_path(as_losses_take(model, y))
    for output in outputs_of(model, list(leaves)):
        of = leaves.get(output.path)
        if mask_of(output.tensor) is not None:  # its loss leaves out what is masked
            continue
        if of is None or of.ndim < 2 or of.shape[1:] != output.shape or of.dtype.kind not in "biuf":
            continue
        losses = (
            output.losses if of.ndim == 2 else output.losses - {KL, MAPE, COSINE}
        )  # 0 may be padding
        found = of_loss(losses, of)
        activation = activation_of(output.tensor)
        found = found or of_last_layer(activation, output.losses, of, "its targets")
        if found:
            name = named(output.path, "y")
            return f"{name}: {found}" if output.path else found
    return ""


def _of_labels(why: str, y: Array) -> str:
    rows = y.reshape(-1, y.shape[-1])
    if not _is_of_labels(rows):
        return ""
    several = int((rows.sum(axis=-1) > 1).sum())
    if not several:
        return ""
    return (
        f"{why}, and {several:,} of {len(rows):,} rows have more than one label; end the model in "
        f"Dense({rows.shape[1]}, 'sigmoid') and compile with loss='binary_crossentropy'"
    )


def _instead(kind: str) -> str:
    if kind == "loss":
        return "compile with 'mae' or 'mse' in its place"
    return "compile with metrics=['mae'] and give objective='val_mae'"


def _is_of_probabilities(y: Array) -> bool:
    sums = y.sum(axis=-1)
    return y.shape[-1] > 1 and bool((y >= -NEAR).all() and (abs(sums - 1) <= ROUNDED).all())


def _has_classes(y: Array) -> bool:
    """Whether a row's targets name a class: 0 or 1, or the probabilities of classes."""
    return _is_of_probabilities(y) or _is_of_labels(y)


def _is_of_labels(y: Array) -> bool:
    return bool(np.isin(y, (0, 1)).all())


def _from_to(values: Array) -> str:
    low, high = f"{values.min():.4g}", f"{values.max():.4g}"
    return low if low == high else f"{low} to {high}"
