"""Rows that are already in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.study.dataset import Array, Data, Dataset
from search.study.errors import InputError
from search.study.targets import targets_of


@dataclass(frozen=True, eq=False)
class Arrays:
    """Features and targets as they were given."""

    x: Array
    y: Array
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    task: str | None = None

    def load(self) -> Dataset:
        """Turn features into float32, and targets into what their task wants."""
        names = self.class_names or self.target_names
        targets = targets_of(self.y, self.task, names)
        return targets.dataset(_features(self.x), self.feature_names)

    def __str__(self) -> str:
        return f"arrays, {len(self.x):,} rows"


def arrays(  # noqa: PLR0913 - a space file gives them by name
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    task: str | None = None,
    class_names: Sequence[str] = (),
    target_names: Sequence[str] = (),
    feature_names: Sequence[str] = (),
) -> Data:
    """Rows from arrays.

    Args:
        x: Numbers, shape (rows, features) or (rows, …).
        y: Targets: a class a row (whole numbers, booleans or strings) of shape (rows,); a number a
            row of shape (rows,), or several of (rows, targets); or 0 and 1 of shape (rows, labels)
            for labels of which a row may have any.
        task: "binary", "multiclass", "multilabel" or "regression"; read from `y` where left out.
        class_names: Names of the classes in sorted order of their values, or of the labels; else
            the values.
        target_names: Names of the numbers to predict.
        feature_names: Of the columns; x1, x2 … where left out.
    """
    if class_names and target_names:
        raise InputError("class_names and target_names: classes have the first, numbers the second")
    names = (tuple(class_names), tuple(feature_names), tuple(target_names))
    return Arrays(np.asarray(x), np.asarray(y), *names, task)


def _features(x: Array) -> Array:
    plain = x.astype(object) if x.dtype.kind == "U" else x  # whose error names the plain text
    try:
        return plain.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"x: not all values are numbers ({error}); encode them first") from None
