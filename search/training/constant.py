"""What a constant can do under a model's own measure, and what each target adds to its loss."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from search.data.dataset import Array, Shape
from search.study.outputs import LOGITS, SURE, Outputs
from search.study.task import TASKS
from search.training.own_measure import OwnMeasure

MOST_ROWS = 2000
"""Of training rows that it is fitted on; more change its value little, and cost time."""
MOST_NUMBERS = 20
"""Outputs beyond which only the plain constant is tried."""
MOST_CALLS = 600
"""Of the model's own loss; one takes about a millisecond."""
CLOSE_TO_ONE = 1e-3
"""To which the targets of a row may add up to be a distribution."""
SMALLEST = 1e-7
"""Probability that a reference model is taken to give."""
SUM = 0.01
"""To which the parts that targets make of a loss add up to it."""
FAR = 1e30
"""In place of what is not finite, such as the Poisson loss of a negative number."""


def best_constant(
    model: Any, objective: str, y: Array, shape: Shape, *, maximize: bool
) -> Array | None:
    """The best prediction of a model that predicts the same for each row, by another's measure.

    Args:
        model: Compiled and built.
        objective: Such as "val_loss".
        y: Of training rows, as in `Dataset`.
        shape: Of the data.
        maximize: Whether more of the measure is better.

    Returns:
        Numbers, or probabilities of classes or labels, shape (outputs,); None where the measure
        does not answer.
    """
    y = _few(y)
    try:
        return _best(OwnMeasure(model, objective, y, shape), y, shape.task, maximize=maximize)
    except Exception:  # whatever a custom measure does with what it is given here
        return None


def parts_of_targets(model: Any, y: Array, shape: Shape) -> tuple[float, ...]:
    """Of the loss of a model that predicts each target's mean, the part that each target makes.

    Args:
        model: Compiled and built, with a loss that knows the targets as they are.
        y: Of training rows, as in `Dataset`.
        shape: Of the data.

    Returns:
        Parts of 1; nothing of one target, or where the loss is no sum over them.
    """
    if not TASKS[shape.task].has_numbers or y.ndim != 2 or y.shape[1] < 2:
        return ()
    try:
        y = _few(y)
        gains, together = _gains(OwnMeasure(model, "val_loss", y, shape), y)
    except Exception:  # a model without a loss that is compiled
        return ()
    total = sum(gains)
    # A cosine, for one, is no sum over targets.
    known = math.isfinite(total) and math.isclose(total, together, rel_tol=SUM)
    known = known and total > 0 and min(gains) >= 0
    return tuple(gain / total for gain in gains) if known else ()


def are_distributions(y: Array) -> bool:
    """Whether each row of several targets holds probabilities that add up to 1."""
    if y.ndim != 2 or y.shape[1] < 2:
        return False
    return bool((y >= 0).all() and np.allclose(y.sum(axis=1), 1.0, atol=CLOSE_TO_ONE))


def as_distributions(said: Array) -> Array:
    """Predictions without what no distribution has: a divergence below 0 would be the best."""
    positive = np.maximum(said, SMALLEST)
    found: Array = positive / positive.sum(axis=1, keepdims=True)
    return found


def _best(own: OwnMeasure, y: Array, task: str, *, maximize: bool) -> Array:
    """Of numbers the best of mean and median, of classes and labels their frequencies.

    From there by Powell's method, which needs no gradient; of classes and labels for a loss alone,
    since a measure of right rows has no slope to follow.
    """
    numbers = TASKS[task].has_numbers
    if numbers and are_distributions(y):
        means: Array = y.mean(axis=0).astype(float)
        return means
    if numbers:
        spread = np.where(y.std(axis=0) > 0, y.std(axis=0), 1.0).astype(float)
        starts = [y.mean(axis=0).astype(float) / spread, np.median(y, axis=0) / spread]
    else:
        spread, starts = np.ones(1), [_logits(_frequencies(y), task)]

    def worth(free: Array) -> float:
        value = own.value_of(np.tile(_said(free * spread, task), (len(y), 1)))
        return (-value if maximize else value) if math.isfinite(value) else FAR

    start = min(starts, key=worth)
    if len(start) <= MOST_NUMBERS and (numbers or own.objective == "val_loss"):
        start = min((start, by_powell(worth, start, 1e-5, 1e-9)), key=worth)
    return _said(start * spread, task)


def by_powell(worth: Callable[[Array], float], start: Array, near: float, alike: float) -> Array:
    """Where a loss is least, which needs no gradient.

    Args:
        worth: The loss, finite everywhere.
        start: Of at most `MOST_NUMBERS` numbers, in their own deviations.
        near: To which the numbers are found.
        alike: To which the loss is, as a part of it.
    """
    from scipy.optimize import minimize

    options: Any = {"maxfev": MOST_CALLS, "xtol": near, "ftol": alike}
    return np.atleast_1d(minimize(worth, start, method="Powell", options=options).x)


def _gains(own: OwnMeasure, y: Array) -> tuple[list[float], float]:
    """By how much the loss falls where one target alone is met, of each; and where all are."""
    mean = np.tile(y.mean(axis=0), (len(y), 1)).astype(float)
    whole, found = own.value_of(mean), []
    for place in range(y.shape[1]):
        met = mean.copy()
        met[:, place] = y[:, place]
        found.append(whole - own.value_of(met))
    return found, whole - own.value_of(y.astype(float))


def _few(y: Array) -> Array:
    """So many of the rows that a constant is fitted on."""
    if len(y) <= MOST_ROWS:
        return y
    chosen: Array = np.random.default_rng(0).choice(len(y), MOST_ROWS, replace=False)
    return y[chosen]


def _frequencies(y: Array) -> Array:
    if y.ndim == 2:
        found: Array = y.mean(axis=0)
        return found
    return np.bincount(y) / len(y)


def _logits(said: Array, task: str) -> Array:
    sure = np.clip(said, 1e-3, 1 - 1e-3)[None]
    found: Array = _outputs(task).write(sure, task, TASKS[task].units(len(said)))[0]
    return found


def _said(free: Array, task: str) -> Array:
    found: Array = _outputs(task).read(free[None], task)[0]
    return found


def _outputs(task: str) -> Outputs:
    """Numbers as they are; else logits, of which those of the task's own activation are free."""
    return SURE if TASKS[task].has_numbers else Outputs(LOGITS, TASKS[task].activation)
