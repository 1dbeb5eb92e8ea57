"""Inputs of any type: told apart as a user gives them, and typed as models take them."""

import string
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from search.data.columns import Array
from search.data.tree import Tree
from search.study.errors import InputError

NUMPY_FILE = ".npy"
TEXTS = "USTO"
"""Kinds of NumPy's types that may hold texts."""
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
EXACT = 2**24
"""Whole numbers up to here have a float32 of their own each."""
MERGED = 0.01
"""Share of the different values of a column that float32 may merge."""
UNMERGED = (
    "number ids from 0 on by np.unique(ids, return_inverse=True), or subtract an offset; a model "
    'may take integers as they are by keras.Input(…, dtype="int32")'
)
"""What helps where it would."""


def tree_of(given: Any, rows: int | None, name: str = "x") -> Tree | None:
    """Several inputs, as `keras.Model.fit` takes them; None where this is one array.

    Args:
        given: What a user gave.
        rows: As many as there are targets, where that is known: a list of so many arrays is one
            of rows.
        name: Of it in a sentence.
    """

    def is_leaf(items: list[Any] | tuple[Any, ...]) -> bool:
        if any(isinstance(item, Mapping) or is_file(item) for item in items):
            return False
        arrays = [item for item in items if getattr(item, "shape", ())]
        if not arrays and all(isinstance(item, list | tuple) for item in items):
            return all(map(is_leaf, items))
        if rows is None and arrays:
            return len({len(each) for each in arrays}) > 1
        return not arrays or (len(items) == rows and any(len(each) != rows for each in arrays))

    if isinstance(given, Mapping) or (isinstance(given, list | tuple) and not is_leaf(given)):
        return Tree.of(given, is_leaf, name)
    return None


def is_file(given: object) -> bool:
    """Whether this is the path of a file with an array, and no text."""
    return isinstance(given, Path) or (isinstance(given, str) and given.endswith(NUMPY_FILE))


def typed(name: str, x: Array) -> Array:
    """Values as models take them: floats as float32, texts as strings, all else as it is.

    Whole numbers stay what they are, since float32 would merge ids and take four times the memory
    of uint8.

    Args:
        name: Of the array in a sentence.
        x: As it was given.

    Raises:
        InputError: No model takes such values.
    """
    check_type(name, x)
    if x.dtype.kind in TEXTS:
        return _texts(name, x)
    if x.dtype.kind != "f":
        return x
    with np.errstate(over="ignore"):  # what is too large is found where values must be finite
        return x.astype(np.float32, copy=False)


def check_type(name: str, x: Array) -> None:
    """Refuse times, complex numbers and whatever else is no number and no text.

    Args:
        name: Of the array in a sentence.
        x: As it was given; what objects are is not looked at.

    Raises:
        InputError: Names the type.
    """
    if x.dtype.kind in "Mm":
        raise InputError(
            name,
            f"its values are times ({x.dtype}), which no model takes",
            "give numbers, such as days: (x - x.min()) / np.timedelta64(1, 'D')",
        )
    if x.dtype.kind not in "biuf" + TEXTS:
        raise InputError(name, f"its values are of type {x.dtype}", "give numbers or texts")


def has_word(texts: Iterable[str]) -> bool:
    """Whether `TextVectorization`, which drops punctuation, finds a word in any of them."""
    return any(text.translate(NO_PUNCTUATION).split() for text in texts)


def merged_by_float32(x: Array) -> str:
    """What is wrong with whole numbers, as ids or seconds since 1970, that float32 would merge.

    Args:
        x: As given, shape (rows, …).

    Returns:
        Of the first such column; "" where there is none.
    """
    if x.dtype.kind not in "iuf" or x.dtype.itemsize < 4 or x.dtype == np.float32 or not x.size:
        return ""
    columns = x.reshape(len(x), -1)
    # Not by abs, which makes a copy and leaves the least int64 below 0.
    far = (columns.max(axis=0) >= EXACT) | (columns.min(axis=0) <= -EXACT)
    for place in np.flatnonzero(far):
        values = columns[:, place]
        if x.dtype.kind == "f" and not np.array_equal(values, np.floor(values)):
            continue
        before = len(np.unique(values))
        with np.errstate(over="ignore"):
            after = len(np.unique(values.astype(np.float32)))
        if before - after > MERGED * before:
            column = f"column {place}" if x.ndim > 1 else "it"
            return (
                f"{column} has {before:,} different whole numbers up to {values.max():,.0f}, and "
                f"float32, as which they reach the model, distinguishes only {after:,} of them (it "
                f"is exact up to {EXACT:,})"
            )
    return ""


def _texts(name: str, x: Array) -> Array:
    """Of objects that are strings; of other objects, the numbers that they are."""
    values = x.astype(object)
    flat = values.ravel().tolist()
    kinds = {type(value) for value in flat}
    if kinds <= {str, np.str_}:
        return values
    if bytes in kinds or np.bytes_ in kinds:
        try:
            flat = [v.decode() if isinstance(v, bytes) else v for v in flat]
        except UnicodeDecodeError:
            raise InputError(name, "its bytes are no text in UTF-8", "give strings") from None
        decoded: Array = np.empty(len(flat), object)
        decoded[:] = flat
        return _texts(name, decoded.reshape(x.shape))
    if any(issubclass(kind, str) for kind in kinds):
        place = next(i for i, value in enumerate(flat) if not isinstance(value, str))
        row = place // max(1, values[0].size if values.ndim > 1 else 1)
        raise InputError(
            name,
            f"row {row} (from 0) is {flat[place]!r} among texts",
            "give a text in each, such as ''",
        )
    try:
        numbers = np.array(flat).reshape(x.shape)
    except ValueError:  # such as lists of unlike length
        numbers = x
    if numbers.dtype.kind in "OV":
        raise InputError(name, "its values are Python objects", "give numbers or texts")
    return typed(name, numbers)
