"""Rows that are read on demand, as `fit` and `adapt` take them: batches by `tf.data`."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from search.data.dataset import Array
from search.data.rows_in_file import whole
from search.data.split import Rows
from search.data.tree import Tree, leaves_by_path

AHEAD = 4
"""Batches that are read ahead of the step."""


def stream(rows: Rows, order: Array | Callable[[], Array], batch: int) -> tf.data.Dataset:
    """Batches of features, targets and weights, read while the model trains on those before.

    Args:
        rows: In their file.
        order: Of those to take; or what draws it, of all, anew for each epoch.
        batch: Rows a step.
    """
    x, weights = rows.x, {} if rows.weights is None else leaves_by_path(rows.weights)
    targets = {} if rows.y.shape[1:] == (0,) else leaves_by_path(rows.y)
    others = [*targets.values(), *weights.values()]

    def as_keras(x: Any, *flat: Any) -> Any:
        y = Tree(dict(zip(targets, flat, strict=False))).nested
        own = Tree(dict(zip(weights, flat[len(targets) :], strict=True))).nested
        return (x, y, own) if weights else (x, y)

    def batches() -> Iterator[tuple[Array, ...]]:
        numbers = order() if callable(order) else order
        for start in range(0, len(numbers), batch):
            taken = numbers[start : start + batch]
            yield whole(x[taken]), *(part[taken] for part in others)

    features = tf.TensorSpec((None, *x.shape[1:]), whole(x[:0]).dtype)
    signature = (features, *(tf.TensorSpec((None, *p.shape[1:]), p.dtype) for p in others))
    read = tf.data.Dataset.from_generator(batches, output_signature=signature)
    steps = -(-len(rows if callable(order) else order) // batch)
    read = read.map(as_keras) if {*targets, *weights} - {()} else read
    return read.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(AHEAD)
