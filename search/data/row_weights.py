"""How much each row counts in training, as a source says it."""

from collections.abc import Callable

import numpy as np

from search.data.columns import Array
from search.study.errors import InputError


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
        raise InputError(
            what, f"its shape is {values.shape} for {rows:,} rows", "give one number a row"
        )
    plain = values.astype(object) if values.dtype.kind == "U" else values  # as `arrays` does
    try:
        with np.errstate(over="ignore"):  # what is too large is found below
            weights: Array = plain.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(what, f"not all values are numbers ({error})") from None
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        raise InputError(
            place(int(bad[0])),
            f"a weight of {values[bad[0]]}",
            "give finite numbers of 0 or more",
        )
    return weights
