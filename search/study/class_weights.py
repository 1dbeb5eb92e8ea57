"""How much each row counts in training for the sake of its class."""

from collections.abc import Iterable

import numpy as np

from search.data.columns import Array
from search.study.errors import InputError
from search.study.parameters import one_of

CLASS_WEIGHT = "class_weight"
"""The name in any space by which class weights are fixed or searched."""
NONE, BALANCED = "none", "balanced"
CLASS_WEIGHTS = (NONE, BALANCED)


def check_class_weight(values: Iterable[object]) -> None:
    """Refuse what is no class weight.

    Args:
        values: That are fixed or searched.

    Raises:
        InputError: Names the value.
    """
    for value in values:
        one_of(CLASS_WEIGHT, value, CLASS_WEIGHTS)


def balanced(y: Array) -> Array:
    """A weight a row, by which every class counts alike: rows / (classes · rows of the class).

    This is scikit-learn's "balanced"; the weights have a mean of 1.

    Args:
        y: Class codes, int, shape (rows,), each class shown.

    Returns:
        float32, shape (rows,).

    Raises:
        InputError: The rows are not of one class each.
    """
    if y.ndim != 1:
        raise InputError(
            f"{CLASS_WEIGHT}={BALANCED!r}", "these rows have no classes to balance", "leave it out"
        )
    counts = np.bincount(y)
    weights: Array = (len(y) / (len(counts) * counts)).astype(np.float32)[y]
    return weights
