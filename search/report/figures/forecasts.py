"""How far do forecasts err, by how far ahead they look, and what do they look like?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from search.data.dataset import Array
from search.data.time_step import shown_times
from search.report.digits import number, span
from search.report.figures.scales import whole_numbers
from search.report.figures.svg import (
    BLUE,
    DASHES,
    SERIES,
    SOFT,
    AxisNumbers,
    Drawing,
    Figure,
    Words,
    readings,
    short,
)
from search.study.answer import Interval

MOST_PANELS, MOST_ORIGINS, MOST_STEPS = 3, 6, 3000
MOST_READ = 30
"""Places of a line that say what it is there."""
HORIZONS = 30
"""That are drawn over time: in a longer stretch, a forecast is a dot."""


@dataclass(frozen=True, eq=False)
class Forecasts:
    """The winner's forecasts of the held-out windows.

    Attributes:
        kept: As `StoredRun.arrays` says of "forecasts".
        y: The truth, shape (rows, horizon, targets).
        said: What the winner says, the same shape.
    """

    kept: Mapping[str, Array]
    y: Array
    said: Array

    @classmethod
    def of(cls, kept: Mapping[str, Array], held_out: Mapping[str, Array]) -> "Forecasts | None":
        """Of what a run keeps; None where rows are no windows, or one step alone is forecast."""
        if "horizon" not in kept or kept["horizon"] < 2 or "predictions" not in held_out:
            return None
        shape = (len(held_out["y"]), int(kept["horizon"]), -1)
        y, said = (held_out[name].astype(float).reshape(shape) for name in ("y", "predictions"))
        return cls(kept, y, said)

    @property
    def targets(self) -> list[str]:
        """Names."""
        return [str(name) for name in self.kept["targets"]]

    @cached_property
    def errors(self) -> Array:
        """The winner's mean absolute error, shape (horizon, targets)."""
        found: Array = np.abs(self.said - self.y).mean(axis=0)
        return found

    @cached_property
    def panels(self) -> list[tuple[int, int, str]]:
        """Target, group and what both are called; the first ones of many."""
        groups = np.unique(self.kept["groups"]).tolist()
        names = [str(name) for name in self.kept["group_names"]]
        found = [
            (target, group, ", ".join(filter(None, (self.targets[target], names[group]))))
            for group in groups
            for target in range(len(self.targets))
        ]
        return found[:MOST_PANELS]


def by_step(of: Forecasts, intervals: Sequence[Sequence[Interval | None]]) -> Figure:
    """The mean absolute error at each step of the horizon, a panel a target in its own unit.

    Args:
        of: The forecasts.
        intervals: Of each drawn target, at each step.
    """
    names, rows = of.targets[: len(intervals)], []
    steps, models = np.arange(1, of.y.shape[1] + 1), of.kept["models"].tolist()
    with Drawing(len(names), 2.8 if len(names) == 1 else 2.5) as drawing:
        marks: list[Any] = []
        for target, (axes, name) in enumerate(zip(drawing.axes, names, strict=True)):
            mean, others = of.errors[:, target], of.kept["errors"][:, :, target]
            ends = np.array([
                (one.low, one.high) if one else (value, value)
                for one, value in zip(intervals[target], mean, strict=True)
            ])  # fmt: skip
            marks = _lines_by_step(axes, mean, ends, others)
            _read_by_step(axes, mean, ends, dict(zip(models, others, strict=True)))
            axes.set_title(short(name))
            table = np.column_stack([mean, ends, others.T]).tolist()
            rows += [(name, step, *row) for step, row in zip(steps.tolist(), table, strict=True)]
        drawing.axes[0].set_ylabel("MAE")
        drawing.legend_above(marks, ["winner", *(short(name, 40) for name in models)])
        header = ("target", "step", "MAE", "95 % from", "95 % to", *models)
        return drawing.figure(_of_steps(of, len(names)), AxisNumbers(header, rows))


