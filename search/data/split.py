"""Which rows train, which choose, and which are kept for the one last look."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from search.data.columns import Columns
from search.data.cutting import Cut, cut_of
from search.data.dataset import Array, Dataset, Shape
from search.data.preparation import Preparation
from search.data.row_weights import of_places
from search.data.rows_in_file import Features, RowsOnDemand, leaves_of, taken
from search.data.scaling import Scale
from search.data.series_rows import Blocks
from search.data.tree import Tree, leaves_by_path
from search.data.windows import Windows
from search.study.class_weights import NONE, balanced, check_class_weight
from search.study.errors import InputError
from search.study.task import TASKS
from search.study.trial import seed_of

RAW = 1_000
"""Held-out rows whose columns the exported model is asked about."""
PARTS = ("training", "validation", "held-out")
VALIDATES, HELD_OUT = 1, 2
"""In `Given.part`, of a row that is given to validate, or to be held out."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Features and targets of one part.

    Attributes:
        x: float32, shape (rows, …), in memory or in a file.
        y: As in `Dataset`: class codes, labels, numbers, or whatever a loss takes.
        weights: How much each row counts in training, float32, shape (rows,); None where all count
            alike. What validates and what is held out has none but those of places or of several
            outputs, see `search.data.row_weights`.
        stream: That trains, where these rows are only some of it: what is known of it, or on a
            worker the stream itself.
    """

    x: Features
    y: Any
    weights: Any = None
    stream: Any = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def on_demand(self) -> bool:
        """Whether the features are read a batch at a time."""
        return isinstance(self.x, RowsOnDemand)

    def weighted(self, class_weight: object) -> "Rows":
        """The rows with each one's weight times that of its class.

        Args:
            class_weight: "none" or "balanced", by the classes of these rows.

        Raises:
            InputError: It is neither, or the rows have no classes.
        """
        check_class_weight([class_weight])
        if class_weight == NONE:
            return self
        if self.stream is not None:
            raise InputError(
                f"class_weight={class_weight!r}",
                "not all training rows of a stream are known",
                "give weights as the third of each element",
            )
        weights = balanced(self.y)
        own = weights if self.weights is None else weights * self.weights
        return replace(self, weights=own)


@dataclass(frozen=True, eq=False)
class Parts:
    """The three parts of a data set.

    Attributes:
        preparation: How features came from raw columns, learnt on `train`; None without columns.
        scale: By which all three parts' targets were standardised; None where they were not.
        inputs: By which the features of windows were, by the steps that train; None without.
        data: The data set; None where the parts were not cut from one.
        numbers: Of each part's rows among all, in the order of `PARTS`; empty without `data`.
    """

    train: Rows
    validation: Rows
    held_out: Rows
    preparation: Preparation | None = None
    scale: Scale | None = None
    inputs: Scale | None = None
    data: Dataset | None = None
    numbers: tuple[Array, ...] = ()

    @property
    def source(self) -> Dataset:
        """The data set that they were cut from."""
        if self.data is None:
            raise ValueError("these parts were not cut from a data set")
        return self.data

    @property
    def sampled(self) -> bool:
        """Whether the training rows here are only the first of a stream."""
        stream = self.train.stream
        return stream is not None and stream.rows != len(self.train)

    @property
    def raw(self) -> Columns | None:
        """Columns of the first held-out rows, of which their features were made; None without."""
        return self.raw_of(np.arange(min(RAW, len(self.held_out))))

    def raw_of(self, places: Array) -> Columns | None:
        """Columns of some held-out rows, by their places among these; None without."""
        if self.data is None or self.data.columns is None:
            return None
        return self.data.columns.take(self.numbers[-1][places])

    def scaled(self) -> "Parts":
        """The parts with their targets standardised by those that train."""
        series = None if self.data is None else self.data.series
        scale = Scale.of(self.train.y, series.form.horizon if series else 1)
        parts = (self.train, self.validation, self.held_out)
        train, validation, held_out = (replace(rows, y=scale.apply(rows.y)) for rows in parts)
        return replace(self, train=train, validation=validation, held_out=held_out, scale=scale)

    def back(self, numbers: Array) -> Array:
        """Targets or predictions in the targets' own units, of the same shape."""
        return self.scale.back(numbers) if self.scale else numbers

    def together(self) -> "Parts":
        """The same held-out rows, and all others train; those that validate are among them.

        What is learnt of columns and targets is learnt anew, of all that train.
        """
        train, validation, held_out = self.numbers
        return self.cut_so((np.concatenate([train, validation]), validation, held_out))

    def cut_so(self, numbers: tuple[Array, ...]) -> "Parts":
        """The same rows in other parts, prepared and scaled as these are."""
        parts = _parts_of(self.source, numbers)
        # The same array, so that it is sent to workers once.
        if parts.preparation is None and parts.inputs is None:
            parts = replace(parts, held_out=replace(parts.held_out, x=self.held_out.x))
        return parts.scaled() if self.scale else parts

    def blocks(self, part: int) -> Blocks | None:
        """Which rows of a part, by its place, depend on each other; None where none do."""
        if self.data is None:
            return None
        rows, groups = self.numbers[part], self.data.given.groups
        if self.data.series is not None:
            return self.data.series.blocks(rows)
        if groups is None or len(np.unique(groups)) == len(groups):
            return None
        return Blocks(groups[rows], 0)

    def of_window(self, window: object) -> "Parts":
        """The parts with the last steps of each window alone; as they are where rows are none."""
        if not isinstance(window, int) or not isinstance(self.train.x, Windows):
            return self
        train, validation, held_out = (
            replace(part, x=part.x.of_length(window))
            for part in (self.train, self.validation, self.held_out)
            if isinstance(part.x, Windows)
        )
        return replace(self, train=train, validation=validation, held_out=held_out)

    def shape(self, data: Dataset) -> Shape:
        """What a model must know to be built for these rows."""
        x = self.train.x
        inputs = leaves_of(x) if isinstance(x, Tree) else ()
        return replace(data.shape, features=x.shape[1:], inputs=inputs)

    def feature_names(self, data: Dataset) -> tuple[str, ...]:
        """Of the features that a model is given."""
        return data.feature_names if self.preparation is None else self.preparation.names


