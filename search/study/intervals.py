"""How sure is a share, or a measure that is made of sums over rows?"""

import math
import warnings
from collections.abc import Callable

import numpy as np

from search.study.answer import Interval
from search.study.dataset import Array

RESAMPLES = 2000
MOST_FOR_BCA = 2000
"""Rows up to which a bootstrap is corrected for bias and skew (BCa): that leaves each row out once,
and costs the square of their number. Beyond, so many rows need no correction: percentiles."""


def wilson(right: int, rows: int) -> Interval:
    """Wilson's 95 % interval of a share; unlike a bootstrap it has a width at 0 and 1 too.

    Args:
        right: Rows that count.
        rows: All rows, at least one.
    """
    from scipy.stats import binomtest

    found = binomtest(right, rows).proportion_ci(0.95, method="wilson")
    return Interval(float(found.low), float(found.high))


def bootstrapped(parts: Array, measure: Callable[[Array], Array]) -> Interval:
    """A 95 % interval of a measure that is made of sums over rows.

    Args:
        parts: What a row adds to each sum, shape (rows, sums).
        measure: From means over rows, shape (…, sums), to the measure, shape (…).
    """
    from scipy.stats import bootstrap

    rows = len(parts)

    def of_rows(chosen: Array, axis: int = -1) -> Array:
        return measure(parts[chosen].mean(axis=axis - 1 if axis < 0 else axis))

    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        found = bootstrap(
            (np.arange(rows),),
            of_rows,
            n_resamples=RESAMPLES,
            batch=max(1, 4_000_000 // parts.size),
            vectorized=True,
            method="BCa" if rows <= MOST_FOR_BCA else "percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
    value = float(measure(parts.mean(axis=0)))
    # Where all rows are predicted alike, there is no spread, and BCa gives no number.
    low, high = (float(end) if math.isfinite(end) else value for end in (found.low, found.high))
    return Interval(low, high)
