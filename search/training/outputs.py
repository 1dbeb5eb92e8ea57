"""What a model's outputs mean, and how its loss wants its targets: found by asking the loss.

A loss tells by what it does, whether it is Keras's own, wrapped, or a function of yours: one of
logits still falls far beyond 1, one of a margin no more, one of probabilities has its lowest at 0
and 1. Its name is read only for how Keras's own losses want their targets.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import keras
import numpy as np

from search.data.dataset import Array, Shape
from search.study.outputs import LOGITS, PROBABILITIES, SCORES, SURE, UNKNOWN, Outputs
from search.study.target_form import CODES, COLUMN, ONE_HOT, PLAIN, SIGNED, TargetForm
from search.study.task import TASKS

POINTS = (-8.0, -4.0, -2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
CLOSE = 1e-6
LossOf = Callable[[Array, Array], float]


def outputs_of(model: Any, shape: Shape) -> Outputs:
    """How a model's outputs are read.

    Args:
        model: Compiled and built.
        shape: Of the data.
    """
    if TASKS[shape.task].has_numbers or _is_squashed(model, shape):
        return SURE
    units = units_of(model, shape)
    form = form_of_loss(model, shape)
    losses = list(_losses(model))
    named = name_of_loss(model) or "of its own"
    for loss in losses:
        try:
            kind, link = _kind(loss, shape.task, units, form)
        except Exception:  # noqa: S112 - a loss of one's own may fail at whatever it is asked
            continue
        return Outputs(kind, link, named)
    return Outputs(UNKNOWN, "", named)


def name_of_loss(model: Any) -> str:
    """What the loss is called that a model is compiled with; "" for one that it keeps itself."""
    return ", ".join(dict.fromkeys(filter(None, map(_name, _flat(model.loss)))))


def form_of(model: Any, shape: Shape) -> TargetForm:
    """How a model is given the classes of its rows: as its loss wants them.

    A model with steps of its own gets them as they were given.

    Args:
        model: Compiled and built.
        shape: Of the data.
    """
    by_itself = TASKS[shape.task].classifies and has_own_steps(model)
    return shape.given if by_itself else form_of_loss(model, shape)


def form_of_loss(model: Any, shape: Shape) -> TargetForm:
    """How a model's loss wants the classes of its rows.

    As they were given, unless it is a loss of Keras that needs another form, or one that cannot be
    computed from them.

    Args:
        model: Compiled and built.
        shape: Of the data.
    """
    given = shape.given
    if not TASKS[shape.task].classifies:
        return PLAIN
    units = units_of(model, shape)
    names = {name for loss in _flat(model.loss) if (name := _of_keras(loss))}
    if units == 1:
        plain = given.as_layout(CODES)
        if given.layout == SIGNED:
            return plain if names & _ZERO_ONE else given
        return given if given.layout == COLUMN else plain
    codes, one_hot = given.as_layout(CODES), TargetForm(ONE_HOT, floats=True)
    if names:
        return codes if any(name.startswith("sparse_") for name in names) else one_hot
    either = [one_hot, codes] if given.layout == ONE_HOT else [codes, one_hot]
    return next((form for form in either if _takes(model, form, units)), either[0])


def as_trained(model: Any, y: Array, shape: Shape) -> Array:
    """Targets as a model's steps take them.

    Args:
        model: Compiled and built.
        y: As in `Dataset`.
        shape: Of the data.
    """
    return written(model, y, shape, form_of(model, shape))


def for_loss(model: Any, y: Array, shape: Shape) -> Array:
    """Targets as a model's loss and metrics take them.

    Args:
        model: Compiled and built.
        y: As in `Dataset`.
        shape: Of the data.
    """
    return written(model, y, shape, form_of_loss(model, shape))


def written(model: Any, y: Array, shape: Shape, form: TargetForm) -> Array:
    """The same in a form that is known: classes are written, labels and numbers stay."""
    if form == PLAIN or not TASKS[shape.task].classifies:
        return y
    return form.write(y, max(2, units_of(model, shape)))


def remarks(model: Any, shape: Shape, outputs: Outputs) -> tuple[str, ...]:
    """What a person should know of how loss, metrics and outputs of a model go together.

    Args:
        model: Compiled and built.
        shape: Of the data.
        outputs: How its outputs are read.
    """
    if TASKS[shape.task].has_numbers:
        return ()
    form = form_of(model, shape)
    if form.layout != shape.given.layout:
        given, trained = _LAYOUTS[shape.given.layout], _LAYOUTS[form.layout]
        return (
            f"The classes were given as {given}, and the model is trained and measured on "
            f"{trained}, as its loss “{name_of_loss(model)}” takes them.",
            *_remarks(model, shape, outputs),
        )
    return _remarks(model, shape, outputs)


_LAYOUTS = {
    CODES: "0, 1, …",
    COLUMN: "0, 1, … in a column",
    ONE_HOT: "one-hot rows",
    SIGNED: "−1 and 1",
}


def _remarks(model: Any, shape: Shape, outputs: Outputs) -> tuple[str, ...]:
    says_logits = any(getattr(loss, "from_logits", False) for loss in _flat(model.loss))
    if says_logits and _is_squashed(model, shape):
        return (
            "The model ends in a sigmoid or softmax, and its loss says from_logits=True, which is "
            "a contradiction: its outputs are read as the probabilities that they are. Drop one "
            "of the two.",
        )
    cut = list(filter(None, map(_cut_at_half, _named_metrics(model))))
    if cut and outputs.kind in {LOGITS, SCORES} and units_of(model, shape) == 1:
        return (
            f"The model's own metric “{cut[0]}” cuts its outputs at 0.5, and their middle is 0, so "
            "the search saw other values of it than are given here: compile the model with "
            'keras.metrics.BinaryAccuracy(threshold=0, name="accuracy").',
        )
    return ()


def _named_metrics(model: Any) -> list[Any]:
    """As they were given to `compile`."""
    given = getattr(getattr(model, "_compile_metrics", None), "_user_metrics", None)
    return list(keras.tree.flatten(given))


def _cut_at_half(metric: Any) -> str:
    """The name of a metric that counts outputs above 0.5; "" for any other."""
    if isinstance(metric, str):
        return metric if metric in {"accuracy", "acc", "binary_accuracy"} else ""
    plain = isinstance(metric, keras.metrics.BinaryAccuracy)
    return str(metric.name) if plain and metric.threshold != 0 else ""


_ZERO_ONE = {"hinge", "squared_hinge", "binary_crossentropy", "binary_focal_crossentropy"}
"""Losses of Keras that take 0 and 1: hinge ones make −1 and 1 of them, and metrics need them so."""


def has_own_steps(model: Any) -> bool:
    """Whether a model trains and tests by steps of its own, and not by Keras's."""
    kinds = (keras.Model, keras.Sequential)
    return all(
        getattr(type(model), step) not in [getattr(kind, step) for kind in kinds]
        for step in ("train_step", "test_step")
    )


