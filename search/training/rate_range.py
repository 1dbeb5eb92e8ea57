"""The range test: train while the learning rate grows by epoch, and watch the loss."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from search.study.dataset import Array

Measured = tuple[float | None, ...]


class Sweeping(Protocol):
    """A training of whatever engine."""

    def sweep(self, rates: Array) -> Array:
        """Train a short epoch at each rate; see `Training.sweep`."""
        ...


def rate_range(training: Sweeping, rates: Sequence[float]) -> tuple[Measured, Measured]:
    """Train one short epoch at each rate.

    Args:
        training: Freshly begun.
        rates: One an epoch.

    Returns:
        Training loss and accuracy after each epoch; None from where the loss is not finite.
    """
    measured = training.sweep(np.asarray(rates, dtype=np.float32)).astype(float)
    losses, accuracies = measured.T.tolist()
    return _filled(losses, len(rates)), _filled(accuracies, len(rates))


def _filled(values: Sequence[float], length: int) -> Measured:
    sound = [value if math.isfinite(value) else None for value in values]
    return (*sound, *[None] * (length - len(sound)))
