"""How good, how sure, and which is best: the statistics of the finals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from search.study.answer import Finalist, Fit, Interval, Score
from search.study.dataset import Array

RESAMPLES = 2000


def wilson(right: int, rows: int) -> Interval:
    """Wilson's 95 % interval of a share; unlike a bootstrap it has a width at 0 and 1 too.

    Args:
        right: Rows that count.
        rows: All rows, at least one.
    """
    from scipy.stats import binomtest

    found = binomtest(right, rows).proportion_ci(0.95, method="wilson")
    return Interval(float(found.low), float(found.high))


def score(probabilities: Array, y: Array) -> Score:
    """How predictions do against the true classes.

    Args:
        probabilities: Shape (rows, classes); the likeliest class is the prediction.
        y: Class codes, shape (rows,).
    """
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    right = int((predicted == y).sum())
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (y, predicted), 1)
    of_truth = np.clip(probabilities[np.arange(len(y)), y], 1e-7, 1.0)
    loss = float(-np.log(of_truth).mean())
    return Score(
        rows=len(y),
        accuracy=right / len(y),
        interval=wilson(right, len(y)),
        loss=loss if math.isfinite(loss) else None,
        matrix=tuple(tuple(int(n) for n in line) for line in matrix),
    )


def in_order(finalists: Sequence[Finalist], direction: str) -> list[Finalist]:
    """Best first by mean validation; equal means by mean loss, then by fewer weights.

    Those without a sound fit come last.
    """
    sign = -1.0 if direction == "maximize" else 1.0

    def key(finalist: Finalist) -> tuple[float, float, int, int]:
        losses = [fit.loss for fit in finalist.fits if fit.loss is not None]
        mean = math.inf if finalist.mean is None else sign * finalist.mean
        return mean, fmean(losses or [math.inf]), finalist.weights, finalist.number

    return sorted(finalists, key=key)


def median_fit(finalist: Finalist, direction: str) -> Fit:
    """The sound fit of median validation: neither its luckiest nor its unluckiest."""
    sound = [fit for fit in finalist.fits if fit.value is not None and fit.loss is not None]
    sign = 1.0 if direction == "maximize" else -1.0
    sound.sort(key=lambda fit: (sign * (fit.value or 0.0), -(fit.loss or 0.0)))
    return sound[(len(sound) - 1) // 2]  # of two, the worse


def with_ties(
    finalists: Sequence[Finalist], rowwise: Mapping[int, Array | None], seed: int
) -> list[Finalist]:
    """Mark those that validation cannot tell from the first.

    A paired bootstrap over the validation rows: where the 95 % interval of the mean difference to
    the first holds 0, the two are tied.

    Args:
        finalists: Best first.
        rowwise: Trial number → `row_scores` on validation.
        seed: Of the resampling.
    """
    first = rowwise.get(finalists[0].number)
    if first is None:
        return list(finalists)
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, len(first), size=(RESAMPLES, len(first)))
    marked = [finalists[0]]
    for other in finalists[1:]:
        scores = rowwise.get(other.number)
        tied = scores is not None and _holds_zero((first - scores)[drawn].mean(axis=1))
        marked.append(replace(other, tied=tied))
    return marked


def row_scores(probabilities: Sequence[Array], y: Array, objective: str) -> Array | None:
    """How well each row is predicted, in the objective's terms: mean over fits, more is better.

    Args:
        probabilities: One array a fit, shape (rows, classes).
        y: Class codes, shape (rows,).
        objective: "val_accuracy" scores 1 for a right row; "val_loss" the log of the truth's share.

    Returns:
        Shape (rows,); None where there is no fit.
    """
    if not probabilities:
        return None
    if objective == "val_loss":
        per_fit = [np.log(np.clip(p[np.arange(len(y)), y], 1e-7, 1.0)) for p in probabilities]
    else:
        per_fit = [(p.argmax(axis=1) == y).astype(float) for p in probabilities]
    mean: Array = np.mean(per_fit, axis=0)
    return mean


def _holds_zero(differences: Array) -> bool:
    low, high = np.quantile(differences, [0.025, 0.975])
    return bool(low <= 0.0 <= high)
