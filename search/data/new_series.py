"""The newest steps of series for a model that is trained already, and the times that follow."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from search.data.columns import Array
from search.data.series import Steps, numbers_of, steps_of
from search.data.series_rows import SeriesForm
from search.data.table_reader import Sheet
from search.data.time_step import ROWS, IrregularError, shown_times
from search.study.errors import InputError
from search.study.plain_text import nine_digits


@dataclass(frozen=True, eq=False)
class NewSeries:
    """A window of each series, of its newest steps.

    Attributes:
        x: float32, shape (groups, window, features).
        groups: Names.
        times: Of each group's steps that are forecast; texts, shape (groups, horizon).
        form: Of the model.
        notes: What to know about how they were read.
    """

    x: Array
    groups: tuple[str, ...]
    times: Array
    form: SeriesForm
    notes: tuple[str, ...] = ()

    def told(self, predictions: Array) -> list[dict[str, Any]]:
        """A dict of each step that is forecast: group, time, and the targets.

        Args:
            predictions: Shape (groups, horizon × targets).
        """
        form, found = self.form, []
        shaped = predictions.reshape(len(self.groups), form.horizon, len(form.targets))
        for group, times, steps in zip(self.groups, self.times, shaped, strict=True):
            of_group = {} if form.group is None else {form.group: group}
            for place, (time, values) in enumerate(zip(times, steps, strict=True), 1):
                when = {"step": f"t+{place}"} if form.time is None else {form.time: str(time)}
                numbers = map(nine_digits, values)
                found.append({**of_group, **when, **dict(zip(form.targets, numbers, strict=True))})
        return found


def new_series(form: SeriesForm, sheet: Sheet) -> NewSeries:
    """The newest window of each series of a table, whose rows may be in any order.

    Raises:
        InputError: A column is missing, a series too short, or there is a gap in its window.
    """
    for name in form.columns:
        if name not in sheet.frame.columns:
            raise InputError(
                sheet.name,
                f"it has no column {name!r}, which the model takes",
                f"give {', '.join(form.columns)}",
            )
    steps = steps_of(sheet, form.time, form.group)
    values = numbers_of(steps, form.features)
    try:
        places = form.step.places(steps.times, steps.groups)
    except IrregularError as error:
        raise InputError(
            f"{steps.place(error.place)}, column {form.time!r}",
            f"the model was trained on steps of {form.step}, and {error}",
            "bring the rows to these steps first",
        ) from None
    ends = np.flatnonzero(np.r_[steps.groups[1:] != steps.groups[:-1], True]) + 1
    starts = np.r_[0, ends[:-1]]
    rows: list[Array] = []
    times: list[list[Any]] = []
    known = form.step.unit != ROWS
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        _check_newest(form, steps, values, places, (start, end))
        rows.append(values[end - form.window : end])
        last = steps.times[end - 1]
        following = range(1, form.horizon + 1)
        times.append([form.step.after(last, k) if known else f"t+{k}" for k in following])
    names = tuple(steps.names[steps.groups[start]] for start in starts)
    others = [c for c in sheet.frame.columns if c not in (*form.columns, *form.targets)]
    ignored = f"columns that the model does not take are ignored: {', '.join(others[:12])}"
    notes = (*steps.notes, *sheet.notes, *([ignored] if others else ()))
    texts = np.array(times, str)
    if known:
        flat = shown_times([time for of_group in times for time in of_group])
        texts = np.array(flat).reshape(len(rows), -1)
    return NewSeries(np.array(rows, np.float32), names, texts, form, notes)


def _check_newest(
    form: SeriesForm, steps: Steps, values: Array, places: Array, span: tuple[int, int]
) -> None:
    """Refuse a series that is too short, or has a gap among its newest steps."""
    start, end = span
    begin = end - form.window
    of = f", group {steps.names[steps.groups[start]]!r}" if form.group else ""
    if begin < start:
        raise InputError(
            f"{steps.sheet.name}{of}",
            f"it has {end - start:,} rows, and the model looks back {form.window} steps",
            "give as many of the newest rows at least",
        )
    bad = np.r_[False, np.diff(places[begin:end]) != 1]
    if bad.any():
        raise InputError(
            f"{steps.place(begin + int(bad.argmax()))}{of}",
            f"a step of {form.step} is missing before it, among the newest {form.window}",
            "fill it",
        )
    lost = np.argwhere(np.isnan(values[begin:end]))
    if len(lost):
        step, column = lost[0].tolist()
        raise InputError(
            f"{steps.place(begin + step)}, column {form.features[column]!r}",
            f"no value among the newest {form.window} steps",
            "fill it",
        )
