"""What is known of rows that are windows of a series: where each begins and ends in time."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from search.data.columns import Array
from search.data.text_forms import PLAIN_CSV, CsvForm
from search.data.time_step import ROW, TimeStep, shown_times
from search.study.answer import GROUP, WINDOWS


@dataclass(frozen=True)
class SeriesForm:
    """How windows are made of a table, for whoever has only the model.

    Attributes:
        features: Names of the columns whose past a model sees.
        targets: Names of the columns that it forecasts.
        window: Steps that it sees.
        horizon: Steps that it forecasts.
        step: How far apart the steps are.
        time: Name of the column of times; None where rows are in order.
        group: Name of the column that tells several series apart; None for one series.
        csv: How the file was written that the series was read from.
    """

    features: tuple[str, ...]
    targets: tuple[str, ...]
    window: int
    horizon: int
    step: TimeStep = ROW
    time: str | None = None
    group: str | None = None
    csv: CsvForm = PLAIN_CSV

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns that a model's rows are made of."""
        roles = [self.time, self.group]
        return (*self.features, *(name for name in roles if name is not None))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the numbers of a row, step by step: "t+1" …, of several targets "load t+1" and on."""
        steps = range(1, self.horizon + 1)
        if len(self.targets) == 1:
            return tuple(f"t+{step}" for step in steps)
        return tuple(f"{target} t+{step}" for step in steps for target in self.targets)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Rows that are not independent: neighbouring windows of a series, or rows of one group.

    Attributes:
        moments: When each row was, whole numbers, shape (rows,); rows of one moment, in several
            series, stay together. Of groups the code of each row's.
        length: Neighbouring moments that depend on each other, at least; 0 where moments are
            groups, of which none depends on another.
    """

    moments: Array
    length: int

    @property
    def groups(self) -> Array | None:
        """Each row's group, numbered from 0 without a gap, shape (rows,); None of windows."""
        if self.length:
            return None
        found: Array = np.unique(self.moments, return_inverse=True)[1]
        return found

    @property
    def count(self) -> int:
        """How many groups there are; 0 of windows."""
        groups = self.groups
        return 0 if groups is None else int(groups.max()) + 1

    @property
    def unit(self) -> str:
        """What is drawn anew, as `Paired.by` names it."""
        return WINDOWS if self.length else GROUP


def blocks_of(held_out: Mapping[str, Array]) -> Blocks | None:
    """Of held-out rows as a run has kept them."""
    if "moments" not in held_out:
        return None
    return Blocks(held_out["moments"], int(held_out["block"]))


def kept_of(blocks: Blocks | None) -> dict[str, Array]:
    """What is kept beside held-out rows, for `blocks_of` to read."""
    if blocks is None:
        return {}
    return {"moments": blocks.moments, "block": np.asarray(blocks.length)}


def groups_in(blocks: Blocks | None) -> Array | None:
    """As `Blocks.groups`; None of independent rows, too."""
    return None if blocks is None else blocks.groups


def groups_of(held_out: Mapping[str, Array]) -> Array | None:
    """As `groups_in`, of held-out rows as a run has kept them."""
    return groups_in(blocks_of(held_out))


@dataclass(frozen=True, eq=False)
class SeriesRows:
    """The series behind the rows.

    Attributes:
        form: How its windows are made.
        targets: The columns that are forecast, at all steps, float32, shape (steps, targets).
        places: Number of each step in time, from the first of all groups, shape (steps,).
        times: When each step was, datetime64[s] or float64, shape (steps,).
        groups: Code of each step's group, shape (steps,).
        names: Of the groups, by code.
        begins: Of each step the first one of its run without a gap, shape (steps,).
        ends: Of each row the place behind its window's last step, shape (rows,).
        apart: Steps between the beginnings of neighbouring windows.
        season: Steps of a season, where that was said.
    """

    form: SeriesForm
    targets: Array
    places: Array
    times: Array
    groups: Array
    names: tuple[str, ...]
    begins: Array
    ends: Array
    apart: int = 1
    season: int | None = None

    @cached_property
    def first(self) -> Array:
        """Place in time of each row's first step that its model sees, shape (rows,)."""
        found: Array = self.places[self.ends - self.form.window]
        return found

    @cached_property
    def last(self) -> Array:
        """Place in time of each row's last step that its model forecasts, shape (rows,)."""
        found: Array = self.places[self.ends - 1] + self.form.horizon
        return found

    @cached_property
    def y(self) -> Array:
        """What follows each window, float32, shape (rows, horizon × targets)."""
        steps = self.ends[:, None] + np.arange(self.form.horizon)
        found: Array = self.targets[steps].reshape(len(self.ends), -1)
        return found

    def moments(self, rows: Array) -> list[str]:
        """When the first step is that each row forecasts: its time, or its row of the table."""
        at = self.ends[rows]
        if self.form.time is not None:
            texts = shown_times(list(self.times[at]))
        else:
            texts = [f"row {int(number) + 1}" for number in self.times[at]]
        if self.form.group is None:
            return texts
        return [
            f"{text}, {self.names[of]}" for text, of in zip(texts, self.groups[at], strict=True)
        ]

    def blocks(self, rows: Array) -> Blocks:
        """Which of some rows depend on each other."""
        length = -(-2 * self.form.horizon // self.apart)
        return Blocks(self.places[self.ends[rows] - 1], length)

    def steps_of(self, rows: Array) -> Array:
        """Which steps some rows hold, seen or forecast, bool, shape (steps,)."""
        change = np.zeros(len(self.targets) + 1, int)
        np.add.at(change, self.ends[rows] - self.form.window, 1)
        np.add.at(change, self.ends[rows] + self.form.horizon, -1)
        found: Array = np.cumsum(change)[:-1] > 0
        return found
