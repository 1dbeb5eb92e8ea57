"""What the targets ask for, and all that follows from it: output, loss, measure, objective."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from search.study.parameters import one_of


@dataclass(frozen=True)
class Task:
    """A kind of question.

    Attributes:
        name: As in `Study(task=…)`.
        activation: Of the output layer of a dense network, by Keras's name.
        loss: That a dense network is compiled with, by Keras's name.
        metric: The same, beside the loss.
        measure: What that metric is called in a curve.
        objective: What trials are compared by where nobody says otherwise.
        measures: Names that can stand behind "val_" in an objective. Of labels, precision, recall
            and F1 are over all of them together; AUC is the mean over labels or classes, each
            against the rest, and so is the F1 of classes. Numbers are measured as they are trained
            on: in standard deviations of the training rows' targets.
    """

    name: str
    activation: str
    loss: str
    metric: str
    measure: str
    objective: str
    measures: tuple[str, ...]

    @property
    def classifies(self) -> bool:
        """Whether each row is of one class."""
        return self in {BINARY, MULTICLASS}


BINARY = Task(
    "binary",
    "sigmoid",
    "binary_crossentropy",
    "accuracy",
    "accuracy",
    "val_accuracy",
    ("loss", "accuracy", "auc", "f1", "precision", "recall"),
)
MULTICLASS = Task(
    "multiclass",
    "softmax",
    "sparse_categorical_crossentropy",
    "accuracy",
    "accuracy",
    "val_accuracy",
    ("loss", "accuracy", "auc", "f1"),
)
MULTILABEL = Task(
    "multilabel",
    "sigmoid",
    "binary_crossentropy",
    "binary_accuracy",
    "accuracy",
    "val_loss",
    ("loss", "accuracy", "auc", "f1", "precision", "recall"),
)
REGRESSION = Task(
    "regression",
    "linear",
    "mean_squared_error",
    "mean_absolute_error",
    "mae",
    "val_loss",
    ("loss", "mae", "mse", "rmse", "r2"),
)
TASKS: Mapping[str, Task] = {
    task.name: task for task in (BINARY, MULTICLASS, MULTILABEL, REGRESSION)
}

DIRECTIONS: Mapping[str, Literal["maximize", "minimize"]] = {
    "val_loss": "minimize",
    "val_accuracy": "maximize",
    "val_mae": "minimize",
    "val_mse": "minimize",
    "val_rmse": "minimize",
    "val_auc": "maximize",
    "val_f1": "maximize",
    "val_precision": "maximize",
    "val_recall": "maximize",
    "val_r2": "maximize",
}
"""Objectives whose better way is known."""

USUAL_NAMES: Mapping[str, str] = {
    "acc": "accuracy",
    "binary_accuracy": "accuracy",
    "categorical_accuracy": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "r2_score": "r2",
    "f1_score": "f1",
}
"""Keras's names of measures → those of `Task.measures`; top-k accuracy is a measure of its own."""


def usual_name(measure: str) -> str:
    """What a measure of Keras is called here, such as "mae"; any other keeps its name."""
    return USUAL_NAMES.get(measure, measure)


def direction_of(objective: object) -> Literal["maximize", "minimize"] | None:
    """Which way an objective is better, by whichever of its names; None where nobody knows."""
    return DIRECTIONS.get(f"val_{usual_name(str(objective).removeprefix('val_'))}")


def task_named(name: object) -> Task:
    """The task that a person asked for.

    Raises:
        InputError: There is none of this name.
    """
    one_of("task", name, TASKS)
    return TASKS[str(name)]
