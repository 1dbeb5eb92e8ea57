"""How much rows, or places within them, count, as a source says it.

One number a row, shape (rows,), weights where a row trains, and nothing is measured by it. Weights
of places, shape (rows, …), such as of the steps of a sequence or the points of a mask, and weights
of several outputs, a `Tree`, also say what counts where models are measured, as `sample_weight` of
Keras's `fit` and `evaluate` does.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from search.data.columns import Array
from search.data.tree import Leaf, TargetRows, Tree, key, leaves_by_path, named
from search.study.errors import InputError

ONE_A_ROW = "give one number a row"


def of_places(weights: Any) -> bool:
    """Whether they measure too: of places within rows, or of several outputs; not of None."""
    return weights is not None and (isinstance(weights, Tree) or weights.ndim > 1)


def row_weights(values: Array, rows: int, what: str, place: Callable[[int], str]) -> Array:
    """The weights of rows.

    Args:
        values: As they were given.
        rows: How many rows there are.
        what: The weights' name in a sentence.
        place: A row's name in a sentence, by its number.

    Returns:
        float32, shape (rows,); 0 or more.

    Raises:
        InputError: There is not one weight a row, or one of them is no finite number of 0 or more.
    """
    if values.shape != (rows,):
        raise InputError(what, f"its shape is {values.shape} for {rows:,} rows", ONE_A_ROW)
    return _checked(values, what, place)


def place_weights(given: Any, y: TargetRows) -> Any:
    """The weights of places, or of several outputs; of those that have none, 1.

    Args:
        given: One array for all outputs, or a tree.
        y: The rows' targets.

    Returns:
        float32, of each array shape (rows, …); in the structure in which it was given, or that of
        the targets.

    Raises:
        InputError: They have not the outputs or the places of the targets, or one of them is no
            finite number of 0 or more.
    """
    targets = leaves_by_path(y)
    if not isinstance(given, Tree):
        for path, target in targets.items():
            _check_places("weights", given, named(path, "y"), target)
        return _checked(given, "weights", partial(_row_of, "weights"))
    if not isinstance(y, Tree) or given.leaves.keys() - targets.keys():
        there = ", ".join(map(key, targets)) if isinstance(y, Tree) else "one array"
        raise InputError(
            "weights",
            f"they are for {', '.join(map(key, given.leaves))}, and the targets are {there}",
            "give weights for outputs that there are; how much each output counts is said by "
            "loss_weights=… where the model is compiled",
        )
    found = {}
    for path, target in targets.items():
        name = named(path, "weights")
        leaf = given.leaves.get(path, np.ones(len(target), np.float32))
        _check_places(name, leaf, named(path, "y"), target)
        found[path] = _checked(leaf, name, partial(_row_of, name))
    return Tree(found)


def _row_of(name: str, row: int) -> str:
    return f"{name}: row {row} (from 0)"


def ones_like(weights: Any, rows: int) -> Any:
    """Weights of as many other rows, which all count alike."""
    if isinstance(weights, Tree):
        return weights.map(lambda leaf: ones_like(leaf, rows))
    return np.ones((rows, *weights.shape[1:]), np.float32)


def with_axes(weights: Array, axes: int) -> Array:
    """The weights of one array with as many axes as its targets; Keras takes one of 1 more."""
    own = weights.reshape(weights.shape[:axes])
    return own.reshape(*own.shape, *[1] * (axes - own.ndim))


def _check_places(name: str, weights: Array, of: str, target: Array) -> None:
    """A weight for each place, or one for all along an axis."""
    alike = [*zip(weights.shape[1:], target.shape[1:], strict=False)]
    more = weights.shape[target.ndim :]
    fits = weights.shape[:1] == target.shape[:1] and all(n in {1, of} for n, of in alike)
    if not fits or more not in {(), (1,)}:
        told = str(Leaf.of((), target)).removeprefix("x ")
        raise InputError(
            name,
            f"its shape is {weights.shape}, and {of} is {told}, {len(target):,} rows",
            f"{ONE_A_ROW}, or one for each place of {of}",
        )


def _checked(values: Array, what: str, place: Callable[[int], str]) -> Array:
    plain = values.astype(object) if values.dtype.kind == "U" else values  # as `arrays` does
    try:
        with np.errstate(over="ignore"):  # what is too large is found below
            weights: Array = plain.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(what, f"not all values are numbers ({error})") from None
    bad = np.argwhere(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        raise InputError(
            place(int(bad[0][0])),
            f"a weight of {values[tuple(bad[0])]}",
            "give finite numbers of 0 or more",
        )
    return weights
