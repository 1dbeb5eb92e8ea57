"""How well are rows put in order? Areas under ROC curves, their intervals, and draws of them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from search.data.dataset import Array
from search.metrics.base import Estimate, Measure, by_draws, measures
from search.metrics.intervals import Draws
from search.study.answer import Interval
from search.study.task import BINARY, MULTICLASS, MULTILABEL

THRESHOLDS = 200
"""Of Keras's AUC."""
MOST_BINS = 128
"""Of the probabilities, in each of two ways, when rows are drawn anew."""


@measures("auc", BINARY)
class Area(Measure):
    """Area under the ROC curve."""

    title, share, keras = "ROC AUC", True, "AUC"

    def estimate(self, said: Array, y: Array, draws: Draws) -> Estimate:
        """The mean over the columns that have rows of both kinds."""
        found = [
            (value, resampled(truth, column, draws)[:, 0])
            for column, truth in self._pairs(said, y)
            if math.isfinite(value := area(column[truth], column[~truth]))
        ]
        if not found:
            return Estimate(math.nan)
        values, drawn = zip(*found, strict=True)
        value = float(np.mean(values))
        widened = draws.widened(value, mean_of_drawn(drawn), share=True)
        return Estimate(value, widened, blocks=draws.blocks)

    def of_epoch(self, said: Array, y: Array) -> float:
        return float(np.mean([_by_thresholds(*pair) for pair in self._pairs(said, y)]))

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """DeLong's; of groups by draws of them."""
        if estimate.in_blocks:
            return by_draws(estimate, share=True)
        ((column, truth),) = self._pairs(said, y)
        return interval_of_area(column[truth], column[~truth])

    def standard_error(self, value: float, counts: Sequence[int]) -> float:
        """Hanley and McNeil's (1982)."""
        if len(counts) != 2 or not min(counts):
            return 0.0
        first, second = counts
        value = min(max(value, 1 / (2 * first * second)), 1 - 1 / (2 * first * second))
        low, high = value / (2 - value), 2 * value**2 / (1 + value)
        spread = value * (1 - value)
        spread += (second - 1) * (low - value**2) + (first - 1) * (high - value**2)
        return math.sqrt(max(spread, 0.0) / (first * second))

    def _pairs(self, said: Array, y: Array) -> list[tuple[Array, Array]]:
        """Each column that is ranked, and which rows are of its class."""
        asked = self.task.asked(said)
        return list(zip(asked.T, self.task.truth(y, asked.shape[1]).T, strict=True))


@measures("auc", MULTICLASS, MULTILABEL)
class MacroArea(Area):
    """The mean over classes or labels, each against the rest."""

    title, keras = "macro ROC AUC", "EachAgainstTheRest"

    def keras_options(self, outputs: int) -> Mapping[str, Any]:
        return {"multi_label": True, "num_labels": outputs}

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """By its draws."""
        return by_draws(estimate, share=True)


def area(inside: Array, outside: Array) -> float:
    """How often a row of the class stands before another; NaN where one of the kinds is missing.

    Args:
        inside: Probabilities of the rows of the class.
        outside: Of all others.
    """
    if not len(inside) or not len(outside):
        return math.nan
    ranks = _ranks(np.concatenate([inside, outside]))[: len(inside)]
    return float((ranks.mean() - (len(inside) + 1) / 2) / len(outside))


def _ranks(values: Array) -> Array:
    """From 1 on; equal values share the mean of theirs. `scipy.stats` would be slow to import."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    found: Array = (count.cumsum() - (count - 1) / 2)[place]
    return found


def resampled(truth: Array, shares: Array, draws: Draws) -> Array:
    """Area and average precision of rows drawn with replacement, shape (draws, 2).

    By counts of rows in bins of them: exact where there are few different values, else close
    together where rows of the class are.

    Args:
        truth: Which rows are of the class, bool, shape (rows,).
        shares: Probabilities by which they are ranked.
        draws: Of as many rows.
    """
    edges = np.unique(shares)
    if len(edges) > 2 * MOST_BINS:
        at = np.linspace(0.0, 1.0, MOST_BINS)
        ends = [np.quantile(of, at, method="lower") for of in (shares[truth], shares)]
        edges = np.unique(np.concatenate(ends))
    bins = len(edges) - np.searchsorted(edges, shares, side="right")  # the largest first
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
        inside: Probabilities of the rows of the class.
        outside: Of all others.
    """
    from scipy.special import expit, logit

    if min(len(inside), len(outside)) < 2:
        return None
    ranks = _ranks(np.concatenate([inside, outside]))
    before = (ranks[: len(inside)] - _ranks(inside)) / len(outside)
    behind = 1.0 - (ranks[len(inside) :] - _ranks(outside)) / len(inside)
    area = float(before.mean())
    variance = before.var(ddof=1) / len(inside) + behind.var(ddof=1) / len(outside)
    if not 0 < area < 1 or variance <= 0:
        return None
    half = 1.959964 * math.sqrt(variance) / (area * (1 - area))
    return Interval(*(float(expit(logit(area) + side)) for side in (-half, half)))


def mean_of_drawn(drawn: Sequence[Array]) -> Array:
    """The mean over classes in each draw; over those alone that the draw has rows of.

    Args:
        drawn: Of each class, of the same shape; NaN where a draw has none of its rows.
    """
    values = np.array(drawn)
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        found: Array = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
    return found


def _by_thresholds(predicted: Array, there: Array) -> float:
    """Area below the ROC curve of one column, by Keras's even thresholds and trapezoids."""
    place = np.ceil(predicted.astype(np.float32) * np.float32(THRESHOLDS - 1)).astype(int) - 1
    place = np.clip(place, 0, THRESHOLDS - 1)
    hits, alarms = (
        np.cumsum(np.bincount(place[rows], minlength=THRESHOLDS)[::-1])[::-1]
        for rows in (there, ~there)
    )
    if not hits[0] or not alarms[0]:
        return 0.0  # Keras's, where one kind is missing
    recall, false_alarm = hits / hits[0], alarms / alarms[0]
    heights = (recall[:-1] + recall[1:]) / 2
    return float(((false_alarm[:-1] - false_alarm[1:]) * heights).sum())
