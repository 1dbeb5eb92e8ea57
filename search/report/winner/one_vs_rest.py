"""What a classifier is asked of each row, as questions that are answered with yes or no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array
from search.study.task import BINARY, MULTILABEL


@dataclass(frozen=True, eq=False)
class Questions:
    """Is a row of this class, or has it this label? One question a column.

    Attributes:
        names: What "yes" means: the second of two classes, else each class or label.
        truth: bool, shape (rows, names).
        shares: The probability of "yes", shape (rows, names).
    """

    names: Sequence[str]
    truth: Array
    shares: Array

    @classmethod
    def of(cls, held_out: Mapping[str, Array], names: Sequence[str], task: str) -> "Questions":
        """Read them off the held-out rows.

        Args:
            held_out: `y` and `probabilities` of the run.
            names: Of all classes or labels.
            task: Such as "binary".
        """
        y, shares = held_out["y"], held_out["probabilities"]
        if task == MULTILABEL.name:
            return cls(names, y == 1, shares)
        truth = y[:, None] == np.arange(len(names))
        return (
            cls(names[1:], truth[:, 1:], shares[:, 1:])
            if task == BINARY.name
            else cls(names, truth, shares)
        )
