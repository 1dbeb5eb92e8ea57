"""Rows for forecasts: windows of one series or several, with the steps that follow each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from search.data.column_types import read_column
from search.data.columns import Array, ReadColumn
from search.data.dataset import Data, Dataset, Given
from search.data.names import name_of, names_of
from search.data.paths import located, shown
from search.data.series_rows import SeriesForm, SeriesRows
from search.data.table_reader import Sheet, nearest, of_frame, read_sheet
from search.data.table_targets import FEW, check_finite
from search.data.time_step import IrregularError, TimeStep, shown_time
from search.data.windows import Windows
from search.study.arguments import known_only
from search.study.errors import InputError
from search.study.parameters import Choice, Int, Parameter, Value
from search.study.plain_text import percent

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = {"number", "boolean"}
WINDOW, HORIZON = "window", "horizon"
"""Hyperparameters that a series says itself; `build` gets them where it takes them."""


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of all series, in the order of groups and time.

    Attributes:
        sheet: The table; `order` has its rows.
        order: Rows of the table.
        groups: Code of each step's group.
        names: Of the groups.
        times: Of each step; row numbers where the table has no times.
        notes: What to know about how they were read.
    """

    sheet: Sheet
    order: Array
    groups: Array
    names: tuple[str, ...]
    times: Array
    notes: tuple[str, ...] = ()

    def taken(self, there: Array) -> "Steps":
        """Some of the steps alone."""
        order, groups, times = self.order[there], self.groups[there], self.times[there]
        return replace(self, order=order, groups=groups, times=times)

    def place(self, step: int) -> str:
        """Where a step stands."""
        return self.sheet.place(int(self.sheet.frame.index[self.order[step]]))


def steps_of(sheet: Sheet, time: str | None, group: str | None) -> Steps:
    """Sort a table by group and time.

    Raises:
        InputError: A column is missing, a time or group too, or two rows are of one moment.
    """
    import pandas as pd

    for role, name in (("time", time), ("group", group)):
        if name is not None:
            check_there(sheet, role, name)
    codes, found = np.zeros(len(sheet.frame), int), pd.Index([""])
    if group is not None:
        codes, found = pd.factorize(sheet.frame[group], sort=True)
        _check_all(sheet, group, codes < 0, "each row needs its group")
    times, notes = np.arange(len(codes)).astype(float), list[str]()
    if time is not None:
        read = _times(sheet, time)
        times = read.values
        notes += [f"column {time!r}: {read.note}"] if read.note else []
    order = np.lexsort((times, codes))
    steps = Steps(sheet, order, codes[order], tuple(map(str, found)), times[order])
    same = (np.diff(steps.groups) == 0) & (np.diff(steps.times.astype(float)) == 0)
    if same.any():
        step = int(same.argmax()) + 1
        of = f" of group {steps.names[steps.groups[step]]!r}" if group else ""
        hint = ""
        if steps.times.dtype.kind == "M":
            hint = "; local times have one hour twice in autumn, so give times in UTC"
        raise InputError(
            f"{steps.place(step)}, column {time!r}",
            f"{shown_time(steps.times[step])}{of} is there twice (also {steps.place(step - 1)})",
            f"keep one row of each time, or name the column that tells series apart by group="
            f"{hint}",
        )
    unsorted = time is not None and (np.diff(order[codes[order] == codes[order][0]]) < 0).any()
    if unsorted:
        notes.append(
            f"column {time!r}: the rows were not in the order of time, and were sorted by it"
        )
    return replace(steps, notes=tuple(notes))


def numbers_of(steps: Steps, names: Sequence[str]) -> Array:
    """Columns of numbers at all steps, float64 with NaN, shape (steps, columns).

    Raises:
        InputError: One holds something else, or a number that is none; names the line.
    """
    sheet, columns = steps.sheet, []
    for name in names:
        read = read_column(sheet.frame[name], sheet.decimal)
        if read.kind not in NUMBERS:
            raise InputError(
                f"{sheet.name}, column {name!r}",
                _no_numbers(read),
                "a series is of numbers: encode it, or leave it out by features=[…]",
            )
        check_finite(sheet, name, read.values, np.arange(len(read.values)))
        columns.append(read.values.astype(float))
    return np.column_stack(columns)[steps.order]


