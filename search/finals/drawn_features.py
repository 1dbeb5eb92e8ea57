"""The features over which models are drawn: two that tell classes apart, or one behind a number."""

from dataclasses import dataclass

import numpy as np

from search.data.column_steps import NumberStep
from search.data.dataset import Array
from search.data.preparation import Preparation
from search.data.rows_in_file import whole
from search.data.split import Parts, Rows
from search.finals.projection import ends_of, points_of
from search.study.task import TASKS

GRID = 101
"""Points along each side of a decision boundary's grid."""
LINE = 201
"""Points of a line of predictions."""


@dataclass(frozen=True, eq=False)
class Domain:
    """Where models are drawn.

    Attributes:
        sides: Places along each feature, as models take it.
        preparation: How features were made of columns; None without columns.
        what: Name of what a model predicts there, in the arrays of a run.
    """

    sides: tuple[Array, ...]
    preparation: Preparation | None
    what: str

    @classmethod
    def of(cls, parts: Parts, task: str) -> "Domain | None":
        """Over all rows; None where there is no such picture."""
        what = drawn_as(parts, task)
        if not what:
            return None
        x = np.concatenate([whole(rows.x) for rows in (parts.train, parts.validation,
                                                       parts.held_out)])  # fmt: skip
        if what == "probabilities":
            return cls(ends_of(x, GRID), parts.preparation, what)
        low, high = float(x.min()), float(x.max())
        return cls((np.linspace(low, high, LINE),), parts.preparation, what)

    @property
    def points(self) -> Array:
        """All places, float32, shape (points, features)."""
        if len(self.sides) == 2:
            return points_of((self.sides[0], self.sides[1]))
        return self.sides[0][:, None].astype(np.float32)

    @property
    def places(self) -> dict[str, Array]:
        """`x1`, and `x2` where there are two, in the units that a user gave them in."""
        return {
            f"x{place + 1}": _in_units(self.preparation, place, side)
            for place, side in enumerate(self.sides)
        }

    def shaped(self, said: Array) -> Array:
        """What a model predicts for `points`: along x2 and x1, or along x1."""
        return said.reshape(*(len(side) for side in reversed(self.sides)), -1)


def drawn_as(parts: Parts, task: str) -> str:
    """What is drawn of a model: "probabilities", "predictions", or nothing."""
    read, shape = TASKS[task], parts.train.x.shape[1:]
    fits = (read.classifies and shape == (2,)) or (read.has_numbers and shape == (1,))
    return read.kept if fits else ""


def rows_drawn(parts: Parts, rows: Rows) -> Array:
    """Features of some rows in the units that a user gave them in, shape (rows, features)."""
    x = whole(rows.x)
    columns = [_in_units(parts.preparation, place, x[:, place]) for place in range(x.shape[1])]
    return np.column_stack(columns)


def points_kept(parts: Parts, task: str) -> dict[str, Array]:
    """What is saved of the rows that train and validate, to be drawn; held-out stays closed."""
    if not drawn_as(parts, task):
        return {}
    both = (parts.train, parts.validation)
    y = np.concatenate([rows.y for rows in both])
    return {
        "x": np.concatenate([rows_drawn(parts, rows) for rows in both]),
        "y": parts.back(y),
        "part": np.repeat([0, 1], [len(rows) for rows in both]),
    }


def _in_units(preparation: Preparation | None, place: int, values: Array) -> Array:
    """Of a feature; it is a column's own where a table has as many features as columns."""
    own = preparation is not None and len(preparation.steps) == len(preparation.names)
    step = preparation.steps[place] if preparation and own else None
    return values * step.deviation + step.mean if isinstance(step, NumberStep) else values
