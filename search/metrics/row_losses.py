"""How far a model is off on each row."""

import numpy as np

from search.data.columns import Array
from search.study.outputs import PROBABILITIES
from search.study.task import MULTILABEL, REGRESSION


def row_losses(predictions: Array, y: Array, task: str, kind: str = PROBABILITIES) -> Array:
    """Squared error of numbers, cross-entropy of labels or classes; a row's mean where it has many.

    Of what is no probability it is the hinge loss.

    Args:
        predictions: As by `search.training.predict.predictions`.
        y: The truth, as in `Dataset`.
        task: Such as "binary".
        kind: Of the predictions, as by `Outputs.kind_read`.

    Returns:
        Shape (rows,).
    """
    if task == REGRESSION.name:
        found: Array = np.square(predictions - y).mean(axis=1)
    elif kind != PROBABILITIES:
        found = _hinge(predictions, y, task)
    elif task == MULTILABEL.name:
        sure = np.clip(predictions, 1e-7, 1 - 1e-7)
        found = -(y * np.log(sure) + (1 - y) * np.log(1 - sure)).mean(axis=1)
    else:
        found = -np.log(np.clip(predictions[np.arange(len(y)), y], 1e-7, 1.0))
    return found


def _hinge(scores: Array, y: Array, task: str) -> Array:
    """How far the right class is from a margin of 1 before the best other, as Keras has it."""
    if task == MULTILABEL.name:
        margin = (2 * y - 1) * (2 * scores - 1)
        by_label: Array = np.maximum(0.0, 1.0 - margin).mean(axis=1)
        return by_label
    rows = np.arange(len(y))
    others = scores.astype(float)
    own = others[rows, y].copy()
    others[rows, y] = -np.inf
    margin = own - others.max(axis=1)
    if scores.shape[1] == 2 and np.array_equal(scores[:, 0], -scores[:, 1]):
        margin = margin / 2  # one score, as `Outputs.read` gives it
    of_class: Array = np.maximum(0.0, 1.0 - margin)
    return of_class
