"""All that this package uses of Keras without a promise of Keras's: nothing else may.

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


def rate_of(optimizer: Any) -> Any:
    """What an optimizer was given as its learning rate: a number's variable or a schedule."""
    return optimizer._learning_rate


def forget_uninitialized() -> None:
    """Drop variables of a model that was not built to its end.

    Else the next scope of whatever model gives memory to all that they claimed.
    """
    from keras.src.backend.common import global_state

    global_state.set_global_attribute("uninitialized_variables", [])
