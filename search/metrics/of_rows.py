"""Measures that are made of means over rows."""

import math
from functools import partial
from typing import ClassVar

import numpy as np

from search.data.dataset import Array
from search.metrics.base import Difference, Estimate, Measure, PairedScores, by_draws, holds_0
from search.metrics.intervals import Draws, Z, bootstrapped, of_errors, of_ratio
from search.study.answer import Interval

ERROR = 0.05
FLIPS, BLOCK = 5000, 500


class OfRows(Measure):
    """What is computed from means over rows; its interval is by bootstrap.

    Attributes:
        counts: Whether its rows are right or wrong. Two models then also have to differ by more
            than exchanging them row by row does: a bootstrap of four such rows is surer than four
            rows can be.
    """

    counts: ClassVar[bool] = False

    def parts(self, said: Array, y: Array) -> Array:
        """What each row adds, shape (rows, sums)."""
        raise NotImplementedError

    def of(self, means: Array) -> Array:
        """The measure, shape (…), of means, shape (…, sums); where left out, the first of them."""
        return means[..., 0]

    def value(self, said: Array, y: Array) -> float:
        """Of all rows."""
        with np.errstate(all="ignore"):
            return float(self.of(self.parts(said, y).mean(axis=0)))

    def of_epoch(self, said: Array, y: Array) -> float:
        return self.value(said, y)

    def estimate(self, said: Array, y: Array, draws: Draws) -> Estimate:
        parts = self.parts(said, y)
        with np.errstate(all="ignore"):
            value, drawn = float(self.of(parts.mean(axis=0))), self.of(draws.means(parts))
        if draws.groups is not None:
            drawn = draws.widened(value, drawn, share=self.share)
        return Estimate(value, drawn, blocks=draws.blocks)

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        if estimate.in_blocks:
            return by_draws(estimate, share=self.share)
        return self.within(self.parts(said, y))

    def within(self, parts: Array) -> Interval | None:
        """A 95 % interval from what each row adds, where rows are independent."""
        return bootstrapped(parts, self.of)

    def counted(self, said: Array, y: Array) -> Array | None:
        return self.parts(said, y) if self.counts else None

    def _difference(
        self, y: Array, one: PairedScores, other: PairedScores, spread: float
    ) -> Difference:
        found = super()._difference(y, one, other, spread)
        if not self.counts or holds_0(found.interval):
            return found
        groups = one.estimate.groups
        first, second = (by_group(self.parts(of.said, y), groups) for of in (one, other))
        chance = self._by_exchange(first, second, len(y))
        if chance < ERROR:
            return found
        low, high = found.interval.low, found.interval.high
        return found._replace(interval=Interval(min(low, 0.0), max(high, 0.0)))

    def _by_exchange(self, first: Array, second: Array, rows: int) -> float:
        """How often models whose answers are exchanged row by row differ as much, two-sided.

        Args:
            first: What each row, or group of rows, adds.
            second: The same of the other model.
            rows: How many they are.
        """
        apart = (first != second).any(axis=1)
        total, half = (first + second).sum(axis=0) / 2, (first - second)[apart] / 2
        gap = partial(self._gap, total, rows=rows)
        seen, as_far = abs(gap(half.sum(axis=0))), 0
        generator = np.random.default_rng(0)
        for _ in range(FLIPS // BLOCK):
            signs = generator.choice(np.array([-1.0, 1.0]), (BLOCK, len(half)))
            as_far += int((np.abs(gap(signs @ half)) >= seen - 1e-12).sum())
        return (1 + as_far) / (1 + FLIPS)

    def _gap(self, total: Array, half: Array, rows: int) -> Array:
        found: Array = self.of((total + half) / rows) - self.of((total - half) / rows)
        return found


def by_group(parts: Array, groups: Array | None) -> Array:
    """What each group adds; without groups each row is one.

    Args:
        parts: What each row adds, shape (rows, sums).
        groups: Of each row, from 0 without a gap.
    """
    if groups is None:
        return parts
    return np.column_stack([np.bincount(groups, column) for column in parts.T])


class OfErrors(OfRows):
    """The mean of what each row errs by, which is not negative, or a rising function of it."""

    def within(self, parts: Array) -> Interval:
        """By `of_errors`."""
        found = of_errors(parts[:, 0])
        ends = (float(self.of(np.array([end]))) for end in (found.low, found.high))
        return Interval(*ends)


class ByRatio(OfRows):
    """A part of what rows have: the first sum by the second, or by all rows without one."""

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """Wilson's, with groups of as many rows as tell as much."""
        if (groups := estimate.groups) is None:
            return super().interval(said, y, estimate)
        parts = self.parts(said, y)
        found = of_ratio(parts[:, 0], self.among(parts), groups)
        return found and self.from_ratio(found)

    def among(self, parts: Array) -> Array:
        """Of which each row's hits are, shape (rows,)."""
        return parts[:, 1]

    def from_ratio(self, found: Interval) -> Interval:
        """The measure's own from that of the ratio."""
        return found


class RightOrWrong(ByRatio):
    """The fraction of right rows: two models by McNemar's exact test and Tango's interval."""

    counts = True

    def _difference(
        self, y: Array, one: PairedScores, other: PairedScores, spread: float
    ) -> Difference:
        if one.estimate.in_blocks:
            return super()._difference(y, one, other, spread)
        return of_right(self.parts(one.said, y), self.parts(other.said, y))


def of_right(one: Array, other: Array) -> Difference:
    """Of the fraction of right rows of two models.

    Args:
        one: 1 for a row that the first has right, else 0; shape (rows, 1).
        other: The same of the second.
    """
    gaps, rows = (one - other)[:, 0], len(one)
    first, second = int((gaps > 0).sum()), int((gaps < 0).sum())
    lead = (first - second) / rows
    spread = math.sqrt((first + second) / rows - lead**2) / math.sqrt(rows)
    return Difference(lead, spread, _of_accuracies(first, second, rows))


def _of_accuracies(first: int, second: int, rows: int) -> Interval:
    """Of the difference of two accuracies: Tango's score interval of paired proportions.

    It leaves 0 out where McNemar's exact test, at its central two-sided level, says that they
    differ, and nowhere else.
    """
    from scipy.optimize import brentq
    from scipy.stats import binomtest

    lead, edge = (first - second) / rows, 1 - 1e-9

    def score(gap: float) -> float:
        slope = (2 * rows - first + second) * gap - first - second
        root = math.sqrt(max(0.0, slope**2 + 8 * rows * second * gap * (1 - gap)))
        other = max(0.0, (root - slope) / (4 * rows))
        spread = math.sqrt(max(0.0, 2 * other + gap * (1 - gap)) / rows)
        return (lead - gap) / max(spread, 1e-12)

    low = brentq(lambda gap: score(gap) - Z, -edge, lead) if lead > -edge else -1.0
    high = brentq(lambda gap: score(gap) + Z, lead, edge) if lead < edge else 1.0
    apart = first + second
    if not apart or binomtest(first, apart).pvalue >= ERROR:
        return Interval(min(low, 0.0), max(high, 0.0))
    least = 1e-9
    return Interval(max(low, least), high) if lead > 0 else Interval(low, min(high, -least))
