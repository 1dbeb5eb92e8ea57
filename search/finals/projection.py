"""The planes on which models are watched while they learn, and what each of them is.

Of two features there is one plane. Of more there are two ways to look: over the two columns that
matter most, all else fixed; and over the plane through the mean that holds the most variance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from search.data.column_steps import NumberStep, Step
from search.data.dataset import Array
from search.data.rows_in_file import flat
from search.data.split import Parts
from search.data.tree import Tree
from search.jobs.permutation import columns_of
from search.study.plain_text import percent

SIDE = 33
"""Points along each side."""
ROWS = 2000
"""Training rows that medians and components are read off, at most."""
DRAWN = 400
"""Training rows that are drawn."""
WIDEST = 1024
"""Features in which planes are sought, at most: components take the cube of their number."""

TWO, COLUMNS, COMPONENTS = "features", "columns", "components"
"""Kinds of planes."""


@dataclass(frozen=True, eq=False)
class Projection:
    """A plane through the features of a study.

    Attributes:
        kind: `TWO`, `COLUMNS` or `COMPONENTS`.
        axes: Two names.
        sides: Places along each axis, in its own units, shape (SIDE,).
        points: Features at each place, float32, shape (SIDE², …): along the first axis first.
        rows: Where the drawn training rows lie, shape (rows, 2).
        says: What it is, as displayed.
    """

    kind: str
    axes: tuple[str, str]
    sides: tuple[Array, Array]
    points: Array
    rows: Array
    says: str


def points_of(sides: tuple[Array, Array]) -> Array:
    """The points of a grid, float32, shape (points, 2): along the first axis first."""
    x1, x2 = np.meshgrid(*sides)
    return np.column_stack([x1.ravel(), x2.ravel()]).astype(np.float32)


def ends_of(x: Array, points: int) -> tuple[Array, Array]:
    """A grid's two axes over rows of shape (rows, 2), with a margin of a tenth."""
    low, high = x.min(axis=0).astype(float), x.max(axis=0).astype(float)
    margin = 0.1 * np.where(high > low, high - low, 1.0)
    sides = np.linspace(low - margin, high + margin, points)
    return sides[:, 0], sides[:, 1]


