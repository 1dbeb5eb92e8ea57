"""When a model is so sure, how often is it right?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import of_ratio
from search.study.answer import Interval

BINS = 10
"""Of equal width."""


@dataclass(frozen=True)
class Bin:
    """Cases of about the same predicted probability.

    Attributes:
        low: Where the bin begins.
        high: Where it ends.
        count: Cases in it, at least one.
        predicted: Their mean probability.
        observed: Share of them that are so.
        interval: Of what is observed.
    """

    low: float
    high: float
    count: int
    predicted: float
    observed: float
    interval: Interval


@dataclass(frozen=True)
class Calibration:
    """How far shares can be taken as probabilities.

    Attributes:
        bins: Those that are not empty.
        error: The expected calibration error: how far `predicted` lies from `observed` in the mean,
            a bin counting by its cases.
        count: All cases.
    """

    bins: Sequence[Bin]
    error: float
    count: int


def calibrated(predicted: Array, so: Array, groups: Array | None = None) -> Calibration:
    """Sort cases into bins.

    Args:
        predicted: A probability each, shape (cases,), at least one.
        so: What is true of each, bool, shape (cases,).
        groups: Of each, as of `Blocks`; None where cases are independent.
    """
    edges = np.linspace(0.0, 1.0, BINS + 1)
    places = np.searchsorted(edges[1:-1], predicted)
    bins = []
    for place in np.unique(places):
        inside = places == place
        right, count = int(so[inside].sum()), int(inside.sum())
        low, high = float(edges[place]), float(edges[place + 1])
        mean = float(predicted[inside].mean())
        own = None if groups is None else np.unique(groups[inside], return_inverse=True)[1]
        within = of_ratio(so[inside].astype(float), np.ones(count), own) or Interval(0.0, 1.0)
        bins.append(Bin(low, high, count, mean, right / count, within))
    error = sum(b.count * abs(b.predicted - b.observed) for b in bins) / len(predicted)
    return Calibration(bins, error, len(predicted))
