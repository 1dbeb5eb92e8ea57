"""Measures that this package does not know, such as a custom metric."""

from search.data.dataset import Array
from search.metrics.base import (
    Difference,
    Estimate,
    Measure,
    PairedScores,
    by_draws,
    in_unit_interval,
    of_mean,
)
from search.metrics.intervals import wilson
from search.metrics.of_rows import of_right
from search.study.answer import Interval


class Custom(Measure):
    """A number that a worker measures by a model's own metric (`search.training.own_measure`).

    Of a mean over rows, intervals and differences are those of the measures that are known.

    Args:
        title: As displayed.
        maximize: Whether more is better.
        seen: Its estimate, where there is one. It is a share where the metric is known as one, or
            where more is better and it lies between 0 and 1 in all draws.
    """

    def __init__(self, title: str, *, maximize: bool, seen: Estimate | None = None) -> None:
        self.title, self.maximize = title, maximize
        if seen is not None:
            self.title = seen.title or title
            self.share = seen.share or (maximize and in_unit_interval(seen))

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """Wilson's of rows that are right or wrong, else by bootstrap over rows, else by draws."""
        if (right := estimate.right) is not None:
            return wilson(round(right.sum()), len(right))
        found = by_draws(estimate, share=self.share or estimate.share)
        if estimate.rows is not None and not estimate.in_blocks and found is not None:
            found = of_mean(estimate.rows, None, share=self.share)
        low, high = estimate.ends
        if found is None or not low <= estimate.value <= high:
            return found
        return Interval(max(found.low, low), min(found.high, high))

    def _difference(
        self, y: Array, one: PairedScores, other: PairedScores, spread: float
    ) -> Difference:
        first, second = one.estimate.right, other.estimate.right
        if first is None or second is None:
            return super()._difference(y, one, other, spread)
        found = of_right(first, second)
        if self.maximize:
            return found
        low, high = found.interval.low, found.interval.high
        return found._replace(lead=-found.lead, interval=Interval(-high, -low))
