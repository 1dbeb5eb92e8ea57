"""All that this package uses of Keras and TensorFlow without a promise of theirs: nothing else may.

`tests/training/test_keras_compat.py` fails where a new version changes one of them.
"""

from collections.abc import Iterable
from typing import Any


def layers_of(model: Any) -> list[Any]:
    """A model and every layer in it, at any depth."""
    return list(model._flatten_layers())


def outputs_of_calls(part: Any) -> list[Any]:
    """What a layer or an operation gave wherever it was called, as symbolic tensors."""
    import keras

    nodes: Iterable[Any] = part._inbound_nodes
    return list(keras.tree.flatten([node.output_tensors for node in nodes]))


def inputs_of_calls(layer: Any) -> list[Any]:
    """The tensors that a layer was called on in a graph."""
    nodes: Iterable[Any] = layer._inbound_nodes
    return [tensor for node in nodes for tensor in node.input_tensors]


def mask_of(tensor: Any) -> Any:
    """Which steps of a tensor count, as layers hand it on; None where all do."""
    return getattr(tensor, "_keras_mask", None)


def is_graph(model: Any) -> bool:
    """Whether Keras knows all that is between a model's inputs and outputs."""
    import keras

    return isinstance(model, keras.Sequential) or hasattr(model, "_operations")


def is_squashed(outputs: Any) -> bool:
    """Whether outputs are of a sigmoid or softmax, which Keras notes on the tensor."""
    return hasattr(outputs, "_keras_logits")


def made_by(tensor: Any) -> Any:
    """The layer that a graph's tensor comes from, within models that are its layers too."""
    import keras

    history = getattr(tensor, "_keras_history", None)
    while history is not None and isinstance(history.operation, keras.Model):
        inner = getattr(history.operation, "outputs", None) or []
        if history.tensor_index >= len(inner):
            return history.operation
        history = inner[history.tensor_index]._keras_history
    return history.operation if history is not None else None


def rate_of(optimizer: Any) -> Any:
    """What an optimizer was given as its learning rate: a number's variable or a schedule.

    None of one that keeps it elsewhere.
    """
    return getattr(optimizer, "_learning_rate", None)


def undecayed(optimizer: Any) -> bool:
    """Whether `exclude_from_weight_decay` has named variables, which no configuration tells."""
    named = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimizer, name, None) for name in named)


def compiled_metrics(model: Any) -> list[Any]:
    """Metrics, weighted ones too, as they were given to `compile`."""
    import keras

    given = compiled_with(model)
    return [
        one for name in ("metrics", "weighted_metrics") for one in keras.tree.flatten(given[name])
    ]


def compiled_with(model: Any) -> dict[str, Any]:
    """Losses, their weights and metrics as they were given to `compile`, by its arguments."""
    compiled = getattr(model, "_compile_metrics", None)
    return {
        "loss": model.loss,
        "loss_weights": getattr(getattr(model, "_compile_loss", None), "_user_loss_weights", None),
        "metrics": getattr(compiled, "_user_metrics", None),
        "weighted_metrics": getattr(compiled, "_user_weighted_metrics", None),
    }


def takes_logits(metric: Any) -> bool:
    """Whether a metric makes probabilities of what it is given."""
    return bool(getattr(metric, "from_logits", False) or getattr(metric, "_from_logits", False))


def idf_weights(layer: Any) -> list[float]:
    """What a `TextVectorization` by TF-IDF has learnt of each word of its vocabulary."""
    found: list[float] = layer._lookup_layer.idf_weights.numpy()[1:].tolist()  # without [UNK]'s
    return found


def forget_uninitialized() -> None:
    """Drop variables of a model that was not built to its end.

    Else the next scope of whatever model gives memory to all that they claimed.
    """
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("uninitialized_variables", [])


def frozen(call: Any) -> Any:
    """A concrete function whose variables and captured tensors are constants of its graph."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    return convert_variables_to_constants_v2(
        call, lower_control_flow=False, aggressive_inlining=True
    )
