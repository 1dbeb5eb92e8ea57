"""How far a model is off on each row."""

import numpy as np

from search.study.data.columns import Array
from search.study.task import MULTILABEL, REGRESSION


def row_losses(predictions: Array, y: Array, task: str) -> Array:
    """Squared error of numbers, cross-entropy of labels or classes; a row's mean where it has many.

    Args:
        predictions: As by `search.training.predict.predictions`.
        y: The truth, as in `Dataset`.
        task: Such as "binary".

    Returns:
        Shape (rows,).
    """
    if task == REGRESSION.name:
        found: Array = np.square(predictions - y).mean(axis=1)
    elif task == MULTILABEL.name:
        sure = np.clip(predictions, 1e-7, 1 - 1e-7)
        found = -(y * np.log(sure) + (1 - y) * np.log(1 - sure)).mean(axis=1)
    else:
        found = -np.log(np.clip(predictions[np.arange(len(y)), y], 1e-7, 1.0))
    return found
