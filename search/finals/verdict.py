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

    Those without a sound fit come last.
    """
    sign = -1.0 if direction == "maximize" else 1.0

    def key(finalist: Finalist) -> tuple[float, float, int, int]:
        losses = [fit.loss for fit in finalist.fits if fit.loss is not None]
        mean = math.inf if finalist.mean is None else sign * finalist.mean
        return mean, fmean(losses or [math.inf]), finalist.weights, finalist.number

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

    Args:
        finalists: Best first.
        rowwise: Trial number → its rows' scores on validation, mean over fits; None without a fit.
        seed: Of the resampling.
    """
    first = rowwise.get(finalists[0].number)
    if first is None or len(finalists) == 1:
        return list(finalists)
    found = [rowwise.get(other.number) for other in finalists[1:]]
    gaps = np.array([first - (first if scores is None else scores) for scores in found])
    generator = np.random.default_rng(seed)
    means = np.empty((RESAMPLES, len(gaps)))
    for mean in means:  # all at once took 3.2 GB of 200,000 rows
        mean[:] = gaps[..., generator.integers(0, len(first), size=len(first))].mean(axis=-1)
    error = JOINT_ERROR / math.comb(len(finalists), 2)
    ties = [
        scores is not None and _holds_zero(mean, error)
        for scores, mean in zip(found, means.T, strict=True)
    ]
    others = zip(finalists[1:], ties, strict=True)
    return [finalists[0], *(replace(other, tied=tied) for other, tied in others)]


def _holds_zero(differences: Array, error: float) -> bool:
    low, high = np.quantile(differences, [error / 2, 1 - error / 2])
    return bool(low <= 0.0 <= high)
