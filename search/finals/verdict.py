"""Which is best, and which cannot be told from it: the choice by validation."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from search.study.answer import Finalist, Fit
from search.study.dataset import Array

RESAMPLES = 2000


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
        rowwise: Trial number → its rows' scores on validation, mean over fits; None without a fit.
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


def _holds_zero(differences: Array) -> bool:
    low, high = np.quantile(differences, [0.025, 0.975])
    return bool(low <= 0.0 <= high)
