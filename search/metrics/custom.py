"""Measures that this package does not know, such as a custom metric."""

import numpy as np

from search.metrics.base import Estimate, Measure


class Custom(Measure):
    """A number that a worker measures by a model's own metric (`search.training.own_measure`).

    Args:
        title: As displayed.
        maximize: Whether more is better.
        seen: Its estimate, where there is one: a share lies between 0 and 1 in all draws.
    """

    def __init__(self, title: str, *, maximize: bool, seen: Estimate | None = None) -> None:
        self.title, self.maximize = title, maximize
        if seen is not None:
            values = np.append(seen.drawn, seen.value)
            self.title = seen.title or title
            self.share = maximize and bool(((values >= 0) & (values <= 1)).all())
