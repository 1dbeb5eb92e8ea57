"""Targets of any shape, of one output or several, which only the model's loss understands."""

from dataclasses import dataclass

import numpy as np

from search.data.columns import Array
from search.data.inputs import typed
from search.data.tree import ClassesOf, TargetRows, Tree, key, leaves_by_path, named
from search.study.errors import InputError

SHOWN = 6
"""Texts of classes that a note lists."""


def no_targets(rows: int) -> Array:
    """What stands for the targets of a model that needs none."""
    return np.zeros((rows, 0), np.float32)


@dataclass(frozen=True, eq=False)
class CustomTargets:
    """Targets as a loss takes them.

    Attributes:
        y: Numbers, of one array or several.
        names: Of the arrays.
        classes: Texts of each array that held some, in the order of their codes.
    """

    y: TargetRows
    names: tuple[str, ...]
    classes: ClassesOf

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be known of how they were read."""
        return tuple(_read_as_classes(named(path, "y"), texts) for path, texts in self.classes)


def custom_targets(y: TargetRows) -> CustomTargets:
    """Read targets.

    Args:
        y: One array of shape (rows, …) or several; texts are classes.

    Raises:
        InputError: Some are nothing that a loss takes.
    """
    if isinstance(y, Tree):
        _check_rows(y)
    read = {path: _leaf(named(path, "y"), leaf) for path, leaf in leaves_by_path(y).items()}
    leaves = {path: leaf for path, (leaf, _) in read.items()}
    classes = tuple((path, texts) for path, (_, texts) in read.items() if texts)
    if not isinstance(y, Tree):
        return CustomTargets(leaves[()], ("y",), classes)
    return CustomTargets(Tree(leaves), tuple(map(key, leaves)), classes)


def _check_rows(y: Tree) -> None:
    """Each leaf has as many rows as the first."""
    for path, leaf in y.leaves.items():
        if leaf.shape[:1] != (len(y),):
            there = f"{len(leaf):,} rows" if leaf.ndim else "no rows"
            first = named(next(iter(y.leaves)), "y")
            raise InputError(
                named(path, "y"), f"it has {there} and {first} has {len(y):,}", "give as many"
            )


def _read_as_classes(name: str, texts: tuple[str, ...]) -> str:
    some = ", ".join(f"{text!r} is {code}" for code, text in enumerate(texts[:SHOWN]))
    more = ", …" if len(texts) > SHOWN else ""
    return f"{name} holds texts, which were read as classes: {some}{more}"


def _leaf(name: str, y: Array) -> tuple[Array, tuple[str, ...]]:
    """As numbers, and of texts those that there are."""
    values = typed(name, y)
    if values.dtype == object:
        classes, codes = np.unique(values.astype(str), return_inverse=True)
        return codes.reshape(values.shape).astype(np.int32), tuple(classes.tolist())
    return _as_numbers(values), ()


def _as_numbers(values: Array) -> Array:
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    small = np.iinfo(np.int32)
    if values.dtype.kind in "iu" and values.dtype.itemsize > 2 and values.size:
        fits = values.min() >= small.min and values.max() <= small.max
        return values.astype(np.int32) if fits else values
    return values
