"""Where on an axis does a parameter's value lie, and what stands beside it?"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import optuna
from matplotlib.ticker import MaxNLocator
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from search.report.figures.scales import log_locator
from search.report.wording import value_text
from search.store.manifest import Searched
from search.study.parameters import Value
from search.study.trial import State, Trial

WIDE_RATIO = 50
"""Largest by smallest value from which on values are on a log scale: losses of diverged trials
would else press all others into one line."""


@dataclass(frozen=True)
class Axis:
    """One parameter, or the value of the trials, on a line from 0 to 1.

    Attributes:
        name: Of the parameter.
        searched: Its range or its options.
        having: Completed trials that have it.
        completed: All completed trials.
    """

    name: str
    searched: Searched
    having: int = 0
    completed: int = 0

    @property
    def is_number(self) -> bool:
        """Whether its values have an order."""
        return self.searched.kind != "choice"

    @property
    def conditional(self) -> bool:
        """Whether some trials do not have it."""
        return self.having < self.completed

    @property
    def title(self) -> str:
        """Its name, and how many trials have it where not all do."""
        few = f" ({self.having:,} of {self.completed:,})" if self.conditional else ""
        return f"{self.name}{few}"

    def place(self, value: Value) -> float:
        """Where a value lies, 0…1; options stand evenly in their order."""
        if not self.is_number:
            options = self.searched.options
            return options.index(value) / max(len(options) - 1, 1)
        return position(cast("float", value), self.searched)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Places and what is written there: options by name, numbers round."""
        if not self.is_number:
            return [(self.place(option), value_text(option)) for option in self.searched.options]
        low, high = float(self.searched.low or 0), float(self.searched.high or 0)
        if low >= high:
            return [(0.5, f"{low:.4g}")]
        found = _round_numbers(low, high, most, log=self.searched.log)
        if self.searched.kind == "int":
            found = [value for value in found if value == round(value)]
        return [
            (self.place(min(max(value, low), high)), f"{value:g}")
            for value in found
            if -1e-9 <= self.place(value) <= 1 + 1e-9  # as on the axis, which may be by ratio
        ]


def position(value: float, searched: Searched) -> float:
    """Where in its range a value lies, 0…1; on a log scale where the range has one."""
    low, high = searched.low or 0.0, searched.high or 0.0
    if searched.log:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low) if high > low else 0.5


def parameter_axes(searched: Mapping[str, Searched], completed: Sequence[Trial]) -> list[Axis]:
    """An axis for each parameter that had a choice, in the order of the space."""
    axes = [
        Axis(name, one, sum(name in trial.params for trial in completed), len(completed))
        for name, one in searched.items()
        if (len(one.options) > 1 if one.kind == "choice" else one.low != one.high)
    ]
    return [axis for axis in axes if axis.having or not completed]


def value_axis(name: str, completed: Sequence[Trial]) -> Axis:
    """The axis of the trials' values; on a log scale where these are above zero and far apart."""
    values = [trial.value for trial in completed if trial.value is not None]
    low, high = min(values, default=0.0), max(values, default=1.0)
    log = low > 0 and high / low > WIDE_RATIO
    return Axis(name, Searched("float", low, high, log), len(completed), len(completed))


def asked_for(study: optuna.Study) -> dict[str, Searched]:
    """What a conditional space has asked for, over all trials: no file declares it."""
    found: dict[str, Searched] = {}
    for trial in study.get_trials(deepcopy=False):
        for name, distribution in trial.distributions.items():
            one = _searched(distribution)
            before = found.setdefault(name, one)
            if before != one:
                found[name] = _both(before, one)
    return found


def sound(trials: Iterable[Trial]) -> list[Trial]:
    """Completed trials with a finite value, by number."""
    return [
        trial
        for trial in trials
        if trial.state is State.COMPLETE and trial.value is not None and math.isfinite(trial.value)
    ]


def _searched(distribution: BaseDistribution) -> Searched:
    match distribution:
        case CategoricalDistribution():
            return Searched("choice", options=tuple(distribution.choices))
        case IntDistribution() | FloatDistribution():
            kind = "int" if isinstance(distribution, IntDistribution) else "float"
            step = distribution.step or 1  # a whole number where a float has none
            return Searched(kind, distribution.low, distribution.high, distribution.log, step=step)
        case _:
            raise TypeError(f"{type(distribution).__name__}: Optuna has no such distribution")


def _both(one: Searched, other: Searched) -> Searched:
    """A range or list of options that holds two, where a space asks differently each time."""
    if one.kind == "choice":
        return Searched("choice", options=tuple(dict.fromkeys((*one.options, *other.options))))
    ends = [end for each in (one, other) for end in (each.low, each.high) if end is not None]
    step = one.step if one.step == other.step else 1
    return Searched(one.kind, min(ends), max(ends), one.log and other.log, step=step)


def _round_numbers(low: float, high: float, most: int, *, log: bool) -> list[float]:
    if not log:
        return [float(v) for v in MaxNLocator(most - 1, steps=[1, 2, 5, 10]).tick_values(low, high)]
    found = log_locator(low, high, most, 2 * most).tick_values(low, high)
    return [float(value) for value in found if value > 0]  # the least numbers' powers are 0
