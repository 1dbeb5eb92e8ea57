"""Targets of any shape, of one output or several, which only the model's loss understands."""

import numpy as np

from search.data.columns import Array
from search.data.inputs import typed
from search.data.tree import TargetRows, Tree, key, named
from search.study.errors import InputError

SHOWN = 6
"""Texts of classes that a note lists."""


def no_targets(rows: int) -> Array:
    """What stands for the targets of a model that needs none."""
    return np.zeros((rows, 0), np.float32)


def custom_targets(y: TargetRows) -> tuple[TargetRows, tuple[str, ...], tuple[str, ...]]:
    """Targets as a loss takes them, their names, and what should be known of how they were read.

    Args:
        y: One array of shape (rows, …) or several; texts are classes.

    Raises:
        InputError: Some are nothing that a loss takes.
    """
    notes: list[str] = []
    if not isinstance(y, Tree):
        return _leaf("y", y, notes), ("y",), tuple(notes)
    _check_rows(y)
    leaves = {path: _leaf(named(path, "y"), leaf, notes) for path, leaf in y.leaves.items()}
    return Tree(leaves), tuple(map(key, leaves)), tuple(notes)


def _check_rows(y: Tree) -> None:
    """Each leaf has as many rows as the first."""
    for path, leaf in y.leaves.items():
        if leaf.shape[:1] != (len(y),):
            there = f"{len(leaf):,} rows" if leaf.ndim else "no rows"
            first = named(next(iter(y.leaves)), "y")
            raise InputError(
                named(path, "y"), f"it has {there} and {first} has {len(y):,}", "give as many"
            )


def _leaf(name: str, y: Array, notes: list[str]) -> Array:
    values = typed(name, y)
    if values.dtype == object:
        classes, codes = np.unique(values.astype(str), return_inverse=True)
        texts = enumerate(classes[:SHOWN].tolist())
        some = ", ".join(f"{text!r} is {code}" for code, text in texts)
        more = ", …" if len(classes) > SHOWN else ""
        notes.append(f"{name} holds texts, which were read as classes: {some}{more}")
        return codes.reshape(values.shape).astype(np.int32)
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    small = np.iinfo(np.int32)
    if values.dtype.kind in "iu" and values.dtype.itemsize > 2 and values.size:
        fits = values.min() >= small.min and values.max() <= small.max
        return values.astype(np.int32) if fits else values
    return values
