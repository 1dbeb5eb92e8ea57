"""What trials are compared by, and after which of its epochs one counts."""

import math
from dataclasses import dataclass

from search.study.trial import Curve


@dataclass(frozen=True)
class Goal:
    """The objective, which way it is better, and how long one waits for it to get better.

    Attributes:
        objective: Such as "val_accuracy".
        direction: "maximize" or "minimize".
        patience: Epochs without a better objective after which a training ends; it then counts by
            its best epoch, whose weights are kept. None for all epochs and the last one.
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
        if self.objective not in curve:
            measured = ", ".join(name for name in curve if not name.startswith("val_"))
            name = self.objective.removeprefix("val_")
            raise ValueError(
                f"the model measures no {name}, only {measured}; compile it with "
                f"metrics=[{name!r}], or give another objective"
            )
        values = curve[self.objective]
        if self.patience is None:
            return len(values) - 1
        best = 0 if values else -1
        for place, value in enumerate(values):
            if self.better(value, values[best]) or math.isnan(values[best]):
                best = place
        return best

    def value(self, curve: Curve) -> float:
        """The objective where a training counts."""
        place = self.place(curve)
        return curve[self.objective][place]

    def is_over(self, curve: Curve) -> bool:
        """Whether a training has waited long enough."""
        waited = len(curve[self.objective]) - 1 - self.place(curve)
        return self.patience is not None and waited >= self.patience
