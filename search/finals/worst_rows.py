"""Which held-out rows is the winner most wrong about, and what is in them?"""

from collections.abc import Sequence

import numpy as np

from search.data.columns import Columns, Kind
from search.data.dataset import Array
from search.data.rows_in_file import Features, leaves_of, taken, whole
from search.data.split import HELD_OUT, Parts
from search.data.tree import TEXT, Leaf, Tree, key
from search.metrics.measures import row_losses
from search.study.outputs import PROBABILITIES
from search.study.plain_text import one_line, short
from search.study.row_shape import is_picture, is_sequence
from search.study.task import TASKS

MOST = 20
MOST_CLASSES, OF_CLASS = 12, 6
"""Classes whose hardest pictures are shown, and how many of each."""
FEATURES, COLUMNS, LETTERS, OF_TEXT, SIDE, LONGEST = 12, 24, 80, 240, 64, 200
SOME = 5
"""What is saved of a row: its first features or columns, so many letters of a cell, and of a text
that a model reads; of a picture so many points along a side, and of a sequence so many steps: of
more every so-manyth."""


def worst(predictions: Array, y: Array, task: str, kind: str = PROBABILITIES) -> Array:
    """Places of the rows that are predicted worst, the worst first.

    Args:
        predictions: Of one model, numbers in their own units.
        y: The truth, as in `Dataset`.
        task: Such as "binary". Classes and labels are judged by their loss; numbers by the squared
            error in spreads of each target, so that none counts more for its unit.
        kind: Of the predictions, as by `Outputs.kind_read`.

    Returns:
        int64, shape (rows,), of `MOST` rows or of all.
    """
    if TASKS[task].has_numbers:
        spread = y.std(axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        predictions, y = predictions / spread, y / spread
    losses = row_losses(predictions, y, task, kind)
    return np.argsort(-np.nan_to_num(losses, nan=np.inf), kind="stable")[:MOST]


def hardest_of_classes(predictions: Array, y: Array, x: Features, task: str) -> Array:
    """The places of the worst predicted pictures of each class, class by class.

    Args:
        predictions: Probabilities or scores, shape (rows, classes).
        y: Codes of the true classes.
        x: The rows.
        task: Such as "multiclass".

    Returns:
        int64, shape (rows,); empty where the rows are no pictures of a few classes.
    """
    known = np.unique(y) if TASKS[task].classifies else np.empty(0, int)
    shape = getattr(x, "shape", ())[1:]
    if not is_picture(shape) or not 1 < len(known) <= MOST_CLASSES:
        return np.empty(0, int)
    true = np.nan_to_num(predictions[np.arange(len(y)), y], nan=-np.inf)
    order = np.argsort(true, kind="stable")
    return np.concatenate([order[y[order] == code][:OF_CLASS] for code in known])


def values_of(parts: Parts, places: Array) -> dict[str, Array]:
    """What is in some held-out rows, as it is saved for the page.

    Args:
        parts: The rows of the session.
        places: Among the held-out rows.

    Returns:
        `row`, the places; `file`, names within the folder of pictures, or `number`, those rows'
        places in the data as it was given, from 0, or `own_number`, in the data that was given to
        be held out, where they are known; and `columns`, names, with `cells`, texts, shape
        (rows, columns); or, where there are no columns, `x`: features, shape (rows, features),
        pictures, or sequences, shape (rows, steps, values).
    """
    raw, x = parts.raw_of(places), parts.held_out.x
    own = {"row": places, **numbers_of(parts, places)}
    if isinstance(x, Tree):
        return {**own, **_arrays(*cells_of(x[places]))}
    if raw is None:
        return {**own, "x": _features(whole(taken(x, places)))}
    names = raw.names[:COLUMNS]
    return {**own, **_arrays(names, [texts(raw, name) for name in names])}


def cells_of(x: Tree) -> tuple[Sequence[str], list[list[str]]]:
    """Names of a few inputs, and each one's values as texts."""
    names = ["text" if leaf == Leaf((), (), TEXT) else key(leaf.path) for leaf in leaves_of(x)]
    return names[:COLUMNS], [_texts_of(leaf) for leaf in x.leaves.values()][:COLUMNS]


def _arrays(names: Sequence[str], cells: list[list[str]]) -> dict[str, Array]:
    return {"columns": np.array(names, str), "cells": np.array(cells, str).T}


def numbers_of(parts: Parts, places: Array) -> dict[str, Array]:
    """Names of files, times of windows, or numbers of rows within their file or array.

    Args:
        parts: The rows of the session.
        places: Among the held-out rows.
    """
    if parts.data is None:
        return {}
    if parts.data.series is not None:
        return {"moment": np.array(parts.data.series.moments(parts.numbers[-1][places]), str)}
    numbers, given = parts.numbers[-1][places], parts.data.given
    if len(given.files):
        return {"file_name": np.array([one_line(given.files[number]) for number in numbers], str)}
    part = np.zeros(len(parts.data.y), int) if given.part is None else given.part
    name = "own_number" if (part[numbers] == HELD_OUT).any() else "number"
    if given.rows is not None:
        return {name: given.rows[numbers]}
    return {name: numbers - np.searchsorted(part, part[numbers])}  # a part's rows are together


def _features(x: Array) -> Array:
    if is_sequence(x.shape[1:]):
        return x[:, :: -(-x.shape[1] // LONGEST)]
    if not is_picture(x.shape[1:]):
        return x.reshape(len(x), -1)[:, :FEATURES]
    down, across = (max(1, -(-side // SIDE)) for side in x.shape[1:3])
    return x[:, ::down, ::across]


def _texts_of(leaf: Array) -> list[str]:
    """One input of each row: a value, the first of several, or the shape of many."""
    if leaf.ndim > 2:
        return ["×".join(map(str, leaf.shape[1:]))] * len(leaf)
    rows = leaf.reshape(len(leaf), -1)[:, :SOME].tolist()
    more = " …" if leaf.ndim == 2 and leaf.shape[1] > SOME else ""
    told = [", ".join(v if isinstance(v, str) else short(v) for v in row) for row in rows]
    most = OF_TEXT if leaf.dtype == object else LETTERS
    return [_cut(text + more, most) for text in told]


def texts(raw: Columns, name: str) -> list[str]:
    """Cells of a column as texts; empty where missing."""
    missing = raw.missing(name)
    pairs = zip(raw[name], missing, strict=True)
    return ["" if lost else _text(value, raw.kinds[name]) for value, lost in pairs]


def _text(value: object, kind: Kind) -> str:
    match kind:
        case "number":
            return f"{value:.6g}"
        case "boolean":
            return "true" if value else "false"
        case "date":
            return str(value).removesuffix("T00:00:00").replace("T", " ")
        case _:
            return _cut(str(value), OF_TEXT if kind == "text" else LETTERS)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