def check_there(sheet: Sheet, role: str, name: str) -> None:
    """Refuse a table without a column."""
    if name not in sheet.frame.columns:
        raise InputError(
            sheet.name,
            f"there is no column {name!r} for {role}=",
            nearest(name, list(sheet.frame.columns)),
        )


def _times(sheet: Sheet, time: str) -> ReadColumn:
    read = read_column(sheet.frame[time], sheet.decimal)
    if read.kind not in {"date", "number"}:
        first = next(iter(sheet.frame[time].dropna()), None)
        raise InputError(
            f"{sheet.name}, column {time!r}",
            f"it holds no dates or numbers that say when a row was (such as {first!r})",
            "write them as 2026-12-31 18:00, or name another column",
        )
    _check_all(sheet, time, read.missing, "each row needs its time")
    return read


def _check_all(sheet: Sheet, name: str, missing: Array, needs: str) -> None:
    if missing.any():
        row = int(sheet.frame.index[np.flatnonzero(missing)[0]])
        where = f"{sheet.place(row)}, column {name!r}"
        raise InputError(where, f"no value, and {needs}", "fill it or drop the row")


def _no_numbers(read: ReadColumn) -> str:
    if read.kind is None:
        return read.note
    value = next((value for value in read.values if value is not None), None)
    return "it holds dates" if read.kind == "date" else f"{value!r} is text"