def _lines_by_step(axes: Any, mean: Array, ends: Array, others: Array) -> list[Any]:
    """The winner's with its band, and a dashed one a reference model."""
    steps = np.arange(1, len(mean) + 1)
    axes.fill_between(steps, *ends.T, color=BLUE, alpha=0.2, linewidth=0)
    marks: list[Any] = axes.plot(steps, mean, color=BLUE, linewidth=1.9)
    for place, line in enumerate(others):
        colour, dash = SERIES[1 + place % (len(SERIES) - 1)], DASHES[1 + place % (len(DASHES) - 1)]
        marks += axes.plot(steps, line, color=colour, linestyle=dash)
    axes.set_xlabel("step of the horizon")
    axes.set_ylim(bottom=0)
    whole_numbers(axes.xaxis)
    return marks


def _read_by_step(axes: Any, mean: Array, ends: Array, others: Mapping[str, Array]) -> None:
    """What the lines are at so many steps that a finger can tell them apart."""
    at = np.unique(np.linspace(0, len(mean) - 1, MOST_READ).astype(int))
    for name, line in (*others.items(), ("winner", mean)):
        within = [Interval(*both) for both in ends[at].tolist()]
        said = zip(at, line[at].tolist(), within, strict=True)
        texts = [
            f"{name}, t+{step + 1}: MAE {number(value, end)}"
            f"{f' (95 %: {span(end, of_share=False)})' * (name == 'winner')}"
            for step, value, end in said
        ]
        readings(axes, (at + 1).tolist(), line[at].tolist(), texts)


def _of_steps(of: Forecasts, shown: int) -> Words:
    ends = [
        f"{f'{short(name)} ' if len(of.targets) > 1 else ''}{of.errors[0, place]:.4g} at t+1 and "
        f"{of.errors[-1, place]:.4g} at t+{of.y.shape[1]}"
        for place, name in enumerate(of.targets[:shown])
    ]
    beside = ""
    if len(of.kept["models"]):
        others, unit = of.kept["errors"], of.y.reshape(-1, of.y.shape[2]).std(axis=0)
        best = int((others / np.where(unit > 0, unit, 1)).mean(axis=(1, 2)).argmin())
        below = of.errors < others[best]
        beside = (
            f"; below the {short(str(of.kept['models'][best]), 40)} at {int(below.sum()):,} of "
            f"{below.size:,} steps"
        )
    left = f" Drawn are the first {shown} of {len(of.targets)} targets." * (shown < len(of.targets))
    return Words(
        "by-step",
        f"Error by step of the horizon: MAE {', '.join(ends)}{beside}",
        "Mean absolute error on held-out windows, in the target's own unit, by how many steps "
        "ahead the forecast looks. The band is its 95 % interval, by blocks of neighbouring "
        f"windows; dashed are the reference models.{left}",
    )


def over_time(of: Forecasts) -> Figure:
    """The truth, and forecasts from a few evenly spaced origins: a panel a target and group."""
    panels, rows, most = of.panels, [], 0
    with Drawing(len(panels), 2.6 if len(panels) == 1 else 2.0, 1) as drawing:
        marks: list[Any] = []
        for axes, (target, group, name) in zip(drawing.axes, panels, strict=True):
            steps, origins = _drawn(of, group)
            truth, times = of.kept["truth"][steps, target], _times(of, steps)
            told = np.full((len(steps), len(origins)), np.nan)
            for place, row in enumerate(origins):
                at = of.kept["first"][row] - steps[0]
                told[at : at + of.y.shape[1], place] = of.said[row, :, target]
            runs = of.kept["runs"][steps]
            marks = _lines_over_time(axes, times, [truth[runs == run] for run in np.unique(runs)],
                                     told)  # fmt: skip
            _read_over_time(axes, times, truth, told)
            _name_axis(axes, of, name, times)
            cells = [["" if np.isnan(value) else value for value in row] for row in told.tolist()]
            rows += [
                (name, time, true, *row)
                for time, true, row in zip(
                    shown_times(list(times)), truth.tolist(), cells, strict=True
                )
            ]
            most = max(most, len(origins))
        drawing.legend_above(marks, ["held-out data", "forecast"])
        names = (f"forecast {place}" for place in range(1, most + 1))
        return drawing.figure(
            _of_time(of), AxisNumbers(("series", _time_name(of), "held-out", *names), rows)
        )