def units_of(model: Any, shape: Shape) -> int:
    """How many numbers a model gives of a row."""
    known = getattr(model, "output_shape", None) if _is_graph(model) else None
    if isinstance(known, tuple) and len(known) == 2 and isinstance(known[1], int):
        return known[1]
    return int(one_of_one(ask(model, _row(shape))).shape[-1])


def ask(model: Any, x: Any) -> Any:
    """What a model says of rows: by its own `predict_step` where it has one, else by a call."""
    if type(model).predict_step not in (keras.Model.predict_step, keras.Sequential.predict_step):
        return model.predict_step((x,))
    return model(x, training=False)


def one_of_one(outputs: Any) -> Any:
    """The tensor of outputs, where they are one in a dict or list."""
    while isinstance(outputs, dict | list | tuple) and len(outputs) == 1:
        outputs = next(iter(outputs.values() if isinstance(outputs, dict) else outputs))
    return outputs


def _row(shape: Shape) -> Array:
    return np.zeros((1, *shape.features), np.float32)


def _is_squashed(model: Any, shape: Shape) -> bool:
    """Whether the model ends in a sigmoid or softmax, which Keras notes on the tensor."""
    return hasattr(one_of_one(ask(model, _row(shape))), "_keras_logits")


def _losses(model: Any) -> Iterator[LossOf]:
    """What may train the model: its compiled loss, or one that it keeps for its own step."""
    if type(model).compute_loss not in (keras.Model.compute_loss, keras.Sequential.compute_loss):
        yield lambda y, predicted: float(
            model.compute_loss(x=None, y=y, y_pred=_like(model, predicted), training=False)
        )
    for loss in _flat(model.loss):
        if loss is not None:
            yield _value_of(keras.losses.get(loss))
    for kept in vars(model).values():
        if isinstance(kept, keras.losses.Loss):
            yield _value_of(kept)


def _value_of(loss: Callable[[Any, Any], Any]) -> LossOf:
    """A loss as a number, of float32 alone, as Keras gives it to whatever loss."""

    def value(y: Array, predicted: Array) -> float:
        tensors = (keras.ops.convert_to_tensor(part, dtype="float32") for part in (y, predicted))
        return float(keras.ops.mean(loss(*tensors)))

    return value


def _like(model: Any, predicted: Array) -> Any:
    """Predictions in the structure in which the model gives its one output."""
    given = keras.ops.convert_to_tensor(predicted, dtype="float32")
    return dict.fromkeys(model.loss, given) if isinstance(model.loss, dict) else given


def _kind(loss: LossOf, task: str, units: int, form: TargetForm) -> tuple[str, str]:
    if not TASKS[task].classifies:
        form = form.as_layout(ONE_HOT)
    yes, no = _answers(loss, task, units, form)
    return _kind_of(yes, no), _link(loss, task, units, form)