@dataclass(frozen=True, eq=False)
class Series:
    """Series of a table, which is read at `load`; see `series`."""

    source: "Path | pd.DataFrame"
    targets: tuple[str, ...]
    window: int
    horizon: int
    time: str | None = None
    apart: int = 1
    group: str | None = None
    features: tuple[str, ...] = ()
    season: int | None = None
    searched: Int | Choice | None = None

    @property
    def values(self) -> Mapping[str, Parameter | Value]:
        """Window, searched or not, and horizon."""
        return {WINDOW: self.searched or self.window, HORIZON: self.horizon}

    def takes(self, names: Iterable[str]) -> frozenset[str]:
        """Which of these its rows depend on."""
        return frozenset(names) & {WINDOW, HORIZON}

    def load(self) -> Dataset:
        """Read the table; every fault in it is found here, before any trial."""
        sheet = read_sheet(self.source) if isinstance(self.source, Path) else of_frame(self.source)
        for name in self.targets:
            check_there(sheet, "target", name)
        steps = steps_of(sheet, self.time, self.group)
        features, notes = self._features(sheet)
        names = list(dict.fromkeys([*features, *self.targets]))
        values = numbers_of(steps, names)
        step = TimeStep() if self.time is None else TimeStep.of(steps.times, steps.groups)
        places = self._places(steps, step)
        there, gone = self._complete(steps, values, names)
        steps, places, values = steps.taken(there), places[there], values[there].astype(np.float32)
        targets = values[:, [names.index(name) for name in self.targets]]
        begins = _begins(places, steps.groups)
        ends = self._ends(steps, begins)
        form = SeriesForm(features, self.targets, self.window, self.horizon, step)
        form = replace(form, time=self.time, group=self.group, csv=sheet.csv)
        rows = SeriesRows(
            form, targets, places, steps.times, steps.groups, steps.names, begins, ends
        )
        rows = replace(rows, apart=self.apart, season=self.season)
        notes = (*steps.notes, *gone, *_gaps(steps, rows), *notes, *sheet.notes)
        return Dataset(
            Windows(values[:, : len(features)], ends, self.window),
            rows.y,
            (),
            features,
            form.names,
            given=Given(times=places[ends - 1], notes=notes),
            series=rows,
        )

    def __str__(self) -> str:
        name = shown(self.source) if isinstance(self.source, Path) else "frame"
        low = f"{min(_windows(self.searched))} to " if self.searched else ""
        long = f"{low}{self.window}"
        targets = ", ".join(self.targets)
        return f"series {name}, {targets} for {self.horizon} steps from windows of {long}"

    def _features(self, sheet: Sheet) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the columns that models see, and notes."""
        if self.features:
            for name in self.features:
                check_there(sheet, "features", name)
            own = [name for name in self.targets if name not in self.features]
            note = f"column {', '.join(map(repr, own))}: its own past is not among the features"
            return self.features, ((note,) if own else ())
        taken, notes = [], []
        for name in sheet.frame.columns:
            if name in {self.time, self.group}:
                continue
            read = read_column(sheet.frame[name], sheet.decimal)
            if read.kind in NUMBERS or name in self.targets:
                taken.append(str(name))
            else:
                notes.append(f"column {name!r}: left out, since {_no_numbers(read)}")
        return tuple(taken), tuple(notes)

    def _complete(
        self, steps: Steps, values: Array, names: Sequence[str]
    ) -> tuple[Array, tuple[str, ...]]:
        """Which steps have all their values, bool, and a note; the others are gaps."""
        missing = np.isnan(values)
        there: Array = np.logical_not(missing.any(axis=1))
        if (gone := int((~there).sum())) == 0:
            return there, ()
        step = int((~there).argmax())
        name = names[int(missing[step].argmax())]
        if gone > max(1, FEW * len(there)):
            raise InputError(
                f"{steps.place(step)}, column {name!r}",
                f"no value, as in {gone:,} of {len(there):,} rows",
                "fill them, such as by df.interpolate(), or leave the column out by features=[…] "
                f"(up to {percent(FEW)} are taken for gaps, with a note)",
            )
        note = (
            f"{gone:,} step{'s' * (gone != 1)} without a value (the first in {steps.place(step)}, "
            f"column {name!r}) taken for gaps"
        )
        return there, (note,)

    def _places(self, steps: Steps, step: TimeStep) -> Array:
        """Number of each step in time."""
        try:
            return step.places(steps.times, steps.groups)
        except IrregularError as error:
            raise InputError(
                f"{steps.place(error.place)}, column {self.time!r}",
                f"the time {shown_time(steps.times[error.place])} does not fit: {error}",
                "bring the series to equal steps first, such as by df.resample('1h').mean()",
            ) from None

    def _ends(self, steps: Steps, begins: Array) -> Array:
        """Where windows end: inside one run without a gap, horizon and all."""
        runs, lengths = np.unique(begins, return_counts=True)
        needed = self.window + self.horizon
        if not len(runs) or lengths.max() < needed:
            longest = int(lengths.max())
            of = steps.names[steps.groups[int(runs[lengths.argmax()])]]
            raise InputError(
                f"{steps.sheet.name}, window={self.window}, horizon={self.horizon}",
                f"together they take {needed:,} steps, and the longest run without a gap"
                f"{f' (group {of!r})' if self.group else ''} has {longest:,}",
                "shorten one of them, fill the gaps, give a longer series, or leave time= out, so "
                "that rows follow each other whenever they were",
            )
        ends = [
            np.arange(run + self.window, run + length - self.horizon + 1, self.apart)
            for run, length in zip(runs.tolist(), lengths.tolist(), strict=True)
        ]
        return np.concatenate(ends)


def _begins(places: Array, groups: Array) -> Array:
    """Of each step the first one of its run without a gap."""
    first = np.r_[True, (np.diff(places) != 1) | (np.diff(groups) != 0)]
    found: Array = np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))
    return found


def _gaps(steps: Steps, rows: SeriesRows) -> tuple[str, ...]:
    """That windows were cut at gaps, and which groups have none."""
    runs = np.unique(rows.begins)
    inner = runs[1:][np.diff(steps.groups[runs]) == 0]
    notes = []
    if len(inner):
        at = int(inner[0])
        s = "s" * (len(inner) != 1)
        notes.append(
            f"{len(inner):,} gap{s} in time, the first before {shown_time(steps.times[at])} "
            f"({steps.place(at)}): no window spans one"
        )
    lost = sorted(set(steps.groups.tolist()) - set(steps.groups[rows.ends - 1].tolist()))
    if lost:
        notes.append(
            f"group {steps.names[lost[0]]!r}"
            f"{f' and {len(lost) - 1} more' if len(lost) > 1 else ''} left out: too short for a "
            f"window of {rows.form.window} and a horizon of {rows.form.horizon} steps"
        )
    return tuple(notes)


@known_only
def series(  # noqa: PLR0913 - a space file gives them by name
    table: "str | Path | pd.DataFrame | Mapping[str, Any]",
    target: str | Sequence[str],
    *,
    window: int | Int | Choice,
    horizon: int = 1,
    time: str | None = None,
    step: int = 1,
    group: str | None = None,
    features: str | Sequence[str] = (),
    season: int | None = None,
) -> Data:
    """Windows of a series, each with the steps that follow it as its targets, "t+1" and on.

    The rows are cut by time: the oldest train, the newest are held out, and no window or horizon
    lies across a border or a gap, or in two groups. Features and targets are standardised by the
    steps that train, for each kind of model; the page, `predict` and the exported file are in the
    targets' own units.

    Args:
        table: CSV, Parquet or Excel file, relative to the space file; a pandas frame; or arrays by
            name, one value a step each.
        target: The column to forecast; or several.
        window: Steps that a model sees; or a range, `Int(12, 96)`, or `Choice(24, 168)`, to search
            it. All windows then end at the same steps, those at which the longest has room.
        horizon: Steps that it forecasts.
        time: The column of dates or numbers that says when each step was. Left out, the rows are in
            order.
        step: Between the beginnings of neighbouring windows; with 1 each step begins one.
        group: A column that tells several series apart.
        features: Columns whose past a model sees; all columns of numbers where left out. The
            target's own past is seen only if it is among them.
        season: Steps of a season, for the reference model that repeats the last one; found in the
            rows that train where left out.

    Raises:
        InputError: An argument is of a wrong kind; what is wrong in the table is found at `load`.
    """
    windows = _windows(window)
    for name, value in (
        *((WINDOW, steps) for steps in windows),
        (HORIZON, horizon),
        ("step", step),
    ):
        _whole(name, value)
    if season is not None:
        _whole("season", season)
    targets, seen = _names("target", target), _names("features", features)
    if not targets:
        raise InputError("series(target=())", fix="name the column that is to be forecast")
    roles = {"time": time, "group": group}
    singles = {k: None if v is None else name_of(f"series({k}=…)", v) for k, v in roles.items()}
    for role, column in singles.items():
        if column is not None and column in targets:
            raise InputError(f"series({role}={column!r})", "it is target= too", "drop one")
    return Series(
        _source(table), targets, max(windows), horizon, singles["time"], step, singles["group"],
        seen, season, window if isinstance(window, Int | Choice) else None,
    )  # fmt: skip


def _windows(window: int | Int | Choice) -> tuple[Any, ...]:
    """Lengths of windows, the shortest and the longest among them."""
    if isinstance(window, Choice):
        return window.options
    return (window.low, window.high) if isinstance(window, Int) else (window,)


def _whole(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        several = ", or several as Int(12, 96) or Choice(24, 48)" if name == WINDOW else ""
        fix = f"give a whole number of steps from 1 on{several}"
        raise InputError(f"series({name}={value!r})", fix=fix)


def _names(role: str, given: object) -> tuple[str, ...]:
    if isinstance(given, str | bytes | int | float | np.generic):
        return (name_of(f"series({role}=…)", given),)
    return names_of(f"series({role}=…)", given)


def _source(table: object) -> Any:
    import pandas as pd

    if isinstance(table, pd.DataFrame):
        return table
    if not isinstance(table, Mapping):
        return located(table, "series")
    lengths = {str(name): np.shape(values) for name, values in table.items()}
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
        told = ", ".join(f"{name} {shape}" for name, shape in lengths.items())
        raise InputError("series(…)", f"its arrays have the shapes {told}", "give one value a step")
    return pd.DataFrame({str(name): np.asarray(values) for name, values in table.items()})
