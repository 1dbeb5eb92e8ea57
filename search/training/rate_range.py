"""The range test: train while the learning rate grows by epoch, and watch the loss."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from search.training.training import Training

Measured = tuple[float | None, ...]


def rate_range(training: Training, rates: Sequence[float]) -> tuple[Measured, Measured]:
    """Train one epoch at each rate.

    Args:
        training: Freshly begun.
        rates: One an epoch.

    Returns:
        Training loss and accuracy after each epoch; None from where the loss is not finite.
    """
    curve = training.advance(len(rates), np.asarray(rates, dtype=np.float32))
    return _filled(curve["loss"], len(rates)), _filled(curve["accuracy"], len(rates))


def with_plain_rate(model: Any) -> Any:
    """The model with a learning rate that can be set, where it was compiled with a schedule."""
    optimizer = model.optimizer
    if isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
        config = optimizer.get_config()
        model.optimizer = type(optimizer).from_config({**config, "learning_rate": 1e-3})
    return model


def _filled(values: Sequence[float], length: int) -> Measured:
    sound = [value if math.isfinite(value) else None for value in values]
    return (*sound, *[None] * (length - len(sound)))
