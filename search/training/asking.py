"""What a model gives of rows: called as its author means it, and how many numbers those are."""

from typing import Any

from search.data.dataset import Shape
from search.training import keras_compat
from search.training.keras_own import overrides
from search.training.model_inputs import inputs_of


def units_of(model: Any, shape: Shape) -> int:
    """How many numbers a model gives of a row."""
    known = getattr(model, "output_shape", None) if keras_compat.is_graph(model) else None
    if isinstance(known, tuple) and len(known) == 2 and isinstance(known[1], int):
        return known[1]
    return int(one_of_one(ask(model, inputs_of(shape.zeros(1)))).shape[-1])


def ask(model: Any, x: Any) -> Any:
    """What a model predicts for rows: by a `predict_step` of its own, else by a call."""
    if overrides(model, "predict_step"):
        return model.predict_step((x,))
    return model(x, training=False)


def one_of_one(outputs: Any) -> Any:
    """The tensor of outputs, where they are one in a dict or list."""
    while isinstance(outputs, dict | list | tuple) and len(outputs) == 1:
        outputs = next(iter(outputs.values() if isinstance(outputs, dict) else outputs))
    return outputs


def is_squashed(model: Any, shape: Shape) -> bool:
    """Whether the model ends in a sigmoid or softmax."""
    return keras_compat.is_squashed(one_of_one(ask(model, inputs_of(shape.zeros(1)))))
