"""Numbers to predict, standardised: a network learns what is near 0 and as wide as 1."""

from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array


@dataclass(frozen=True, eq=False)
class Scale:
    """Where the targets lie and how wide they are, by the rows that train.

    Attributes:
        mean: Of each target, float32, shape (targets,).
        deviation: Its standard deviation, above 0.
    """

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, y: Array, times: int = 1) -> "Scale":
        """Read it off rows, shape (rows, targets), none of whose columns is constant.

        Args:
            y: The rows.
            times: How many steps of the same targets a row has, one after the other; they have one
                scale.
        """
        wide = y.astype(float).reshape(len(y) * times, -1)
        mean, deviation = wide.mean(axis=0), wide.std(axis=0)
        return cls(*(np.tile(one, times).astype(np.float32) for one in (mean, deviation)))

    def apply(self, y: Array) -> Array:
        """Targets as a network learns them."""
        scaled: Array = (y - self.mean) / self.deviation
        return scaled

    def back(self, y: Array) -> Array:
        """What a network predicts, in the targets' own units."""
        own: Array = y * self.deviation + self.mean
        return own
