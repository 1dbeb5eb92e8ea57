"""From raw columns to the numbers that a network takes, learnt from the training rows alone.

Each step is one that Keras layers can do as well, so that an exported model takes raw columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from search.data.column_steps import CategoryStep, DateStep, NumberStep, Step, TextStep
from search.data.columns import Array, Columns, Kind
from search.data.tree import Path, Tree
from search.study.errors import InputError
from search.study.parameters import near

if TYPE_CHECKING:
    from collections.abc import Callable

_LEARN: "Mapping[Kind, Callable[[str, Array, Array], Step]]" = {
    "number": NumberStep.learnt,
    "boolean": NumberStep.of_booleans,
    "category": CategoryStep.learnt,
    "date": DateStep.learnt,
    "text": TextStep.learnt,
}


@dataclass(frozen=True)
class Preparation:
    """What becomes of each column; JSON of it makes it again.

    Attributes:
        steps: One a column, in the order of their features.
        left_out: Name of a column that is not used and why, in pairs.
        inputs: Of a model that has several, the name and the columns of each, but of texts.
    """

    steps: tuple[Step, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def learnt(cls, columns: Columns, rows: Array) -> "Preparation":
        """Learn from some rows, and from no other.

        Args:
            columns: Of all rows.
            rows: Numbers of those that train.
        """
        train = columns.take(rows)
        steps = tuple(
            _LEARN[train.kinds[name]](name, train[name], train.missing(name))
            for name in train.names
        )
        return cls(steps, tuple(columns.left_out.items()), tuple(columns.inputs.items()))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        return tuple(name for step in self.steps for name in step.names)

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        """Each column and what becomes of it, as text."""
        left_out = tuple((name, f"left out ({why})") for name, why in self.left_out)
        return (*((step.name, step.told) for step in self.steps), *left_out)

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns that stay texts."""
        return tuple(step.name for step in self.steps if isinstance(step, TextStep))

    @property
    def places(self) -> dict[str, list[int]]:
        """Name of each input that is no text → places of its features among all."""
        owners = [step.name for step in self.steps for _ in step.names]
        return {
            name: [at for column in own for at, owner in enumerate(owners) if owner == column]
            for name, own in self.inputs
        }

    def apply(self, columns: Columns) -> "Array | Tree":
        """What a model is given of all rows: features, or several inputs.

        Raises:
            InputError: A column is missing, or is of another kind than the one that was learnt.
        """
        features = self.features(columns)
        if not self.inputs and not self.texts:
            return features
        given: dict[Path, Array] = {(n,): features[:, at] for n, at in self.places.items()}
        return Tree({**given, **{(name,): columns[name] for name in self.texts}})

    def features(self, columns: Columns) -> Array:
        """Features of all rows, float32, shape (rows, len(names)).

        Raises:
            InputError: A column is missing, or is of another kind than the one that was learnt.
        """
        width = len(self.names)
        features = np.empty((len(columns), width), np.float32)
        start = 0
        for step in self.steps:
            values = self._column(columns, step)
            end = start + len(step.names)
            features[:, start:end] = step.apply(values, columns.missing(step.name))
            start = end
        return features

    def as_by(self, other: "Preparation", features: Array) -> Array | None:
        """Features as another preparation would have made them of the same values.

        Args:
            other: Learnt from other rows of the same columns.
            features: Made by this one, shape (rows, len(names)).

        Returns:
            The same shape; None unless both standardise each column and do nothing else.
        """
        both = (self.steps, other.steps)
        plain = all(isinstance(s, NumberStep) and not s.missing for steps in both for s in steps)
        if not plain or self.names != other.names:
            return None
        (mean, deviation), (others_mean, others_deviation) = (_standards(s) for s in both)
        values = features * deviation + mean
        return ((values - others_mean) / others_deviation).astype(np.float32)

    def _column(self, columns: Columns, step: Step) -> Array:
        if step.name not in columns.values:
            raise InputError(
                f"column {step.name!r}",
                "it is not there, and the model was trained with it",
                near(step.name, columns.names),
            )
        kind = columns.kinds[step.name]
        if kind != step.kind:
            raise InputError(
                f"column {step.name!r}",
                f"it is of kind {kind}, and was {step.kind} when the model was trained",
                "fix its values",
            )
        return columns[step.name]


def _standards(steps: tuple[Step, ...]) -> tuple[Array, Array]:
    """Mean and deviation of each column of numbers."""
    pairs = [(step.mean, step.deviation) for step in steps if isinstance(step, NumberStep)]
    mean, deviation = np.array(pairs, float).T
    return mean, deviation
