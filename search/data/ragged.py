"""Rows of unlike length, such as sequences of ids: padded at the end to the length of the longest.

Keras has no ragged inputs any more, so zeros fill them up, which a model may mask; of texts "".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import psutil

from search.data.columns import Array
from search.data.inputs import TEXTS
from search.data.tree import Path, Tree, named
from search.study.errors import InputError

SEQUENCES = (list, tuple, np.ndarray)
COLOURS = {1, 3, 4}
"""Grey, RGB, and RGB with transparency."""
OF_TENSORFLOW = {
    "RaggedTensor": "give its rows as lists by .to_list()",
    "SparseTensor": "make it dense by tf.sparse.to_dense, or give a sparse matrix of SciPy",
}
"""What NumPy makes nothing of, and what to give for it."""


@dataclass(frozen=True)
class Padded:
    """Features of some parts, whose rows are all of one length in each input.

    Attributes:
        parts: Name of the part → its features.
        paths: Of the inputs that were padded.
        notes: What should be known of it.
    """

    parts: Mapping[str, Any]
    paths: tuple[Path, ...]
    notes: tuple[str, ...]


def as_array(given: Any, name: str) -> Array:
    """An array of what a user gave; of rows of unlike length one of objects, each a row.

    Args:
        given: Numbers or texts, a list of rows, or a sparse matrix.
        name: Of it in a sentence.

    Raises:
        InputError: It is an array of a kind that would lose something.
    """
    if masked := int(np.ma.getmaskarray(given).sum()) if np.ma.isMaskedArray(given) else 0:
        raise InputError(
            name,
            f"its mask leaves out {masked:,} values, which would train all the same",
            "drop their rows, or give them a value by .filled(…)",
        )
    if fix := OF_TENSORFLOW.get(type(given).__name__):
        raise InputError(name, f"it is a {type(given).__name__} of TensorFlow", fix)
    if hasattr(given, "toarray"):  # a sparse matrix of SciPy
        return np.asarray(given.toarray())
    try:
        return np.asarray(given)
    except ValueError:
        rows = np.empty(len(given), object)
        for place, row in enumerate(given):
            rows[place] = row
        return rows


def is_ragged(x: Any) -> bool:
    """Whether the rows of an array are sequences of their own."""
    is_objects = isinstance(x, np.ndarray) and x.dtype == object and x.ndim == 1
    return is_objects and any(isinstance(row, SEQUENCES) for row in x)


def pad_alike(given: Mapping[str, Any]) -> Padded:
    """Pad each input to its longest row in any part.

    Args:
        given: Name of the part, "x" the first → features, of one array or a tree.

    Raises:
        InputError: Some rows are no sequences of one depth and kind.
    """
    parts, paths, notes = dict(given), [], []
    for path in given["x"].leaves if isinstance(given["x"], Tree) else [()]:
        leaves = {name: _leaf(x, path) for name, x in parts.items()}
        if not any(map(is_ragged, leaves.values())):
            continue
        there = {name: x for name, x in leaves.items() if is_ragged(x) or np.ndim(x) > 1}
        lengths = {name: _lengths(_where(name, path), x) for name, x in there.items()}
        longest = max(int(own.max(initial=0)) for own in lengths.values())
        for name, x in there.items():
            filled = padded(_where(name, path), x, longest)
            whole = parts[name]
            parts[name] = (
                Tree({**whole.leaves, path: filled}) if isinstance(whole, Tree) else filled
            )
        shortest = min(int(own.min(initial=longest)) for own in lengths.values())
        paths.append(path)
        if shortest < longest:
            notes.append(_note(named(path), shortest, longest, there["x"]))
    return Padded(parts, tuple(paths), tuple(notes))


def padded(name: str, x: Array, length: int) -> Array:
    """Rows filled up at the end.

    Args:
        name: Of them in a sentence.
        x: Of sequences, or an array; none of its rows is longer than `length`.
        length: That all get.

    Raises:
        InputError: Some rows are no sequences of one depth and kind, or they have no room.
    """
    rows = [_row(name, place, row) for place, row in enumerate(x)]
    filled = [row for row in rows if len(row)]
    if not filled:
        raise InputError(name, "all its rows are empty", "give values")
    _check_alike(name, rows, filled[0])
    values = np.concatenate(filled)
    shape = (len(rows), length, *values.shape[1:])
    needed, free = prod(shape) * values.dtype.itemsize, psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            name,
            f"padded to its longest row of {length:,} values it would take {needed / 1e9:,.1f} GB, "
            f"and {free / 1e9:,.1f} GB are free",
            "cut the longest rows, such as [row[:500] for row in x]",
        )
    texts = values.dtype.kind in TEXTS
    found = np.full(shape, "", object) if texts else np.zeros(shape, values.dtype)
    found[np.arange(length) < np.array([len(row) for row in rows])[:, None]] = values
    return found


def fitted(name: str, x: Array, length: int) -> Array:
    """New rows for a model that was trained on padded ones, padded likewise.

    Args:
        name: Of them in a sentence.
        x: As by `as_array`.
        length: Of a row that trained.

    Raises:
        InputError: A row is longer, or as in `padded`.
    """
    if not is_ragged(x) and (x.ndim < 2 or x.shape[1] == length):
        return x
    lengths = _lengths(name, x)
    if lengths.max(initial=0) > length:
        row = int(lengths.argmax())
        raise InputError(
            name,
            f"row {row} (from 0) has {lengths[row]:,} values, and the longest of those that the "
            f"model was trained on had {length:,}",
            f"cut it, such as row[:{length}]",
        )
    return padded(name, x, length)


def _leaf(x: Any, path: Path) -> Any:
    return x.leaves.get(path) if isinstance(x, Tree) else x if not path else None


def _where(part: str, path: Path) -> str:
    return named(path) if part == "x" else f"{part}: {named(path)}"


def _row(name: str, place: int, row: Any) -> Array:
    try:
        return np.asarray(row)
    except ValueError:
        raise InputError(
            name, f"row {place} (from 0) has parts of unlike length itself", "pad those first"
        ) from None


def _lengths(name: str, x: Array) -> Array:
    for place, row in enumerate(x):
        if not isinstance(row, SEQUENCES) or (isinstance(row, np.ndarray) and not row.ndim):
            raise InputError(
                name,
                f"row {place} (from 0) is {row!r} among sequences",
                "give a list in each, such as []",
            )
    return np.array([len(row) for row in x])


def _check_alike(name: str, rows: Sequence[Array], first: Array) -> None:
    for place, row in enumerate(rows):
        if not len(row):
            continue
        if row.shape != first.shape and _is_picture(row) and _is_picture(first):
            raise InputError(
                name,
                f"row {place} (from 0) is of shape {row.shape}, and the first of {first.shape}",
                f"bring pictures to one size, such as by keras.ops.image.resize(picture, "
                f"{first.shape[:2]})",
            )
        if row.ndim != first.ndim or row.shape[1:] != first.shape[1:]:
            raise InputError(
                name,
                f"each value of row {place} (from 0) is of shape {row.shape[1:]}, and of the first "
                f"{first.shape[1:]}",
                "let all rows be of one depth",
            )
        if (row.dtype.kind in "UST") != (first.dtype.kind in "UST"):
            kinds = ("texts", "numbers") if row.dtype.kind in "UST" else ("numbers", "texts")
            raise InputError(
                name,
                f"row {place} (from 0) holds {kinds[0]}, and the first {kinds[1]}",
                "give one kind",
            )


def _is_picture(row: Array) -> bool:
    """Height, width and colours, by the number of these; sequences have no such last axis."""
    return row.ndim == 3 and row.shape[2] in COLOURS


def _note(name: str, shortest: int, longest: int, x: Array) -> str:
    texts = any(isinstance(value, str) for row in x for value in row)
    told = f"{name}: rows of {shortest:,} to {longest:,} values are padded at the end"
    if texts:
        return f'{told} to {longest:,} by ""'
    taken = any(np.any(np.asarray(row) == 0) for row in x)
    mask = "number ids from 1 on, since 0 is among them, and mask it" if taken else "mask it"
    return (
        f"{told} to {longest:,} by 0; {mask} by keras.layers.Embedding(…, mask_zero=True) or "
        "keras.layers.Masking()"
    )
