"""What a training is meant to be, beside its configuration; needs no TensorFlow."""

from dataclasses import dataclass

from search.study.task import TASKS


@dataclass(frozen=True)
class TrainingPlan:
    """How long a dense network is trained, and what it is measured by.

    Attributes:
        epochs: Of the whole budget, which a schedule of the learning rate spans.
        measure: The objective's, beside loss and the task's own metric; "" for nothing.
        objective: What trials count by, such as "val_f1"; "" where nothing is compared.
    """

    epochs: int = 1
    measure: str = ""
    objective: str = ""

    @classmethod
    def towards(cls, objective: str, epochs: int, task: str) -> "TrainingPlan":
        """The course of a training that counts by an objective, such as "val_f1"."""
        measure = objective.removeprefix("val_")
        always = {"loss", TASKS[task].measure}
        return cls(epochs, "" if measure in always else measure, objective)


PLAIN = TrainingPlan()
"""For what has no schedule and asks for no measure: predictions and curves of learning rates."""
