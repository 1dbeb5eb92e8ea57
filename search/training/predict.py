"""What a trained model says of rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from search.study.dataset import Array

BATCH = 4096
TOLERANCE = 1e-3
"""Of a share, between engines; sums in another order differ by some 1e-6."""


class UnlikeError(Exception):
    """Keras's model does not say what the engine said that trained it."""


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


def check_alike(found: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    """Compare a Keras model's predictions with those of the engine that trained it.

    Args:
        found: Name of the rows → shares, shape (rows, classes).
        expected: The same by the engine.

    Raises:
        UnlikeError: Some share differs by more than rounding can explain.
    """
    for name, shares in expected.items():
        worst = float(np.abs(found[name] - shares).max())
        if not worst <= TOLERANCE:
            raise UnlikeError(
                f"on {name} the Keras model's shares differ by up to {worst:.3g} from those of "
                "the engine that trained it; search again with --engine fit, and report this"
            )
