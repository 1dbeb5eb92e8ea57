"""The range test: train while the learning rate grows by epoch, and watch the loss."""

import math
from collections.abc import Sequence

import numpy as np

from search.training.engine import Training

Measured = tuple[float | None, ...]


def rate_range(training: Training, rates: Sequence[float]) -> dict[str, Measured]:
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