def _lines_over_time(axes: Any, times: Array, runs: Sequence[Array], told: Array) -> list[Any]:
    """The truth without a line over a gap, and each forecast from its first step on.

    Args:
        axes: Of the panel.
        times: Of all steps.
        runs: The truth in runs without a gap, one after the other.
        told: Forecasts, shape (steps, origins), NaN elsewhere.
    """
    at, line = 0, []
    for run in runs:
        line = axes.plot(times[at : at + len(run)], run, color=SOFT)
        at += len(run)
    forecast = []
    for said in told.T:
        there = np.isfinite(said)
        forecast = axes.plot(
            times[there], said[there], color=BLUE, linewidth=1.8,
            marker="o", markersize=3, markevery=[0],
        )  # fmt: skip
    return [*line, *forecast]


def _read_over_time(axes: Any, times: Array, truth: Array, told: Array) -> None:
    """Each forecast beside what came, at some of its steps."""
    shown = shown_times(list(times))
    for said in told.T:
        there = np.flatnonzero(np.isfinite(said))
        at = there[np.unique(np.linspace(0, len(there) - 1, MOST_READ).astype(int))]
        texts = [f"{shown[i]}: forecast {said[i]:.4g}, held-out {truth[i]:.4g}" for i in at]
        readings(axes, times[at], said[at].tolist(), texts)


def _drawn(of: Forecasts, group: int) -> tuple[Array, Array]:
    """Places of a group's newest steps, and the rows whose forecasts are drawn among them."""
    horizon, steps = of.y.shape[1], np.flatnonzero(of.kept["groups"] == group)
    steps = steps[-max(horizon, min(HORIZONS * horizon, MOST_STEPS)) :]
    first = of.kept["first"]
    rows = np.flatnonzero((first >= steps[0]) & (first <= steps[-1]))
    rows = rows[np.argsort(first[rows])]
    count = min(len(rows), MOST_ORIGINS, max(1, len(steps) // horizon))
    return steps, rows[np.unique(np.linspace(0, len(rows) - 1, count).astype(int))]


def _times(of: Forecasts, steps: Array) -> Array:
    """When steps were; without a column of times, their rows from 1."""
    times = of.kept["times"][steps]
    return times if str(of.kept["time"]) else times + 1


def _time_name(of: Forecasts) -> str:
    return str(of.kept["time"]) or "row of your data (from 1)"


def _name_axis(axes: Any, of: Forecasts, name: str, times: Array) -> None:
    axes.set_title(short(name, 60))
    axes.set_xlabel(short(_time_name(of)))
    if times.dtype.kind == "M":
        dates = AutoDateLocator(maxticks=6)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(dates)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(dates))  # type: ignore[no-untyped-call]


def _of_time(of: Forecasts) -> Words:
    panels = of.panels
    target, group, name = panels[0]
    (steps, rows), all_steps = _drawn(of, group), int((of.kept["groups"] == group).sum())
    origins = len(rows)
    share = np.abs(of.said[:, :, target] - of.y[:, :, target]).mean()
    count = len(np.unique(of.kept["groups"])) * len(of.targets)
    left = "" if len(steps) == all_steps else (
        f" Drawn are the newest {len(steps):,} of {all_steps:,} held-out steps."
    )  # fmt: skip
    left += f" Drawn are the first {len(panels)} of {count:,} series." * (len(panels) < count)
    s = "s" * (origins != 1)
    return Words(
        "over-time",
        f"Held-out data and forecast over time: {short(name)}, {of.y.shape[1]} steps from "
        f"{origins} origin{s}; MAE of all held-out windows {share:.4g}",
        "The thin line is the held-out data. A forecast begins at its dot, one step after the "
        f"last that its model saw.{left}",
    )
