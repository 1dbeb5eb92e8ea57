"""The area under the ROC curve: its interval, and the same of rows drawn anew."""

import math

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import Draws
from search.study.answer import Interval

MOST_BINS = 128
"""Of the probabilities, in each of two ways, when rows are drawn anew."""


def area(inside: Array, outside: Array) -> float:
    """How often a row of the class stands before another; NaN where one of the kinds is missing.

    Args:
        inside: Probabilities of the rows of the class.
        outside: Of all others.
    """
    from scipy.stats import rankdata

    if not len(inside) or not len(outside):
        return math.nan
    ranks = rankdata(np.concatenate([inside, outside]))[: len(inside)]
    return float((ranks.mean() - (len(inside) + 1) / 2) / len(outside))


def resampled(truth: Array, shares: Array, draws: Draws) -> Array:
    """Area and average precision of rows drawn with replacement, shape (draws, 2).

    By counts of rows in bins of their shares: exact where there are few different ones, else close
    together where rows of the class are.

    Args:
        truth: Which rows are of the class, bool, shape (rows,).
        shares: By which they are ranked.
        draws: Of as many rows.
    """
    edges = np.unique(shares)
    if len(edges) > 2 * MOST_BINS:
        at = np.linspace(0.0, 1.0, MOST_BINS)
        ends = [np.quantile(of, at, method="lower") for of in (shares[truth], shares)]
        edges = np.unique(np.concatenate(ends))
    bins = len(edges) - np.searchsorted(edges, shares, side="right")  # the largest share first
    inside = draws.sums_by(bins, len(edges), truth)
    outside = draws.sums_by(bins, len(edges), ~truth)
    found, others = inside.cumsum(axis=1), outside.cumsum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # where a class was not drawn at all
        area = (outside * (found - inside / 2)).sum(axis=1) / (found[:, -1] * others[:, -1])
        precision = found / np.maximum(found + others, 1.0)
        average = (inside * precision).sum(axis=1) / found[:, -1]
    return np.column_stack([area, average])


def interval_of_area(inside: Array, outside: Array) -> Interval | None:
    """DeLong's: by how often each row of the class stands before the others, and they behind it.

    Args:
        inside: Shares of the rows of the class.
        outside: Of all others.
    """
    from scipy.special import expit, logit
    from scipy.stats import rankdata

    if min(len(inside), len(outside)) < 2:
        return None
    ranks = rankdata(np.concatenate([inside, outside]))
    before = (ranks[: len(inside)] - rankdata(inside)) / len(outside)
    behind = 1.0 - (ranks[len(inside) :] - rankdata(outside)) / len(inside)
    area = float(before.mean())
    variance = before.var(ddof=1) / len(inside) + behind.var(ddof=1) / len(outside)
    if not 0 < area < 1 or variance <= 0:
        return None
    half = 1.959964 * math.sqrt(variance) / (area * (1 - area))
    return Interval(*(float(expit(logit(area) + side)) for side in (-half, half)))
