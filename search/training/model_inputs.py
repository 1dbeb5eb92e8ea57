"""What a model takes of rows: how they are given to it, and whether they fit."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.dataset import Shape
from search.data.rows_in_file import Features, whole
from search.data.tree import TEXT, Leaf, Path, Tree, named
from search.training.keras_compat import is_graph

EXACT = {"float16": 2**11, "bfloat16": 2**8, "float32": 2**24, "float64": 2**53}
"""Whole numbers up to here are each another float."""


class InputsError(Exception):
    """Rows are not what a model takes."""


def inputs_of(x: Features) -> Any:
    """Rows as Keras takes them: an array, or dicts and lists of tensors.

    Tensors since a model takes no strings of NumPy, nor tensors beside arrays.
    """
    return x.map(tf.constant).nested if isinstance(x, Tree) else whole(x)


def check_inputs(model: Any, shape: Shape) -> None:
    """Compare several inputs, or one of texts, with those that a model declares.

    As Keras does: a dict by the names of inputs, where the model may leave some out; lists by
    their order.

    Args:
        model: Of Keras; one that is no graph declares nothing.
        shape: Of the data.

    Raises:
        InputsError: Names, number, shapes or types differ.
    """
    if not is_graph(model) or not getattr(model, "inputs", None):
        return
    given = {leaf.path: leaf for leaf in shape.inputs}
    struct = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    wanted = _declared(struct, given)
    named_so = all(isinstance(path[0], str) for path in given if path)
    of_names = isinstance(struct, Mapping)
    if wanted.keys() - given.keys() or (of_names and given.keys() - wanted.keys()):
        order = "" if named_so else ", in this order"
        raise InputsError(
            f"build returned a model with the inputs {_listed(wanted)}{order}, and the data have "
            f"{_listed(given)}; let names and number be the same, such as by "
            f"{_example(given)}"
        )
    if not named_so and len(wanted) != len(given):
        raise InputsError(
            f"build returned a model with {len(wanted)} inputs, and the data have {len(given)}; "
            "give as many"
        )
    for path, tensor in wanted.items():
        _check_one(given[path], tensor)


def check_exact(model: Any, x: Features) -> None:
    """Refuse whole numbers in a tree that an input of floats would merge, such as ids.

    Args:
        model: Of Keras; one that is no graph declares nothing.
        x: Of all rows that train.

    Raises:
        InputsError: Names the input, and how many of its values would be alike.
    """
    if not isinstance(x, Tree) or not is_graph(model) or not getattr(model, "inputs", None):
        return
    struct = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    leaves = {path: Leaf.of(path, leaf) for path, leaf in x.leaves.items()}
    for path, tensor in _declared(struct, leaves).items():
        values, kind = x.leaves[path], str(tensor.dtype)
        if values.dtype.kind not in "iu" or not kind.startswith(("float", "bfloat")):
            continue
        if not values.size or max(abs(int(values.min())), abs(int(values.max()))) < EXACT[kind]:
            continue
        before = len(np.unique(values))
        after = len(np.unique(tf.cast(values, kind).numpy().astype(float)))
        if after < before:
            raise InputsError(
                f"the model's input {str(tensor.name)!r} takes {kind}, which distinguishes only "
                f"{after:,} of the {before:,} different whole numbers of {named(path)} (it is "
                f"exact up to {EXACT[kind]:,}); declare it as keras.Input({leaves[path].shape}, "
                f"dtype='{values.dtype}'), or number them from 0 on"
            )


def _declared(struct: Any, given: Mapping[Path, Leaf]) -> dict[Path, Any]:
    """Path of the data → tensor of the model."""
    declared = Tree.of(struct, lambda _: False).leaves
    if list(given) == [()] and len(declared) == 1:
        return {(): next(iter(declared.values()))}
    by_name = all(path and isinstance(path[0], str) for path in given)
    if by_name and all(path in {(), (place,)} for place, path in enumerate(declared)):
        return {(str(tensor.name),): tensor for tensor in declared.values()}
    return dict(declared)


def _check_one(leaf: Leaf, tensor: Any) -> None:
    declared, rows = tuple(tensor.shape[1:]), leaf.shape
    where, name = named(leaf.path), str(tensor.name)
    if not _fits(declared, rows):
        raise InputsError(
            f"build returned a model whose input {name!r} takes rows of shape {declared}, and "
            f"those of {where} are {rows}; declare keras.Input({rows})"
        )
    texts, takes_texts = leaf.dtype == TEXT, str(tensor.dtype) == TEXT
    if texts and not takes_texts:
        raise InputsError(
            f"build returned a model whose input {name!r} takes numbers ({tensor.dtype}), and "
            f"{where} holds texts; declare keras.Input({rows}, dtype='string') and put a "
            "keras.layers.TextVectorization behind it"
        )
    if takes_texts and not texts:
        raise InputsError(
            f"build returned a model whose input {name!r} takes texts, and {where} holds numbers "
            f"({leaf.dtype}); declare keras.Input({rows}), or give texts"
        )


def _fits(declared: tuple[int | None, ...], rows: tuple[int, ...]) -> bool:
    """Keras adds or drops a last axis of 1 by itself."""
    if len(declared) == len(rows) + 1 and declared[-1] == 1:
        declared = declared[:-1]
    elif len(rows) == len(declared) + 1 and rows[-1] == 1:
        rows = rows[:-1]
    alike = zip(declared, rows, strict=False)
    return len(declared) == len(rows) and all(side in {None, row} for side, row in alike)


def _listed(of: Mapping[Path, Any]) -> str:
    return ", ".join(repr("/".join(map(str, path))) if path else "one array" for path in of)


def _example(given: Mapping[Path, Leaf]) -> str:
    first = next(iter(given.values()))
    name = first.path[0] if first.path and isinstance(first.path[0], str) else None
    return f"keras.Input({first.shape}, name={name!r})" if name else f"keras.Input({first.shape})"
