"""How sure is a mean of what each class has, such as macro recall?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import Draws, by_spread, of_f1, wilson
from search.study.answer import Interval

MEASURES = ("precision", "recall", "F1")


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """Precision, recall and F1 over classes, plain ("macro") and by their rows ("weighted").

    Attributes:
        parts: What each row adds: hits, predictions and rows of each class, shape (rows, 3 ×
        classes).
        draws: Of as many rows.
        constant: Whether the same is said of each row: what is never predicted then has no hit in
            other rows either, and that is sure.
    """

    parts: Array
    draws: Draws
    constant: bool = False

    def of(self, measure: str, *, weighted: bool = False) -> tuple[float, Interval]:
        """A mean with its 95 % interval.

        A weighted recall is the accuracy, and has its interval. Of the others each class's own
        interval, which has a width at 0 and 1 too, is added up by squares (Zou's MOVER), with the
        correlations that rows drawn anew show; weights are taken as known. Where the spread of rows
        drawn anew reaches further, as for many classes of few rows each, that counts.

        Args:
            measure: One of `MEASURES`.
            weighted: Whether classes count by their rows.
        """
        hits, called, there = np.split(self._sums, 3)
        weights = there / there.sum() if weighted else np.full(len(there), 1 / len(there))
        if weighted and measure == "recall":
            return float(hits.sum() / there.sum()), wilson(round(hits.sum()), round(there.sum()))
        of = {"precision": called, "recall": there, "F1": called + there - hits}[measure]
        of = np.where(called > 0, of, 0.0) if self.constant else of
        ends = [_ends(measure, *pair) for pair in zip(hits.tolist(), of.tolist(), strict=True)]
        values = _values(self._sums, measure)
        mean = float(weights @ values)
        gaps = (values - [end.low for end in ends], [end.high for end in ends] - values)
        low, high = (self._added(measure, weights * gap) for gap in gaps)
        half = 1.959964 * float(self._drawn_means(measure, weighted=weighted).std())
        return mean, Interval(max(0.0, mean - max(low, half)), min(1.0, mean + max(high, half)))

    def by_groups(self, measure: str, *, weighted: bool) -> tuple[float, Interval | None]:
        """The same where rows of a group depend on each other: by draws of groups alone."""
        values, there = _values(self._sums, measure), np.split(self._sums, 3)[2]
        value = float(np.average(values, weights=there if weighted else None))
        drawn = self._drawn_means(measure, weighted=weighted)
        return value, by_spread(value, self.draws.widened(value, drawn, share=True))

    def _drawn_means(self, measure: str, *, weighted: bool) -> Array:
        values = _values(self._drawn, measure)
        if not weighted:
            means: Array = values.mean(axis=1)
            return means
        there = np.split(self._drawn, 3, axis=-1)[2]
        found: Array = (values * there).sum(axis=1) / there.sum(axis=1)
        return found

    @cached_property
    def _sums(self) -> Array:
        found: Array = self.parts.sum(axis=0)
        return found

    @cached_property
    def _drawn(self) -> Array:
        return self.draws.sums(self.parts)

    def _added(self, measure: str, gaps: Array) -> float:
        """Each class's distance to an end of its interval, added by squares and correlations."""
        drawn = _values(self._drawn, measure, absent=np.nan)
        known = np.isfinite(drawn)
        middle = np.where(known, drawn, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        apart = np.where(known, drawn - middle, 0.0)
        spread = np.sqrt(np.square(apart).mean(axis=0))
        varies = spread > 1e-9
        together = (apart[:, varies] / spread[varies]) @ gaps[varies]
        alone = np.square(gaps[~varies]).sum()
        return float(np.sqrt(np.square(together).mean() + alone))


def _values(sums: Array, measure: str, absent: float = 0.0) -> Array:
    """Of each class; `absent`, by default as by scikit-learn, where it has none."""
    hits, called, there = np.split(sums, 3, axis=-1)
    above, below = {
        "precision": (hits, called),
        "recall": (hits, there),
        "F1": (2 * hits, called + there),
    }[measure]
    found: Array = np.where(below > 0, above / np.maximum(below, 1.0), absent)
    return found


def _ends(measure: str, hits: float, of: float) -> Interval:
    """Of one class; where none of its rows could be a hit it is 0, and that is sure."""
    if not of:
        return Interval(0.0, 0.0)
    return (
        of_f1(round(hits), round(of - hits)) if measure == "F1" else wilson(round(hits), round(of))
    )
