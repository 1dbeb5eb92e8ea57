"""What a model is trained by: its losses, as functions and by their names."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras

from search.data.dataset import Array
from search.training.keras_compat import compiled_metrics
from search.training.keras_own import from_keras, overrides

Losses = tuple[frozenset[str], Mapping[str, Any]]
"""Names of Keras's own losses, and what they were made with, such as `from_logits`."""
LossOf = Callable[[Array, Array], float]


def name_of_loss(model: Any) -> str:
    """What the loss is called that a model is compiled with; "" for one that it keeps itself."""
    return ", ".join(dict.fromkeys(filter(None, map(_name, flat(model.loss)))))


def names_of_keras(model: Any) -> set[str]:
    """Keras's own losses among a model's, such as "sparse_categorical_crossentropy"."""
    return {name for loss in flat(model.loss) if (name := _of_keras(loss))}


def names_of_metrics(model: Any) -> set[str]:
    """Keras's own metrics that a model is compiled with, by the names of their functions."""
    return {name for metric in compiled_metrics(model) if (name := name_of_metric(metric))}


def name_of_metric(metric: Any) -> str:
    """The function of Keras that a metric is the mean of, by its name; "" for any other."""
    if isinstance(metric, keras.losses.Loss):
        return _of_keras(metric)
    if isinstance(metric, keras.metrics.Metric) and not from_keras(type(metric).__module__):
        return ""  # it may leave rows out, or change them
    try:
        found = keras.metrics.get(metric)
    except (ValueError, TypeError):
        return ""
    found = getattr(found, "_fn", found)
    own = from_keras(getattr(found, "__module__", ""))
    return str(getattr(found, "__name__", "")) if own else ""


def losses_of_outputs(model: Any, outputs: Sequence[str]) -> list[Losses]:
    """Keras's own losses of each output, in the order of the outputs' names."""
    loss = model.loss
    if isinstance(loss, Mapping):
        each = [loss.get(name) for name in outputs]
    elif isinstance(loss, list | tuple):
        each = [*loss, *[None] * len(outputs)]
    else:
        each = [loss] * len(outputs)
    return [_losses(own) for _, own in zip(outputs, each, strict=False)]


def _losses(given: Any) -> Losses:
    """Names, and options where Keras's own object was given."""
    own = [one for one in flat(given) if _of_keras(one)]
    made = [one.get_config() for one in own if isinstance(one, keras.losses.Loss)]
    return frozenset(map(_of_keras, own)), {key: value for of in made for key, value in of.items()}


def computed_loss(model: Any, *given: Any, training: bool) -> Any:
    """What a model's `compute_loss` gives, called as Keras's own steps call it.

    An override from before Keras 3.3, as many guides show it, does not take `training`. Keras's
    `_compute_loss` looks at that too, but models have methods of their own by this name.

    Args:
        model: Compiled.
        given: Rows, targets, outputs and weights; without names, which overrides need not keep.
        training: Whether the model is trained by it.
    """
    if "training" in inspect.signature(model.compute_loss).parameters:
        return model.compute_loss(*given, training=training)
    return model.compute_loss(*given)


def losses_of(model: Any) -> Iterator[LossOf]:
    """What may train the model: its compiled loss, or one that it keeps for its own step."""
    if overrides(model, "compute_loss"):
        yield lambda y, predicted: float(
            computed_loss(model, None, y, _like(model, predicted), None, training=False)
        )
    for loss in flat(model.loss):
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


def flat(loss: Any) -> list[Any]:
    """The losses of a model with one or several outputs."""
    if isinstance(loss, dict):
        return list(loss.values())
    return list(loss) if isinstance(loss, list | tuple) else [loss]


def _name(loss: Any) -> str:
    """What a loss is called, as displayed."""
    if loss is None or isinstance(loss, str):
        return loss or ""
    inner = getattr(loss, "fn", None) if from_keras(type(loss).__module__) else None
    named = inner or loss
    return str(getattr(named, "__name__", type(named).__name__))


def _of_keras(loss: Any) -> str:
    """The name of Keras's own loss function; "" for any other."""
    if loss is None:
        return ""
    try:
        found = keras.losses.get(loss)
    except (ValueError, TypeError):
        return ""
    if isinstance(found, keras.losses.Loss):
        found = getattr(found, "fn", found) if from_keras(type(found).__module__) else None
    module = getattr(found, "__module__", "")
    return str(getattr(found, "__name__", "")) if from_keras(module) else ""
