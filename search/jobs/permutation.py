"""How much a trained model's loss depends on each column of its rows: permutation importance."""

import numpy as np

from search.data.preparation import Preparation
from search.data.rows_in_file import taken, whole
from search.data.split import Rows
from search.metrics.measures import row_losses
from search.training.engine import Training

ASKED = 20_000
"""Rows that a model predicts in all, at most: about what a few epochs see."""
FEWEST = 50
"""Rows of which each shuffle is made, at least; more columns than that allows are not measured."""
SHUFFLES = 5
"""Of each column, at most."""


def columns_of(features: int, preparation: Preparation | None) -> list[slice]:
    """Which features each column became; where rows came as features, each is a column.

    Args:
        features: Of one row.
        preparation: How they were made of raw columns; None where they were not.
    """
    widths = [len(step.names) for step in preparation.steps] if preparation else [1] * features
    ends = np.cumsum(widths).tolist()
    return [slice(end - width, end) for end, width in zip(ends, widths, strict=True)]


def importance(
    training: Training, rows: Rows, columns: list[slice], task: str
) -> tuple[float, ...]:
    """By how much the mean loss of some rows grows where a column is shuffled among them.

    Args:
        training: Of the model.
        rows: Of features, shape (rows, features).
        columns: As by `columns_of`.
        task: Such as "binary".

    Returns:
        A number a column, the mean of several shuffles; nothing where there are too many columns.
    """
    most = ASKED // max(1, len(columns))
    if most < FEWEST:
        return ()
    step = -(-len(rows) // most)
    x, y = whole(taken(rows.x, np.arange(0, len(rows), step))), rows.y[::step]
    draw = np.random.default_rng(0)
    kind = training.kind_of(x)
    before = row_losses(training.predictions(x), y, task, kind).mean()
    times = min(SHUFFLES, most // len(x))
    orders = np.concatenate([draw.permutation(len(x)) for _ in range(times)])
    asked, truth = np.tile(x, (times, 1)), np.concatenate([y] * times)
    growth = []
    for column in columns:
        shuffled = asked.copy()
        shuffled[:, column] = x[orders, column]
        losses = row_losses(training.predictions(shuffled), truth, task, kind)
        growth.append(float(losses.mean() - before))
    return tuple(growth)
