"""Which is best, and which cannot be distinguished from it: the choice by validation."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist, fmean

import numpy as np

from search.data.dataset import Array
from search.study.answer import Finalist, Fit

JOINT_ERROR = 0.05
"""How often any of the finalists is called behind where all are equal."""


def in_order(finalists: Sequence[Finalist], direction: str) -> list[Finalist]:
    """Best first by mean validation; equal means by mean loss, then by fewer weights.

    Those without a sound fit come last, and before them those without one on some split: a mean
    over other rows cannot be compared.
    """
    sign = -1.0 if direction == "maximize" else 1.0

    def key(finalist: Finalist) -> tuple[int, float, float, int, int]:
        sound = {fit.split for fit in finalist.fits if fit.value is not None}
        lost = {fit.split for fit in finalist.fits} - sound
        mean = math.inf if finalist.mean is None else sign * finalist.rank
        return len(lost), mean, finalist.mean_loss, finalist.weights, finalist.number

    return sorted(finalists, key=key)


def median_of(fits: Sequence[Fit], direction: str) -> Fit | None:
    """The sound fit of median validation: neither the luckiest nor the unluckiest."""
    sound = [fit for fit in fits if fit.value is not None]
    sign = 1.0 if direction == "maximize" else -1.0
    sound.sort(key=lambda fit: (sign * (fit.value or 0.0), -(fit.loss or 0.0)))
    return sound[(len(sound) - 1) // 2] if sound else None  # of two, the worse


@dataclass(frozen=True, eq=False)
class Seen:
    """The objective of a finalist on validation rows.

    Attributes:
        drawn: On each split of rows drawn anew, mean over the fits on it, shape (splits, draws);
            NaN where no fit on a split is sound. None where it cannot be resampled.
        right: Which validation rows each fit has right, or how many of each group, mean over fits,
            shape (rows or groups, …); None where the objective does not count such rows, or there
            are several splits.
        resolution: A difference that rounding alone may make.
    """

    drawn: Array | None
    right: Array | None = None
    resolution: float = 1e-9


def with_ties(
    finalists: Sequence[Finalist], seen: Mapping[int, Seen], direction: str
) -> list[Finalist]:
    """Mark those that validation cannot distinguish from the first.

    A finalist is behind where the first's objective is better by more than noise: by the spread of
    their difference over the same validation rows drawn anew. Which is first was seen on the same
    rows, so this holds jointly for all pairs of finalists (Bonferroni): of equal models, all are
    called ties in 95 of 100 runs, where intervals of 95 % each would call one in eight a loser.
    What counts rows that are right also needs as many rows in which two finalists differ as could
    show it by a test of signs.

    Of several splits, a row is drawn with all its differences, one for each split that it validates
    in: what one configuration predicts for it is much the same each time, so they do not count as
    rows of their own. Splits count alike, as in the means.

    Args:
        finalists: Best first.
        seen: Trial number → its objective on validation.
        direction: Of the objective.
    """
    first, *others = finalists
    error = JOINT_ERROR / max(1, math.comb(len(finalists), 2))
    return [
        first,
        *(replace(o, tied=_tied(first, o, seen, direction, error)) for o in others),
    ]


def _tied(
    first: Finalist, other: Finalist, seen: Mapping[int, Seen], direction: str, error: float
) -> bool | None:
    if first.mean is None or other.mean is None:
        return False
    own, its = seen.get(first.number, Seen(None)), seen.get(other.number, Seen(None))
    if own.drawn is None or its.drawn is None:
        return None
    gaps = own.drawn[:, : its.drawn.shape[1]] - its.drawn[:, : own.drawn.shape[1]]
    both = np.isfinite(gaps).any(axis=1)
    if not both.any():
        return False  # its sound fits are on other splits
    drawn = gaps[both].mean(axis=0)
    drawn = drawn[np.isfinite(drawn)]
    sign = 1.0 if direction == "maximize" else -1.0
    lead = sign * (_mean_on(first, both) - _mean_on(other, both))
    far = NormalDist().inv_cdf(1 - error / 2) * float(drawn.std()) if len(drawn) else math.inf
    return lead <= max(far, own.resolution) or _too_few(own, its, error)


def _too_few(own: Seen, its: Seen, error: float) -> bool:
    """Whether so few rows differ that even all of them in favour of one would show nothing."""
    if own.right is None or its.right is None:
        return False
    apart = (own.right != its.right).reshape(len(own.right), -1).any(axis=1).sum()
    return bool(2.0 ** (1 - int(apart)) > error)


def _mean_on(finalist: Finalist, both: Array) -> float:
    """Mean objective over those splits on which both have sound fits, in the order of the fits."""
    splits = list(dict.fromkeys(fit.split for fit in finalist.fits))
    values = [
        fmean(fit.value for fit in finalist.fits if fit.split == split and fit.value is not None)
        for split, counts in zip(splits, both, strict=True)
        if counts
    ]
    return fmean(values)
