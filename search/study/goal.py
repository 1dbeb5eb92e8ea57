"""What trials are compared by, and after which of its epochs one counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from search.study.trial import Curve

LOSS = "val_loss"
"""What ties by the objective are decided by."""


@dataclass(frozen=True)
class Goal:
    """The objective, which way it is better, and how long a training waits to get better.

    Attributes:
        objective: Such as "val_accuracy".
        direction: "maximize" or "minimize".
        patience: Epochs in which neither the objective nor the validation loss gets better, after
            which a training ends; see `Progress`. None for all epochs and the last one.
    """

    objective: str
    direction: str
    patience: int | None = None

    def better(self, value: float, other: float) -> bool:
        """Whether `value` of the objective is strictly better than `other`."""
        return value > other if self.direction == "maximize" else value < other

    def place(self, curve: Curve) -> int:
        """At which place of a curve its training counts; -1 of an empty one.

        Raises:
            ValueError: The objective is not measured.
        """
        return Progress(self).follow(curve).place

    def value(self, curve: Curve) -> float:
        """The objective where a training counts."""
        return Progress(self).follow(curve).value


@dataclass
class Progress:
    """Follows a training; each epoch is looked at once.

    With patience, an epoch is progress where the objective or the validation loss is better than in
    all epochs before it. The objective alone is not enough: accuracy on 100 rows stands still for
    many epochs while the loss falls.

    Attributes:
        goal: Of the training.
        place: Of the epoch that counts, -1 before the first. Without patience the last one; with it
            the best one by the objective, of equal ones the one with the lowest validation loss,
            and of these the first.
        value: The objective there.
        waited: Epochs since the last progress.
    """

    goal: Goal
    place: int = -1
    value: float = math.nan
    waited: int = 0
    _lowest: float = math.inf
    _loss: float = math.inf
    _seen: int = 0

    def follow(self, curve: Curve) -> "Progress":
        """Look at the epochs that are new since the last call.

        Args:
            curve: Of all epochs so far.

        Raises:
            ValueError: The objective is not measured.
        """
        values = _measured(curve, self.goal.objective)
        losses = curve.get(LOSS, values)
        # Without patience the last epoch counts, whatever those before it were.
        first = self._seen if self.goal.patience is not None else len(values) - 1
        for at in range(max(first, self._seen), len(values)):
            self._take(at, values[at], losses[at])
        self._seen = len(values)
        return self

    @property
    def is_over(self) -> bool:
        """Whether the training has waited long enough."""
        return self.goal.patience is not None and self.waited >= self.goal.patience

    def _take(self, at: int, value: float, loss: float) -> None:
        better = self.goal.better(value, self.value) or math.isnan(self.value)
        level = value == self.value and loss < self._loss
        self.waited = 0 if better or loss < self._lowest else self.waited + 1
        self._lowest = min(self._lowest, loss)  # a NaN leaves it as it is
        if better or level or self.goal.patience is None:
            self.place, self.value, self._loss = at, value, loss


def _measured(curve: Curve, objective: str) -> Sequence[float]:
    if objective not in curve:
        measured = ", ".join(dict.fromkeys(name.removeprefix("val_") for name in curve))
        name = objective.removeprefix("val_")
        raise ValueError(
            f"the model measures no {name}, only {measured}; compile it with "
            f"metrics=[{name!r}], or give another objective"
        )
    return curve[objective]
