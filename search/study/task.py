"""What the targets ask for, and all that follows from it: output, loss, measure, objective."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from search.data.columns import Array
from search.study.parameters import one_of


@dataclass(frozen=True)
class Task:
    """A kind of question; how its rows are shaped, read and named.

    Attributes:
        name: As in `Study(task=…)`.
        activation: Of the output layer of a dense network, by Keras's name; the same turns logits
            into probabilities.
        loss: That a dense network is compiled with, by Keras's name.
        metric: The same, beside the loss.
        measure: What that metric is called in a curve.
        objective: What trials are compared by, by default.
        classifies: Whether each row is of one class.
        has_labels: Whether each row has some of several labels.
        has_numbers: Whether numbers are predicted.
        by_model: Whether targets and outputs may be anything, and only the model's own loss and
            metrics tell how good a model is.
        noun: What there is one column of: "class", "label" or "target"; `nouns` of several.
        plain: The measure that stands beside whatever objective.
        kept: What predictions are called in a run's arrays and in Python.
    """

    name: str
    activation: str
    loss: str
    metric: str
    measure: str
    objective: str

    classifies: ClassVar[bool] = False
    has_labels: ClassVar[bool] = False
    has_numbers: ClassVar[bool] = False
    by_model: ClassVar[bool] = False
    noun: ClassVar[str]
    nouns: ClassVar[str]
    kept: ClassVar[str] = "probabilities"
    plain: ClassVar[str] = "accuracy"

    @property
    def measures(self) -> tuple[str, ...]:
        """Names that can stand behind "val_" in an objective; see `MEASURES`."""
        return tuple(name for name, (_, tasks) in MEASURES.items() if self in tasks)

    def units(self, names: int) -> int:
        """Outputs of a model of so many classes, labels or targets."""
        return names

    def asked(self, said: Array) -> Array:
        """The columns of predictions that say all."""
        return said

    def truth(self, y: Array, columns: int) -> Array:
        """Which rows are of the class or have the label of each column that is asked, bool."""
        found: Array = y == 1
        return found

    def predicted(self, said: Array) -> Array:
        """What is called so: a code a row, a flag a label, or the numbers themselves."""
        return said

    def of_probabilities(self, raw: Array) -> Array:
        """A column a class or label from what a model's units say; numbers as they are."""
        return raw

    def of_scores(self, raw: Array) -> Array:
        """The same of scores of a margin; see `Outputs.read`."""
        return raw


class _Classes(Task):
    classifies, noun, nouns = True, "class", "classes"

    def truth(self, y: Array, columns: int) -> Array:
        found: Array = y.reshape(-1, 1) == np.arange(columns)
        return found

    def predicted(self, said: Array) -> Array:
        found: Array = said.argmax(axis=1)
        return found

    def of_scores(self, raw: Array) -> Array:
        return np.hstack([-raw, raw]) if raw.shape[1] == 1 else raw


class _TwoClasses(_Classes):
    """Of which the second says all."""

    def units(self, names: int) -> int:
        return 1

    def asked(self, said: Array) -> Array:
        return said[..., -1:]

    def truth(self, y: Array, columns: int) -> Array:
        found: Array = y.reshape(-1, 1) == 1
        return found

    def of_probabilities(self, raw: Array) -> Array:
        if raw.shape[1] != 1:
            return raw
        one = np.clip(raw, 0.0, 1.0)
        return np.hstack([1.0 - one, one])


class _Labels(Task):
    has_labels, noun, nouns, plain = True, "label", "labels", "f1"

    def predicted(self, said: Array) -> Array:
        found: Array = said >= 0.5
        return found

    def of_probabilities(self, raw: Array) -> Array:
        return np.clip(raw, 0.0, 1.0)

    def of_scores(self, raw: Array) -> Array:
        moved: Array = (1.0 + raw) / 2.0
        return moved


class _Numbers(Task):
    has_numbers, noun, nouns, kept, plain = True, "target", "targets", "predictions", "r2"


class _Custom(Task):
    by_model, noun, nouns, kept, plain = True, "target", "targets", "values", "loss"


_ACCURACY = ("accuracy", "accuracy", "val_accuracy")
_CROSS_ENTROPY = "binary_crossentropy"
BINARY = _TwoClasses("binary", "sigmoid", _CROSS_ENTROPY, *_ACCURACY)
MULTICLASS = _Classes("multiclass", "softmax", "sparse_categorical_crossentropy", *_ACCURACY)
MULTILABEL = _Labels(
    "multilabel", "sigmoid", _CROSS_ENTROPY, "binary_accuracy", "accuracy", "val_loss"
)
REGRESSION = _Numbers(
    "regression", "linear", "mean_squared_error", "mean_absolute_error", "mae", "val_loss"
)
CUSTOM = _Custom("custom", "", "", "", "", "val_loss")
TASKS: Mapping[str, Task] = {
    task.name: task for task in (BINARY, MULTICLASS, MULTILABEL, REGRESSION, CUSTOM)
}

Direction = Literal["maximize", "minimize"]
_ALL, _CALLED = (BINARY, MULTICLASS, MULTILABEL, REGRESSION), (BINARY, MULTILABEL)
_NAMED, _COUNTED = (BINARY, MULTICLASS, MULTILABEL), (REGRESSION,)
MEASURES: Mapping[str, tuple[Direction, tuple[Task, ...]]] = {
    "loss": ("minimize", _ALL),
    "accuracy": ("maximize", _NAMED),
    "auc": ("maximize", _NAMED),
    "f1": ("maximize", _NAMED),
    "precision": ("maximize", _CALLED),
    "recall": ("maximize", _CALLED),
    "mae": ("minimize", _COUNTED),
    "mse": ("minimize", _COUNTED),
    "rmse": ("minimize", _COUNTED),
    "r2": ("maximize", _COUNTED),
}
"""What an objective can name: which way is better, and of which tasks. Each has a class in
`search.metrics`. Of labels, precision, recall and F1 are over all of them together; AUC is the mean
over labels or classes, each against the rest, and so is the F1 of classes. Numbers are measured as
they are trained on: in standard deviations of the training rows' targets."""

DIRECTIONS: Mapping[str, Direction] = {f"val_{name}": way for name, (way, _) in MEASURES.items()}
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
    """Which way an objective is better, by whichever of its names; None where it is unknown."""
    return DIRECTIONS.get(f"val_{usual_name(str(objective).removeprefix('val_'))}")


def task_named(name: object) -> Task:
    """The task you asked for.

    Raises:
        InputError: There is none of this name.
    """
    one_of("task", name, TASKS)
    return TASKS[str(name)]
