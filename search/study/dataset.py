"""The rows of a study, and what a model must know of them."""

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from search.study.errors import InputError
from search.study.task import BINARY, MULTICLASS, REGRESSION, TASKS, task_named

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Shape:
    """What a model must know of the data before it sees a row.

    Attributes:
        features: Shape of one row, such as (2,).
        outputs: Units of the output layer: one for two classes, else one a class, label or target.
        task: Such as "binary"; see `search.study.task`.
    """

    features: tuple[int, ...]
    outputs: int
    task: str


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows with a target each.

    Args:
        x: Features, float32, shape (rows, features) or (rows, …).
        y: Class of each row, int32 codes 0 … classes-1, shape (rows,); or labels, int32 0 and 1,
            shape (rows, labels); or numbers, float32, shape (rows, targets).
        class_names: A name for each code or label; empty where numbers are predicted.
        feature_names: A name for each column; made up where left out.
        target_names: A name for each number that is predicted.
        task: Such as "multilabel"; where left out, "binary" or "multiclass" by the number of
            classes, or "regression" where there are none but targets.

    Raises:
        InputError: Lengths differ, a value is not finite, or a target does not fit the task.
    """

    x: Array
    y: Array
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    task: str = ""

    def __post_init__(self) -> None:
        if self.x.ndim < 2:
            raise InputError(
                f"x: its shape is {self.x.shape}; give rows × features, such as x.reshape(-1, 1)"
            )
        if len(self.x) != len(self.y):
            raise InputError(
                f"x and y: x has {len(self.x):,} rows and y has {len(self.y):,}; "
                "give one target for each row"
            )
        bad = np.argwhere(~np.isfinite(self.x))
        if len(bad):
            row, column = bad[0][0], bad[0][1]
            raise InputError(
                f"x: row {row}, column {column} is {self.x[tuple(bad[0])]}; "
                "fill or drop such rows first"
            )
        task = BINARY if len(self.class_names) == 2 else MULTICLASS
        task = REGRESSION if self.target_names else task
        object.__setattr__(self, "task", task_named(self.task or task.name).name)
        self._check_targets()
        if not self.feature_names:
            names = tuple(f"x{i + 1}" for i in range(int(np.prod(self.x.shape[1:]))))
            object.__setattr__(self, "feature_names", names)

    def _check_targets(self) -> None:
        if TASKS[self.task].classifies:
            if len(self.names) < 2:
                raise InputError(
                    f"y: all rows are of one class ({', '.join(self.names) or 'none'}); "
                    "two or more are needed"
                )
        elif self.y.shape != (len(self.x), len(self.names)):
            raise InputError(
                f"y: its shape is {self.y.shape}; {self.task} on {len(self.x):,} rows with "
                f"{len(self.names)} names needs ({len(self.x)}, {len(self.names)})"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes by code, of the labels, or of the targets."""
        return self.target_names or self.class_names

    @property
    def shape(self) -> Shape:
        """What a model must know to be built."""
        outputs = 1 if self.task == BINARY.name else len(self.names)
        return Shape(self.x.shape[1:], outputs, self.task)

    @property
    def hash(self) -> str:
        """SHA-256 of all values, to tell whether the data changed."""
        digest = hashlib.sha256(repr((self.x.shape, self.names)).encode())
        digest.update(np.ascontiguousarray(self.x).tobytes())
        digest.update(np.ascontiguousarray(self.y).tobytes())
        return digest.hexdigest()


@runtime_checkable
class Data(Protocol):
    """Where rows come from; nothing is read before `load`."""

    def load(self) -> Dataset:
        """Read or make the rows.

        Raises:
            InputError: The rows cannot be searched on, with the mend.
        """
        ...

    def __str__(self) -> str:
        """One line for people, such as "circles, 1,000 rows"."""
        ...
