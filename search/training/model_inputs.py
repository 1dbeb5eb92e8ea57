"""What a model takes of rows: how they are given to it, and whether they fit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.dataset import Shape
from search.data.inputs import UNMERGED
from search.data.rows_in_file import Features, whole
from search.data.tree import TEXT, Leaf, Path, Tree, named
from search.training.keras_compat import inputs_of_calls, is_graph

MOST_ORDERED = 5
"""Inputs of a list whose orders are tried."""


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
            f"build returned a model with the inputs {listed(wanted)}{order}, and the data have "
            f"{listed(given)}; let names and number be the same, such as by "
            f"{_example(given)}"
        )
    if not named_so and len(wanted) != len(given):
        raise InputsError(
            f"build returned a model with {len(wanted)} inputs, and the data have {len(given)}; "
            "give as many"
        )
    if not named_so:
        _check_order(wanted, given)
    for path, tensor in wanted.items():
        _check_one(given[path], tensor)
        check_kept(path, tensor, shape)
    _check_ids(model, {id(tensor): path for path, tensor in wanted.items()}, shape)


def check_input(model: Any, shape: Shape) -> None:
    """The same of one array of numbers, whose shape is not looked at.

    Raises:
        InputsError: Its type loses values, or an `Embedding` has no place for some.
    """
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) == 1:
        check_kept((), inputs[0], shape)
        _check_ids(model, {id(inputs[0]): ()}, shape)


def check_kept(path: Path, tensor: Any, shape: Shape) -> None:
    """Refuse integers that an input's type would merge or let begin anew."""
    takes, where = str(tensor.dtype), named(path)
    told = f"build returned a model whose input {str(tensor.name)!r} takes {takes}, and"
    wrong = dict(shape.merged).get(path)
    if wrong and "float" in takes and takes != "float64":
        raise InputsError(f"{told} of {where} {wrong}; {UNMERGED}")
    if "int" not in takes or not (found := dict(shape.ranges).get(path)):
        return
    low, high = found
    if low < np.iinfo(takes).min or high > np.iinfo(takes).max:
        raise InputsError(
            f"{told} {where} goes from {low:,.0f} to {high:,.0f}, which {takes} does not hold; "
            'declare keras.Input(…, dtype="int64"), or number ids from 0 on by '
            "np.unique(ids, return_inverse=True)"
        )


def _check_ids(model: Any, paths: Mapping[int, Path], shape: Shape) -> None:
    """Refuse ids that an `Embedding` right behind an input has no place for.

    Args:
        model: A graph, or what declares nothing.
        paths: `id` of an input's tensor → where its rows are.
        shape: Of the data.
    """
    ranges = dict(shape.ranges)
    for layer, path in _embedded(model, paths):
        if path not in ranges:
            continue
        low, high = ranges[path]
        if low < 0 or high >= layer.input_dim:
            fix = "number ids from 0 on" if low < 0 else f"give it input_dim={int(high) + 1}"
            raise InputsError(
                f"build returned a model whose {layer.name!r} has places for ids from 0 to "
                f"{layer.input_dim - 1:,}, and {named(path)} goes from {low:,.0f} to "
                f"{high:,.0f}; {fix}"
            )


def _embedded(model: Any, paths: Mapping[int, Path]) -> Iterator[tuple[Any, Path]]:
    """Each `Embedding` right behind an input, and where that one's rows are."""
    for layer in getattr(model, "layers", ()):
        if isinstance(layer, keras.layers.Embedding):
            for tensor in inputs_of_calls(layer):
                if id(tensor) in paths:
                    yield layer, paths[id(tensor)]


def check_ids_of_rows(model: Any, x: Features) -> None:
    """Refuse ids of new rows that an `Embedding` right behind an input has no place for.

    Raises:
        InputsError: Names the row and its id.
    """
    if not is_graph(model) or not getattr(model, "inputs", None):
        return
    leaves: Mapping[Path, Any] = x.leaves if isinstance(x, Tree) else {(): whole(x)}
    struct = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    declared = _declared(struct, {path: Leaf.of(path, leaf) for path, leaf in leaves.items()})
    for layer, path in _embedded(model, {id(tensor): path for path, tensor in declared.items()}):
        ids = np.asarray(leaves[path]) if path in leaves else np.empty(0)
        if ids.dtype.kind not in "iuf":
            continue
        if len(bad := np.argwhere((ids < 0) | (ids >= layer.input_dim))):
            row, value = int(bad[0][0]), ids[tuple(bad[0])]
            raise InputsError(
                f"{named(path)}: row {row} (from 0) has the id {value:g}, and the model knows ids "
                f"from 0 to {layer.input_dim - 1:,}; leave out rows with other ids, or train on "
                "them"
            )


def _check_order(wanted: Mapping[Path, Any], given: Mapping[Path, Leaf]) -> None:
    """Say of a list of inputs whether another order of it would fit."""

    def fit(order: Sequence[Path]) -> bool:
        pairs = zip(wanted.values(), order, strict=True)
        return all(fits(tuple(tensor.shape[1:]), given[path].shape) for tensor, path in pairs)

    places = list(wanted)
    if not 1 < len(places) <= MOST_ORDERED or fit(places):
        return
    if any(fit(order) for order in permutations(places)):
        told = ", ".join(f"{str(t.name)!r} {tuple(t.shape[1:])}" for t in wanted.values())
        there = ", ".join(str(given[path].shape) for path in places)
        raise InputsError(
            f"build returned a model with the inputs {told}, in this order, and the rows of x are "
            f"of the shapes {there}; give x in the order of the model's inputs, or as a dict by "
            "their names"
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
    if not fits(declared, rows):
        raise InputsError(
            f"build returned a model whose input {name!r} takes rows of shape {declared}, and "
            f"those of {where} are {rows}; declare keras.Input({rows})"
        )


def fits(declared: tuple[int | None, ...], rows: tuple[int, ...]) -> bool:
    """Whether rows have a declared shape; Keras adds or drops a last axis of 1 by itself."""
    if len(declared) == len(rows) + 1 and declared[-1] == 1:
        declared = declared[:-1]
    elif len(rows) == len(declared) + 1 and rows[-1] == 1:
        rows = rows[:-1]
    alike = zip(declared, rows, strict=False)
    return len(declared) == len(rows) and all(side in {None, row} for side, row in alike)


def listed(of: Iterable[Path]) -> str:
    """Names of inputs or outputs."""
    return ", ".join(repr("/".join(map(str, path))) if path else "one array" for path in of)


def _example(given: Mapping[Path, Leaf]) -> str:
    first = next(iter(given.values()))
    name = first.path[0] if first.path and isinstance(first.path[0], str) else None
    return f"keras.Input({first.shape}, name={name!r})" if name else f"keras.Input({first.shape})"
