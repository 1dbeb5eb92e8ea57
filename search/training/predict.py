"""What a trained model says of rows."""

from typing import Any

import numpy as np

from search.study.data import Array

BATCH = 4096


def probabilities(model: Any, x: Array) -> Array:
    """The share that a model gives to each class.

    A model with one output gives the share of class 1; what lies outside 0…1 (a model without an
    output activation) is cut to it, so that class 1 is predicted from 0.5 on, as Keras's accuracy
    does.

    Args:
        model: Built.
        x: Rows, shape (rows, …).

    Returns:
        Shape (rows, classes), float64.
    """
    parts = [
        np.asarray(model(x[start : start + BATCH], training=False), dtype=float)
        for start in range(0, len(x), BATCH)
    ]
    outputs = np.concatenate(parts)
    if outputs.shape[1] == 1:
        one = np.clip(outputs, 0.0, 1.0)
        return np.hstack([1.0 - one, one])
    return outputs