def _kind_of(yes: dict[float, float], no: dict[float, float]) -> str:
    """From the loss of an output where the class is there, and where it is not."""
    if _falls(yes, (2.0, 4.0, 8.0)) and _falls(no, (-0.5, -2.0, -4.0)):
        return LOGITS
    flat = _level(yes, (1.0, 2.0, 8.0)) or _level(yes, (2.0, 8.0))
    if flat and not _level(no, (0.0, 2.0)) and yes[-2.0] > yes[0.0] + CLOSE and _rises(yes):
        return SCORES
    lowest_yes, lowest_no = min(yes, key=yes.__getitem__), min(no, key=no.__getitem__)
    if lowest_yes == 1.0 and lowest_no in {0.0, -8.0}:
        return PROBABILITIES if _level(no, (0.0, -8.0)) else UNKNOWN
    if lowest_yes == 1.0 and lowest_no < 0:
        return SCORES  # such as a squared distance to −1 and 1
    if lowest_yes > 1.0 and lowest_no < 0:
        return LOGITS  # with smoothed labels, whose lowest lies at a finite logit
    return UNKNOWN


def _falls(values: dict[float, float], at: tuple[float, ...]) -> bool:
    """Whether a loss still falls from point to point."""
    found = [values[point] for point in at]
    return all(after < before for before, after in pairwise(found))


def _rises(values: dict[float, float]) -> bool:
    """Whether a loss grows without end to the left."""
    return _falls(values, (-8.0, -4.0, -2.0))


def _level(values: dict[float, float], at: tuple[float, ...]) -> bool:
    found = [values[point] for point in at]
    return max(found) - min(found) <= CLOSE * max(1.0, abs(max(found)))


def _answers(
    loss: LossOf, task: str, units: int, form: TargetForm
) -> tuple[dict[float, float], dict[float, float]]:
    """Loss by output where the class is there, and where it is not; the other units at 0."""
    found = []
    for there in (1, 0):
        y = _truth(there, task, units, form)
        of = {point: loss(y, _output(point, task, units)) for point in POINTS}
        found.append(of)
    return found[0], found[1]


def _truth(there: int, task: str, units: int, form: TargetForm) -> Array:
    if not TASKS[task].classifies:
        return np.full((1, units), there, np.float32)
    if units == 1:
        return form.write(np.array([there]), 2)
    return form.write(np.array([0 if there else 1]), units)


def _output(point: float, task: str, units: int) -> Array:
    if not TASKS[task].classifies:
        return np.full((1, units), point, np.float32)
    row = np.zeros((1, units), np.float32)
    row[0, 0] = point
    return row


def _link(loss: LossOf, task: str, units: int, form: TargetForm) -> str:
    """A softmax gives the same where all outputs grow alike; else each has a sigmoid."""
    if units == 1 or not TASKS[task].classifies:
        return "sigmoid"
    y = _truth(1, task, units, form)
    here = loss(y, _output(1.0, task, units))
    there = loss(y, _output(1.0, task, units) + 3.0)
    return "softmax" if abs(here - there) <= 1e-4 * max(1.0, abs(here)) else "sigmoid"


def _takes(model: Any, form: TargetForm, units: int) -> bool:
    """Whether the loss makes sense of targets in a form: less of it where the right class leads."""
    codes = np.arange(units)
    y = form.write(codes, units)
    right = np.eye(units, dtype=np.float32) * 0.8 + 0.1
    for loss in _losses(model):
        try:
            return loss(y, right) < loss(y, np.roll(right, 1, axis=1))
        except Exception:
            return False
    return True


def _is_graph(model: Any) -> bool:
    """Whether Keras knows all that is between its inputs and outputs."""
    return isinstance(model, keras.Sequential) or hasattr(model, "_operations")


def _flat(loss: Any) -> list[Any]:
    if isinstance(loss, dict):
        return list(loss.values())
    return list(loss) if isinstance(loss, list | tuple) else [loss]


def _name(loss: Any) -> str:
    """What a loss is called, for people."""
    if loss is None or isinstance(loss, str):
        return loss or ""
    inner = getattr(loss, "fn", None) if type(loss).__module__.startswith("keras") else None
    named = inner or loss
    return str(getattr(named, "__name__", type(named).__name__))


def _of_keras(loss: Any) -> str:
    """The name of Keras's own loss function, such as "sparse_categorical_crossentropy"; else ""."""
    if loss is None:
        return ""
    try:
        found = keras.losses.get(loss)
    except (ValueError, TypeError):
        return ""
    if isinstance(found, keras.losses.Loss):
        if not type(found).__module__.startswith("keras."):
            return ""
        found = getattr(found, "fn", found)
    module = str(getattr(found, "__module__", ""))
    return str(getattr(found, "__name__", "")) if module.startswith("keras.") else ""
