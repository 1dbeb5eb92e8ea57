"""Labels of validation rows that all fits of the finals contradict."""

from collections.abc import Sequence

import numpy as np

from search.data.dataset import Array
from search.study.answer import Doubted

FITS = 2
"""At least: one model's doubt is its own."""
LIFT = 0.25
"""Of a class's frequency, what the fits give it at most where its label is doubted."""
SURE = 0.7
"""Mean probability of the class that they say instead, at least."""
SHARE, FEWEST = 0.01, 4
"""Of the rows where the fits are surest, and how many, from which on labels are likely wrong."""
CHANCE = 5e-3
"""That so many are doubted there where classes overlap and no label is wrong."""
EVEN, IMPERFECT = 0.45, 1.25
"""The errors where the fits are surest: at least, in parts of those of all rows; and at most, in
parts of what the best model of two normal classes has, of which no fit is one."""
MOST_WRONG = 0.25
"""Error of all rows, beyond which the models know too little to doubt a label."""


def doubted(said: Sequence[Array], y: Array, rows: Array) -> Doubted | None:
    """Rows that all fits are sure to be of another class.

    Args:
        said: Probabilities by each fit, shape (rows, classes).
        y: Codes of the labels.
        rows: Number of each row, as they were given.

    Returns:
        None where there are no more than classes that overlap bring about.
    """
    from scipy.stats import binom

    if len(said) < FITS or not len(y):
        return None
    mean = np.mean(said, axis=0)
    other, place = mean.argmax(axis=1), np.arange(len(y))
    agree = np.all([one.argmax(axis=1) == other for one in said], axis=0)
    frequency = np.bincount(y, minlength=mean.shape[1]) / len(y)
    wrong = other != y
    sure = (mean[place, y] <= LIFT * frequency[y]) & (mean[place, other] >= SURE)
    found = wrong & agree & sure
    surest = np.argsort(-mean[place, other], kind="stable")[: max(1, len(y) // 2)]
    count, rate = int(found[surest].sum()), float(wrong.mean())
    share = count / len(surest)
    if count < FEWEST or rate > MOST_WRONG or share < max(SHARE, EVEN * rate):
        return None
    by_overlap = max(SHARE, IMPERFECT * _surest_by_overlap(rate))
    if float(binom.sf(count - 1, len(surest), by_overlap)) > CHANCE:
        return None
    order = np.flatnonzero(found)[np.argsort(-mean[place, other][found], kind="stable")]
    told = [(int(rows[at]), int(y[at]), int(other[at])) for at in order]
    return Doubted(len(y), len(said), share, tuple(told))


def _surest_by_overlap(error: float) -> float:
    """How often two normal classes are mistaken in the half of the rows where that is seldomest.

    Args:
        error: How often they are in all rows; above 0 and below 0.5.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    half = float(norm.isf(error))  # of the distance of the means, in standard deviations

    def beyond(far: float) -> float:
        return float(norm.cdf(half - far) + norm.cdf(-half - far)) - 0.5

    far = float(brentq(beyond, 0, half + 2))
    return 2 * float(norm.cdf(-half - far))
