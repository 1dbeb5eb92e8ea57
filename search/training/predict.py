"""What a trained model says of rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from search.study.data.columns import Columns
from search.study.data.rows_in_file import Features
from search.study.dataset import Array
from search.study.task import BINARY, MULTILABEL

BATCH = 4096
TOLERANCE = 1e-3
"""Of a share or of a standardised number, between engines; sums in another order differ by some
1e-6."""


class UnlikeError(Exception):
    """Keras's model does not say what the engine said that trained it."""


def predictions(model: Any, x: Features, task: str) -> Array:
    """What a model says of rows.

    A model with one output for two classes gives the share of class 1. Shares outside 0…1 (a model
    without an output activation) are cut to it, so that class 1 or a label is predicted from 0.5
    on, as Keras's accuracy does.

    Args:
        model: Built.
        x: Rows, shape (rows, …).
        task: Such as "binary".

    Returns:
        float64: the share of each class, shape (rows, classes), or of each label, (rows, labels);
        or numbers, (rows, targets).
    """
    parts = [
        np.asarray(model(x[start : start + BATCH], training=False), dtype=float)
        for start in range(0, len(x), BATCH)
    ]
    return told(np.concatenate(parts), task)


def predictions_of_columns(model: Any, columns: Columns, task: str) -> Array:
    """The same of raw columns, by a model that takes them; see `predictions`."""
    from search.training.preparing import raw_inputs

    parts = []
    for start in range(0, len(columns), BATCH):
        rows = np.arange(start, min(start + BATCH, len(columns)))
        inputs = raw_inputs(columns.take(rows))
        parts.append(np.asarray(model(inputs, training=False), dtype=float))
    return told(np.concatenate(parts), task)


def told(outputs: Array, task: str) -> Array:
    """What a model's outputs say of the rows that it was given; see `predictions`."""
    if task == MULTILABEL.name:
        shares: Array = np.clip(outputs, 0.0, 1.0)
        return shares
    if task == BINARY.name and outputs.shape[1] == 1:
        one = np.clip(outputs, 0.0, 1.0)
        return np.hstack([1.0 - one, one])
    return outputs


def check_alike(found: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    """Compare a Keras model's predictions with those of the engine that trained it.

    Args:
        found: Name of the rows → what it predicts; numbers standardised.
        expected: The same by the engine.

    Raises:
        UnlikeError: Some prediction differs by more than rounding can explain.
    """
    for name, predicted in expected.items():
        worst = float(np.abs(found[name] - predicted).max())
        if not worst <= TOLERANCE:
            raise UnlikeError(
                f"on {name} the Keras model's predictions differ by up to {worst:.3g} from those "
                "of the engine that trained it; search again with --engine fit, and report this"
            )
