"""Which is best, and which cannot be told from it: the choice by validation."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from search.study.answer import Finalist, Fit
from search.study.dataset import Array

RESAMPLES = 2000
JOINT_ERROR = 0.05
"""How often any of the finalists is called behind where all are equal."""


def in_order(finalists: Sequence[Finalist], direction: str) -> list[Finalist]:
    """Best first by mean validation; equal means by mean loss, then by fewer weights.

    Those without a sound fit come last, and before them those without one on some split: a mean
    over other rows cannot be compared.
    """
    sign = -1.0 if direction == "maximize" else 1.0

    def key(finalist: Finalist) -> tuple[int, float, float, int, int]:
        sound = [fit for fit in finalist.fits if fit.loss is not None]
        lost = {fit.split for fit in finalist.fits} - {fit.split for fit in sound}
        mean = math.inf if finalist.mean is None else sign * finalist.mean
        loss = fmean([fit.loss for fit in sound if fit.loss is not None] or [math.inf])
        return len(lost), mean, loss, finalist.weights, finalist.number

    return sorted(finalists, key=key)


def median_of(fits: Sequence[Fit], direction: str) -> Fit | None:
    """The sound fit of median validation: neither the luckiest nor the unluckiest."""
    sound = [fit for fit in fits if fit.value is not None and fit.loss is not None]
    sign = 1.0 if direction == "maximize" else -1.0
    sound.sort(key=lambda fit: (sign * (fit.value or 0.0), -(fit.loss or 0.0)))
    return sound[(len(sound) - 1) // 2] if sound else None  # of two, the worse


def with_ties(
    finalists: Sequence[Finalist], rowwise: Mapping[int, Array | None], seed: int
) -> list[Finalist]:
    """Mark those that validation cannot tell from the first.

    A paired bootstrap over the validation rows: where the interval of the mean difference to the
    first holds 0, the two are tied. Which is first was seen on the same rows, so the intervals hold
    jointly for all pairs of finalists (Bonferroni): of equal models, all are called ties in 95 of
    100 runs, where intervals of 95 % each would call one in eight a loser.

    Of several splits, a row is drawn with all its differences, one for each split that it validates
    in: what one configuration says of it is much the same each time, so they do not count as rows
    of their own. Splits count alike, as in the means.

    Args:
        finalists: Best first.
        rowwise: Trial number → its rows' scores on validation, mean over fits, shape (rows,) or
            (splits, rows) with NaN where a split does not validate a row, or no fit on it is
            sound; None without a fit.
        seed: Of the resampling.
    """
    first = rowwise.get(finalists[0].number)
    if first is None or len(finalists) == 1:
        return list(finalists)
    found = [rowwise.get(other.number) for other in finalists[1:]]
    pairs = [_weighed(first - (first if scores is None else scores)) for scores in found]
    gaps, weights = np.array(pairs).swapaxes(0, 1)
    compared = weights.any(axis=1)  # not those whose sound fits are on other splits
    seen = np.flatnonzero(weights.any(axis=0))
    gaps, weights = gaps[:, seen], weights[:, seen]
    generator = np.random.default_rng(seed)
    means = np.empty((RESAMPLES, len(gaps)))
    for mean in means if compared.any() else ():  # all at once took 3.2 GB of 200,000 rows
        drawn = generator.integers(0, len(seen), size=len(seen))
        weight = np.where(compared, weights[:, drawn].sum(axis=-1), 1.0)
        mean[:] = gaps[:, drawn].sum(axis=-1) / weight
    error = JOINT_ERROR / math.comb(len(finalists), 2)
    ties = [
        scores is not None and bool(there) and _holds_zero(mean, error)
        for scores, there, mean in zip(found, compared, means.T, strict=True)
    ]
    others = zip(finalists[1:], ties, strict=True)
    return [finalists[0], *(replace(other, tied=tied) for other, tied in others)]


def _weighed(gaps: Array) -> tuple[Array, Array]:
    """What each row adds to the mean difference over splits, and to the weight that it is of."""
    gaps = np.atleast_2d(gaps)
    there = np.isfinite(gaps)
    weights = there / np.maximum(there.sum(axis=1, keepdims=True), 1)
    return np.where(there, gaps * weights, 0.0).sum(axis=0), weights.sum(axis=0)


def _holds_zero(differences: Array, error: float) -> bool:
    low, high = np.quantile(differences, [error / 2, 1 - error / 2])
    return bool(low <= 0.0 <= high)