class Projections:
    """All planes of a study's rows.

    Args:
        parts: The rows.
        names: Of the features.
    """

    def __init__(self, parts: Parts, names: Sequence[str]) -> None:
        self._train = parts.train
        self._shape = parts.train.x.shape[1:]
        self._width = prod(self._shape)
        self._steps = parts.preparation.steps if parts.preparation else ()
        self._columns = columns_of(self._width, parts.preparation)
        self._features = tuple(names)
        self._names = [step.name for step in self._steps] or list(names)

    @property
    def drawn(self) -> Array:
        """Numbers of the training rows that are drawn."""
        return self._some(DRAWN)

    @cached_property
    def _x(self) -> Array:
        """Training rows enough, as rows of features."""
        return self._flat(self._some(ROWS))

    @cached_property
    def _rows(self) -> Array:
        return self._flat(self.drawn)

    def _flat(self, places: Array) -> Array:
        return flat(self._train.x[places])

    def _some(self, most: int) -> Array:
        return np.arange(0, len(self._train), max(1, -(-len(self._train) // most)))

    @property
    def measured(self) -> bool:
        """Whether it has to be known how much each column matters."""
        return len(self._shape) == 1 and self._shape[0] > 2

    def of(self, importance: Sequence[float]) -> tuple[list[Projection], list[str]]:
        """The planes that there are, and why others are left out.

        Args:
            importance: Of the winner, a number a column; empty where it was not measured.
        """
        if isinstance(self._train.x, Tree):
            return [], ["No plane: the model takes several inputs, or texts."]
        if self._shape == (2,):
            return [self._two()], []
        if self._width > WIDEST:
            return [], [f"{self._width:,} features are too many to look for a plane in them."]
        found = [self._of_columns(importance), self._of_components()]
        planes = [plane for plane in found if isinstance(plane, Projection)]
        return planes, [why for why in found if isinstance(why, str)]

    def _two(self) -> Projection:
        sides = ends_of(self._x, SIDE)
        says = "The plane of the two features; marks are training rows."
        name, other = self._features
        return Projection(TWO, (name, other), sides, points_of(sides), self._rows, says)

    def _of_columns(self, importance: Sequence[float]) -> Projection | str:
        if len(self._shape) > 1:
            return (
                "No plane of two features: of a row with more than one axis, such as a picture, "
                "two numbers show too little."
            )
        numbers = [place for place in range(len(self._columns)) if self._is_number(place)]
        if len(numbers) < 2:
            return f"No plane of two columns: {_count(len(numbers))} of them holds numbers."
        if not importance:
            return (
                f"No plane of the two most important columns: {len(self._columns):,} are too many "
                "to measure."
            )
        order = sorted(range(len(importance)), key=lambda place: -importance[place])
        chosen = [place for place in order if place in numbers][:2]
        features = [self._columns[place].start for place in chosen]
        sides = ends_of(self._x[:, features], SIDE)
        points = np.repeat(self._middle()[None], SIDE * SIDE, axis=0)
        points[:, features] = points_of(sides)
        return Projection(
            COLUMNS,
            (self._names[chosen[0]], self._names[chosen[1]]),
            (self._in_units(chosen[0], sides[0]), self._in_units(chosen[1], sides[1])),
            points,
            np.column_stack(
                [self._in_units(p, self._rows[:, self._columns[p].start]) for p in chosen]
            ),
            self._told(importance, chosen, order),
        )

    def _told(self, importance: Sequence[float], chosen: list[int], order: list[int]) -> str:
        grows = [f"{self._names[place]} by {importance[place]:+.3g}" for place in chosen]
        others = [place for place in order[: order.index(chosen[1])] if place not in chosen]
        passed = (
            f" {', '.join(self._names[place] for place in others)} "
            + (
                "matters as much or more, but holds"
                if len(others) == 1
                else "matter as much or more, but hold"
            )
            + " no plain numbers."
            if others
            else ""
        )
        rest = set(range(len(self._columns))) - set(chosen)
        numbers = all(map(self._is_number, rest))
        at = " at the median"
        at = at if numbers else f": numbers{at}, all else at the most frequent value"
        verb = "is" if len(rest) == 1 else "are"
        return (
            "The two columns of numbers that matter most to the winner: shuffled among the "
            f"validation rows, {' and '.join(grows)} change its loss.{passed} The other "
            f"{_count(len(rest))} {verb} fixed{at}. Marks are training rows at "
            "their own two values; their other values are not those that the shades are for."
        )

    def _of_components(self) -> Projection | str:
        features = [self._columns[p].start for p in range(len(self._columns)) if self._is_number(p)]
        if len(features) < 2:
            return f"No plane of principal components: {_count(len(features))} of them is a number."
        x = self._x[:, features].astype(float)
        mean, spread = x.mean(axis=0), self._spread(x)
        shares, ways = _components((x - mean) / spread)
        rows = (self._rows[:, features] - mean) / spread @ ways
        sides = ends_of(rows, SIDE)
        points = np.repeat(self._middle()[None], SIDE * SIDE, axis=0)
        points[:, features] = points_of(sides) @ ways.T * spread + mean
        others = len(self._columns) - len(features)
        at_mode = f", with the other {_count(others)} fixed at the most frequent value"
        which = "numbers of a row" if len(self._shape) > 1 else "columns of numbers"
        made_alike = "" if len(self._shape) > 1 else ", each standardised"
        says = (
            f"The plane through the mean along the first two principal components of all "
            f"{len(features):,} {which}{made_alike}: they hold {percent(shares[0], 1)} and "
            f"{percent(shares[1], 1)} of the variance of the training rows. Shades are what a "
            "model predicts for points on this plane, taken back to features"
            + (at_mode if others else "")
            + ". Marks are training rows, projected on it: they lie off the plane, so a mark on "
            "another shade need not be an error."
        )
        axes = (f"component 1 ({percent(shares[0], 1)})", f"component 2 ({percent(shares[1], 1)})")
        shaped = points.reshape(-1, *self._shape)
        return Projection(COMPONENTS, axes, sides, shaped, rows, says)

    def _spread(self, x: Array) -> Array:
        """Standard deviations; 1 where there is none, and in pictures, which have one unit."""
        if len(self._shape) > 1:
            return np.ones(x.shape[1])
        spread = x.std(axis=0)
        return np.where(spread > 0, spread, 1.0)

    def _is_number(self, place: int) -> bool:
        return not self._steps or _is_plain(self._steps[place])

    def _in_units(self, place: int, values: Array) -> Array:
        """Of a column, in its original units."""
        step = self._steps[place] if self._steps else None
        return values * step.deviation + step.mean if isinstance(step, NumberStep) else values

    def _middle(self) -> Array:
        """A row of medians of numbers and of the most frequent of all else, float32."""
        middle = np.zeros(self._x.shape[1], np.float32)
        for place, column in enumerate(self._columns):
            values = self._x[:, column]
            if self._is_number(place):
                middle[column.start] = np.median(values[:, 0])
            else:
                distinct, counts = np.unique(values, axis=0, return_counts=True)
                middle[column] = distinct[counts.argmax()]
        return middle


def _is_plain(step: Step) -> bool:
    return isinstance(step, NumberStep) and step.kind == "number"


def _components(x: Array) -> tuple[Array, Array]:
    """Fractions of variance and directions, shape (features, 2), of the first two components."""
    values, ways = np.linalg.eigh(x.T @ x)
    ways = ways[:, [-1, -2]]
    # The sign of a direction is free: its largest part points up.
    ways = ways * np.sign(ways[np.abs(ways).argmax(axis=0), [0, 1]])
    return values[[-1, -2]] / max(values.sum(), 1e-300), ways


def _count(number: int) -> str:
    return {0: "none", 1: "one"}.get(number, f"{number:,}")
