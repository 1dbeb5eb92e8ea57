"""Rows that are already in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from search.study.data.row_weights import row_weights
from search.study.dataset import Array, Data, Dataset, Given
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
    weights: Array | None = None

    def load(self) -> Dataset:
        """Turn features into float32, and targets into what their task wants."""
        names = self.class_names or self.target_names
        targets = targets_of(self.y, self.task, names)
        data = targets.dataset(_features(self.x), self.feature_names)
        return replace(data, given=Given(weights=self._weights()))

    def _weights(self) -> Array | None:
        if self.weights is None:
            return None
        return row_weights(self.weights, len(self.y), "weights", lambda row: f"weights: row {row}")

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
    weights: npt.ArrayLike | None = None,
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
        weights: How much each row counts where it trains, 0 or more, shape (rows,); the loss of a
            step is the mean over its rows of weight times loss, so they are best about 1 on
            average. What validates and what is held out is measured without them.
    """
    if class_names and target_names:
        raise InputError("class_names and target_names: classes have the first, numbers the second")
    own = None if weights is None else np.asarray(weights)
    names = (tuple(class_names), tuple(feature_names), tuple(target_names))
    return Arrays(np.asarray(x), np.asarray(y), *names, task, own)


def _features(x: Array) -> Array:
    plain = x.astype(object) if x.dtype.kind == "U" else x  # whose error names the plain text
    try:
        return plain.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"x: not all values are numbers ({error}); encode them first") from None
