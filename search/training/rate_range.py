"""The range test: train while the learning rate grows by epoch, and watch the loss."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from search.data.dataset import Array
from search.study.trial import Curve

Measured = tuple[float | None, ...]


class Sweeping(Protocol):
    """A training of whatever engine."""

    def sweep(self, rates: Array) -> Curve:
        """Train a short epoch at each rate; see `Training.sweep`."""
        ...


def rate_range(training: Sweeping, rates: Sequence[float]) -> dict[str, Measured]:
    """Train one short epoch at each rate.

    Args:
        training: Freshly begun.
        rates: One an epoch.

    Returns:
        Measure → its value on training after each epoch; None from where the loss is not finite.
    """
    measured = training.sweep(np.asarray(rates, dtype=np.float32))
    return {name: _filled(values, len(rates)) for name, values in measured.items()}


def _filled(values: Sequence[float], length: int) -> Measured:
    sound = [value if math.isfinite(value) else None for value in values]
    return (*sound, *[None] * (length - len(sound)))