@dataclass(frozen=True)
class Split:
    """Fractions of the rows for `validation` and `held_out`; the rest trains.

    A part that the source of the rows gives itself is taken as it is, and the shares are of the
    other rows. Where it names groups, a group is in one part alone; where it names times, the
    oldest rows train and the newest are held out.

    Args:
        validation: Share of all rows that the search compares trials on.
        held_out: Share of all rows that nothing sees before the winner stands.
        shuffle: Draw the parts at random, each class in proportion where there are classes. Else
            the rows stay in order: first those that train, then validation, held-out last.
        seed: Of the draw. The search's own seed does not change the split.

    Raises:
        InputError: A share is not between 0 and 1, or nothing is left to train on.
    """

    validation: float = 0.2
    held_out: float = 0.2
    shuffle: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, share in (("validation", self.validation), ("held_out", self.held_out)):
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
                raise InputError(
                    f"Split({name}={share!r})", fix="give a fraction above 0 and below 1"
                )
        if self.validation + self.held_out >= 1:
            raise InputError(
                f"Split(validation={self.validation}, held_out={self.held_out})",
                "together they leave no rows to train on",
                "keep their sum below 1",
            )

    def parts(self, data: Dataset) -> Parts:
        """Cut the rows, and prepare raw columns by what the training rows show.

        Raises:
            InputError: A part would be empty, or lacks a class or label that it must show.
        """
        cut = cut_of(data, shuffle=self.shuffle, seed=self.seed)
        rows = self._rows(data, cut)
        _check_shown(data, rows[0], cut.fix)
        return _parts_of(data, rows)

    def check_fresh(self, parts: Parts, count: int) -> None:
        """Refuse rows that cannot be split afresh so many times.

        Args:
            parts: As `parts` cut them.
            count: Fresh splits.

        Raises:
            InputError: There is one split of them alone, or too few, or one in which a class or
                label would not be shown.
        """
        data = parts.source
        if why := self.fixed_order(data):
            raise InputError(f"Finals(splits={count})", why, "leave splits out")
        seen: set[bytes] = set()
        for number in range(1, count + 1):
            train, validation, _ = self._fresh_rows(parts, number)
            _check_shown(data, train, f"leave splits={count} out, or give more rows")
            seen.add(np.sort(validation).tobytes())
        if len(seen) < count:
            raise InputError(
                f"Finals(splits={count})",
                f"these rows were split in {len(seen)} ways alone",
                "give fewer splits, or more groups or rows",
            )

    def fresh(self, parts: Parts, number: int) -> Parts:
        """The rows that train and validate split another time, as many and in the same way.

        Held-out rows stay what they are; preparation and scale are learnt anew of those that train.

        Args:
            parts: As `parts` cut them.
            number: Of the split, from 1: each is drawn from a seed of its own.
        """
        return parts.cut_so(self._fresh_rows(parts, number))

    def fixed_order(self, data: Dataset) -> str:
        """Why the rows that validate cannot be others; empty where they can."""
        if data.given.times is not None:
            return "the rows are cut by time: validation rows are newer than all training rows"
        if data.given.part is not None and (data.given.part == VALIDATES).any():
            return "which rows validate is given with the data"
        return "" if self.shuffle else "Split(shuffle=False) cuts the rows in their one order"

    def _fresh_rows(self, parts: Parts, number: int) -> tuple[Array, Array, Array]:
        train, validation, held_out = parts.numbers
        cut = cut_of(
            parts.source, shuffle=self.shuffle, seed=seed_of(self.seed, "fresh split", number)
        )
        rest = np.sort(np.concatenate([train, validation]))
        return (*cut.off(rest, len(validation)), held_out)

    def _rows(self, data: Dataset, cut: Cut) -> tuple[Array, Array, Array]:
        """Numbers of the rows that train, that validate and that are held out."""
        part = np.zeros(len(data.y), int) if data.given.part is None else data.given.part
        free, *given = (np.flatnonzero(part == code) for code in range(3))
        # A part that is given takes none of the free rows.
        validates = 0 if len(given[0]) else self.validation
        sizes = self._sizes(len(free), validates, 0 if len(given[1]) else self.held_out)
        cut.check(free, sizes)
        rest, held_out = cut.off(free, sizes[2]) if sizes[2] else (free, given[1])
        train, validation = cut.off(rest, sizes[1]) if sizes[1] else (rest, given[0])
        for name, rows in zip(PARTS, (train, validation, held_out), strict=True):
            if not len(rows):
                raise InputError("split", f"the {name} part is empty", cut.fix)
        return train, validation, held_out

    def _sizes(self, rows: int, validation: float, held_out: float) -> tuple[int, int, int]:
        last, middle = round(held_out * rows), round(validation * rows)
        sizes = (rows - last - middle, middle, last)
        for name, size, share in zip(PARTS, sizes, (1, validation, held_out), strict=True):
            if share and size < 1:
                raise InputError(
                    "split",
                    f"{rows:,} rows with validation={self.validation} and "
                    f"held_out={self.held_out} leave the {name} part empty",
                    "give more rows or another fraction",
                )
        return sizes


