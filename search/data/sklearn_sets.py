"""The small real data sets that scikit-learn carries along."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from search.data.columns import Columns
from search.data.dataset import Data, Dataset
from search.data.targets import targets_of
from search.study.errors import InputError
from search.study.parameters import near
from search.study.task import BINARY, MULTICLASS, REGRESSION

SETS = {
    "breast_cancer": BINARY,
    "diabetes": REGRESSION,
    "digits": MULTICLASS,
    "iris": MULTICLASS,
    "linnerud": REGRESSION,
    "wine": MULTICLASS,
}
DARKEST = 16
"""Of the digits' pixels."""


@dataclass(frozen=True)
class SklearnData:
    """One of scikit-learn's data sets.

    Args:
        name: As in its `load_…`.

    Raises:
        InputError: There is none of this name.
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in SETS:
            raise InputError(
                f"sklearn_data({self.name!r})", "there is no such data set", near(self.name, SETS)
            )

    def load(self) -> Dataset:
        """Digits are pictures of 8×8 with values from 0 to 1; the others are columns of a table."""
        from sklearn import datasets

        loaded: Any = getattr(datasets, f"load_{self.name}")()
        task = SETS[self.name]
        names = tuple(str(name) for name in loaded.get("target_names", ("progression",)))
        targets = targets_of(loaded.target, task.name, names)
        if self.name == "digits":
            return targets.dataset((loaded.images[..., None] / DARKEST).astype(np.float32))
        features = [str(name) for name in loaded.feature_names]
        values = dict(zip(features, loaded.data.T.astype(np.float64), strict=True))
        columns = Columns(values, dict.fromkeys(features, "number"))
        return targets.dataset(np.empty((len(columns), 0), np.float32), columns.names, columns)

    def __str__(self) -> str:
        return f"{self.name} of scikit-learn"


def sklearn_data(name: str) -> Data:
    """A small real data set that scikit-learn carries along.

    Args:
        name: "breast_cancer", "diabetes", "digits", "iris", "linnerud" or "wine".
    """
    return SklearnData(name)
