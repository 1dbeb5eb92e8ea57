"""How good is a model on rows, by what stands beside any objective: accuracy, micro F1 or R²?"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks
from search.metrics.base import Estimate
from search.metrics.intervals import Draws
from search.metrics.measures import plain_measure, row_losses
from search.study.answer import Interval, Score
from search.study.outputs import OF_LOSS, PROBABILITIES
from search.study.task import TASKS


def score(
    predictions: Array,
    y: Array,
    task: str,
    names: Sequence[str] | None = (),
    kind: str = PROBABILITIES,
) -> Score:
    """How predictions do against the truth, by accuracy, micro F1 or R².

    Args:
        predictions: As by `search.training.predict.predictions`, numbers in their own units.
        y: The truth, as in `Dataset`.
        task: Such as "binary".
        names: Of several targets, to name each one's own.
        kind: What the predictions are, as by `Outputs.kind_read`.
    """
    measure = plain_measure(task)
    value = measure.value(predictions, y)
    loss = float(row_losses(predictions, y, task, kind).mean())
    return Score(
        rows=len(y),
        value=value,
        interval=measure.interval(predictions, y, Estimate(value)) or Interval(value, value),
        loss=loss if math.isfinite(loss) and kind != OF_LOSS else None,
        matrix=_confusion(predictions, y) if TASKS[task].classifies else (),
        measure=measure.title,
        others={} if kind == OF_LOSS else measure.beside(predictions, y, names),
        kind=kind,
    )


def in_blocks(
    found: Score, predictions: Array, y: Array, task: str, blocks: Blocks | None
) -> Score:
    """A score with the interval of rows that depend on each other.

    Args:
        found: As by `score`.
        predictions: The same.
        y: The same.
        task: The same.
        blocks: Which rows depend on each other; None where none do.
    """
    if blocks is None:
        return found
    measure = plain_measure(task)
    within = measure.interval(
        predictions, y, measure.estimate(predictions, y, Draws.of(len(y), blocks))
    )
    if not blocks.count:
        return replace(found, interval=within or found.interval)
    if within is None:  # all rows are of one group
        within = Interval(min(found.value, 0.0), 1.0)
    return replace(found, interval=within, groups=blocks.count)


def _confusion(shares: Array, y: Array) -> tuple[tuple[int, ...], ...]:
    matrix = np.zeros((shares.shape[1],) * 2, dtype=int)
    np.add.at(matrix, (y, shares.argmax(axis=1)), 1)
    return tuple(tuple(line) for line in matrix.tolist())