def _parts_of(data: Dataset, rows: tuple[Array, ...]) -> Parts:
    """Parts by the numbers of their rows, prepared by what those that train show."""
    learnt = None if data.columns is None else Preparation.learnt(data.columns, rows[0])
    inputs, x = None, data.x
    if data.series is not None and isinstance(x, Windows):
        inputs = _of_steps(x.values[data.series.steps_of(rows[0])])
        x = replace(x, values=inputs.apply(x.values))
    train, validation, held_out = (_part(data, x, part, learnt) for part in rows)
    train = replace(train, weights=_weights(data, rows[0], "train"), stream=data.given.stream)
    if of_places(data.given.weights):
        validation, held_out = (
            replace(part, weights=_weights(data, numbers, what))
            for part, numbers, what in (
                (validation, rows[1], "validate"),
                (held_out, rows[2], "are held out"),
            )
        )
    return Parts(train, validation, held_out, learnt, None, inputs, data, rows)


def _of_steps(values: Array) -> Scale:
    """Of the features of a series; one that does not vary is left as wide as it is."""
    scale = Scale.of(values)
    return replace(scale, deviation=np.where(scale.deviation > 0, scale.deviation, 1).astype("f4"))


def _part(data: Dataset, x: Features, rows: Array, preparation: Preparation | None) -> Rows:
    if data.columns is None or preparation is None:
        return Rows(taken(x, rows), data.y[rows])
    return Rows(preparation.apply(data.columns.take(rows)), data.y[rows])


def _weights(data: Dataset, rows: Array, what: str) -> Any:
    """Of the rows of a part."""
    if data.given.weights is None:
        return None
    weights = data.given.weights[rows]
    if not any(leaf.any() for leaf in leaves_by_path(weights).values()):
        raise InputError(
            "weights",
            f"those of all {len(rows):,} rows that {what} are 0",
            "give some of them more",
        )
    return weights


def _check_shown(data: Dataset, train: Array, fix: str) -> None:
    """Nobody learns a class of which there is no row, or a label that is the same in all."""
    y = data.y[train]
    if TASKS[data.task].by_model:
        return
    if data.given.stream is not None and data.given.stream.rows != len(train):
        return  # there are more rows
    if TASKS[data.task].classifies:
        missing = set(range(len(data.class_names))) - set(y.tolist())
        what = f"no row of class {data.class_names[min(missing)]!r} is" if missing else ""
    else:
        same = np.flatnonzero((y == y[:1]).all(axis=0))
        kind = TASKS[data.task].noun
        what = f"one value alone of {kind} {data.names[same[0]]!r} is" if len(same) else ""
    if what:
        raise InputError("split", f"{what} among the {len(train):,} rows that train", fix)
