"""Models that take batches of one size alone: by their `Input`, or by their layers' states.

`fill_up` and `begin_anew` stand in `train.py` as well, where a model needs them.
"""

from functools import wraps
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.training.keras_compat import layers_of


def fixed_batch(model: Any) -> int:
    """How many rows a model takes at once; 0 for any number."""
    declared = [tensor.shape[0] for tensor in getattr(model, "inputs", None) or []]
    kept = [getattr(layer, "states", None) or [] for layer in stateful(model)]
    states = [state.shape[0] for state in keras.tree.flatten(kept)]
    return next((int(rows) for rows in [*declared, *states] if rows), 0)


def stateful(model: Any) -> list[Any]:
    """Layers in which a batch goes on where the one before it ended."""
    return [layer for layer in layers_of(model) if getattr(layer, "stateful", False) is True]


def begin_anew(model: Any) -> None:
    """Put the states of a model's layers back, as before an epoch and before rows are asked."""
    for layer in stateful(model):
        if hasattr(layer, "reset_state"):
            layer.reset_state()


def rows_at_once(model: Any, most: int) -> int:
    """How many rows to give a model at a time."""
    return fixed_batch(model) or most


def whole_batches(model: Any, rows: int, batch: int) -> int:
    """How many rows of an epoch train: a model of one size of batch never sees a part of one."""
    return rows - rows % batch if fixed_batch(model) else rows


def fill_up(model: Any, batch: int) -> None:
    """Let a model take fewer rows than its batch: zeros fill it up, their answers are cut off."""
    call = model.call

    def is_rows(part: Any) -> bool:
        return (tf.is_tensor(part) or isinstance(part, np.ndarray)) and bool(part.shape)

    @wraps(call)
    def filled(*args: Any, **kwargs: Any) -> Any:
        given = [part for part in keras.tree.flatten((args, kwargs)) if is_rows(part)]
        if not given:  # symbolic tensors of Keras
            return call(*args, **kwargs)
        rows = tf.shape(given[0])[0]

        def fill(part: Any) -> Any:
            if not is_rows(part):
                return part
            ends = [[0, batch - rows], *([0, 0] for _ in part.shape[1:])]
            return tf.ensure_shape(tf.pad(part, ends), (batch, *part.shape[1:]))

        args, kwargs = keras.tree.map_structure(fill, (args, kwargs))
        return keras.tree.map_structure(lambda part: part[:rows], call(*args, **kwargs))

    model.call = filled
