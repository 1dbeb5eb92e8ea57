"""A few of a study's rows: as many as a first step takes."""

from dataclasses import replace

import numpy as np

from search.data.dataset import Array
from search.data.rows_in_file import arrays_of, whole
from search.data.split import Rows
from search.jobs.context import DataSplit

STEPS = 2
"""Batches of a stream."""


def few_rows(rows: DataSplit, batch: object) -> DataSplit:
    """As many rows as a whole step and the last, partial one take; the extreme ones among them.

    Mistakes depend on the largest numbers: an id that an Embedding has no place for, a class that
    has no unit.
    """
    size = batch if isinstance(batch, int) and batch > 0 else 1
    return replace(
        rows,
        name=f"first step of {size}",
        train=_taken(rows.train, size + len(rows.train) % size),
        validation=_taken(rows.validation, size),
    )


def _taken(rows: Rows, count: int) -> Rows:
    count = min(count, len(rows))
    arrays = [] if rows.on_demand else [*map(whole, (*arrays_of(rows.x), *arrays_of(rows.y)))]
    extreme = [place for array in arrays for place in _extremes(array)]
    order = list(dict.fromkeys([*extreme, *range(min(len(rows), count + len(extreme)))]))[:count]
    places = np.sort(np.array(order, int))
    weights = None if rows.weights is None else rows.weights[places]
    stream = None if rows.stream is None else rows.stream.first(STEPS)
    return replace(rows, x=rows.x[places], y=rows.y[places], weights=weights, stream=stream)


def _extremes(values: Array) -> list[int]:
    flat = values.reshape(len(values), -1)
    if flat.dtype.kind not in "biuf" or not flat.size:
        return []
    return [int(np.argmax(flat)) // flat.shape[1], int(np.argmin(flat)) // flat.shape[1]]
