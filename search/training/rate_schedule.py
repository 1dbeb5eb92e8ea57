"""The learning rate of each training step; needs no TensorFlow.

All engines are given the same rates. A rate is a function of the step and of the whole budget:
pruning, patience and a resume change how far a training gets, never the rates on its way. Values
are those of Keras's `CosineDecay`, `ExponentialDecay` and `PolynomialDecay`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.data.dataset import Array

END = 0.01
"""What an exponential schedule leaves of the rate."""

DECAYS: Mapping[str, Callable[[Array], Array]] = {
    "constant": np.ones_like,
    "cosine": lambda share: (1 + np.cos(np.pi * share)) / 2,
    "exponential": lambda share: np.power(END, share),
    "linear": lambda share: 1 - share,
}
"""From the fraction of steps after warm-up, 0 ≤ fraction < 1, to that of the highest rate."""


@dataclass(frozen=True)
class RateSchedule:
    """How the rate of a training changes.

    Attributes:
        kind: One of `search.study.field_space.SCHEDULES`.
        highest: Where warm-up ends.
        warmup: Fraction of all steps, 0 ≤ warmup < 1.
        epochs: Of the whole budget.
        steps: An epoch.
    """

    kind: str
    highest: float
    warmup: float
    epochs: int
    steps: int

    def rates(self, first: int, last: int) -> Array:
        """The rates of the steps after epoch `first` up to `last`, float32.

        All are above 0: warm-up begins above it, and the last step of a decay lies before its end.

        Returns:
            Shape ((last - first) * steps,).
        """
        whole = self.epochs * self.steps
        warm = min(round(self.warmup * whole), whole - 1)
        step = np.minimum(np.arange(first * self.steps, last * self.steps), whole - 1)
        decayed = DECAYS[self.kind](np.maximum(step - warm, 0) / (whole - warm))
        shares = np.where(step < warm, (step + 1) / (warm + 1), decayed)
        return (self.highest * shares).astype(np.float32)


def schedule_of(params: Mapping[str, Any], epochs: int, rows: int) -> RateSchedule | None:
    """The schedule of a dense network's configuration; None for a rate that stays.

    Args:
        params: The fields of a `DenseSpace`; a baseline that has no schedule keeps its rate.
        epochs: Of the whole budget.
        rows: That train.
    """
    kind, warmup = params.get("schedule", "constant"), params.get("warmup", 0.0)
    if kind == "constant" and not warmup:
        return None
    steps = math.ceil(rows / params["batch_size"])
    return RateSchedule(kind, params["learning_rate"], warmup, epochs, steps)


def rates_of_model(model: Any, epochs: int, steps: int) -> list[float]:
    """The rate at the last step of each epoch, by the schedule that a model was compiled with.

    Args:
        model: Of Keras.
        epochs: That were trained.
        steps: An epoch.

    Returns:
        Empty where the rate is a number.
    """
    from search.training.keras_compat import rate_of

    schedule = rate_of(model.optimizer)
    if not callable(schedule) or hasattr(schedule, "assign"):
        return []
    return [float(schedule(epoch * steps - 1)) for epoch in range(1, epochs + 1)]
