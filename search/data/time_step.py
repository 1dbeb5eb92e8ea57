"""How far apart the steps of a series are, and which of them are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from search.data.columns import Array
from search.study.plain_text import percent

SECONDS, MONTHS, NUMBERS, ROWS = "seconds", "months", "numbers", "rows"
_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_SEASONS = {
    SECONDS: (86_400, 604_800, 31_557_600),
    MONTHS: (12,),
}
"""Of the calendar, in the unit: a day, a week, a year."""
_REGULAR = 0.5
"""Part of the steps that have the size of the most frequent one, at least."""


class IrregularError(Exception):
    """A step is no whole number of steps from the first; where, and what it is off."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(why)
        self.place = place


@dataclass(frozen=True)
class TimeStep:
    """The distance of neighbouring steps.

    Attributes:
        unit: "seconds" or "months" of dates; "numbers" of a column of numbers; "rows" without one.
        size: In the unit, above 0.
        at_end: Whether dates are the last days of months.
    """

    unit: str = ROWS
    size: float = 1.0
    at_end: bool = False

    @classmethod
    def of(cls, times: Array, groups: Array) -> "TimeStep":
        """The most frequent one.

        Args:
            times: datetime64[s] or float64, sorted within each group, shape (steps,).
            groups: Code of each step's group.
        """
        same = groups[1:] == groups[:-1]
        if times.dtype.kind == "M" and (found := _of_months(times, same)):
            return found
        gaps = np.diff(times)[same]
        if not len(gaps):
            return cls()
        sizes, counts = np.unique(gaps.astype(float), return_counts=True)
        unit = SECONDS if times.dtype.kind == "M" else NUMBERS
        return cls(unit, float(sizes[counts.argmax()]))

    def places(self, times: Array, groups: Array) -> Array:
        """Number of each step from the first one of all, int64; a missing step leaves a number out.

        Raises:
            IrregularError: One lies between two steps, or most are of other sizes.
        """
        if self.unit == ROWS:
            starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
            return np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))
        numbers = self._numbers(times)
        first = np.r_[True, groups[1:] != groups[:-1]]
        of_group = numbers[np.maximum.accumulate(np.where(first, np.arange(len(first)), 0))]
        steps = (numbers - of_group) / self.size
        off = np.abs(steps - np.round(steps)) > 1e-4
        usual = np.isclose(np.diff(numbers)[~first[1:]], self.size)
        if len(usual) and (share := float(usual.mean())) < _REGULAR:
            raise IrregularError(1, f"only {percent(share)} of the steps are of the usual {self}")
        if off.any():
            raise IrregularError(int(off.argmax()), f"it lies between two steps of {self}")
        begins = np.floor((of_group - numbers.min()) / self.size + 1e-4)
        found: Array = (np.round(steps) + begins).astype(np.int64)
        return found

    def after(self, last: Any, steps: int) -> Any:
        """The time that many steps behind another."""
        if self.unit == SECONDS:
            return np.datetime64(last) + np.timedelta64(round(self.size * steps), "s")
        if self.unit != MONTHS:
            return float(last) + self.size * steps
        moment = np.array(last, "M8[s]")
        day, month = moment.astype("M8[D]"), moment.astype("M8[M]")
        later = month + round(self.size) * steps
        if self.at_end:
            return ((later + 1).astype("M8[D]") - 1).astype("M8[s]") + (moment - day)
        return later.astype("M8[s]") + (moment - month)

    @property
    def seasons(self) -> Sequence[int]:
        """Lengths of the calendar's seasons in steps."""
        lengths = [round(length / self.size) for length in _SEASONS.get(self.unit, ())]
        return [length for length in lengths if length > 1]

    def __str__(self) -> str:
        if self.unit == SECONDS:
            name, size = next(u for u in _UNITS if self.size % u[1] == 0 or u[1] == 1)
            return _counted(self.size / size, name)
        if self.unit == MONTHS:
            return _counted(self.size, "month")
        return f"{self.size:g}" if self.unit == NUMBERS else "1 row"

    def _numbers(self, times: Array) -> Array:
        if self.unit == MONTHS:
            months: Array = times.astype("M8[M]").astype(float)
            return months
        return times.astype(float)


ROW = TimeStep()
"""Of rows without times."""


def shown_time(time: Any) -> str:
    """A time as text."""
    return shown_times([time])[0]


def shown_times(times: Sequence[Any]) -> list[str]:
    """Times as texts of one form: days alone where all are midnight."""
    if not isinstance(times[0], np.datetime64):
        return [f"{float(time):.15g}" for time in times]
    texts = [str(time).replace("T", " ") for time in times]
    if all(text.endswith(" 00:00:00") for text in texts):
        return [text[:-9] for text in texts]
    whole = all(text.endswith(":00") for text in texts)
    return [text.removesuffix(":00") for text in texts] if whole else texts


def _counted(count: float, name: str) -> str:
    return f"{count:g} {name}{'s' * (count != 1)}"


def _of_months(times: Array, same: Array) -> TimeStep | None:
    """Steps of months, which have no one length; None where these are none."""
    days = times.astype("M8[D]")
    in_month = (days - times.astype("M8[M]")).astype(int)
    at_end = bool(((days + 1).astype("M8[M]") > times.astype("M8[M]")).all())
    if len(set(in_month.tolist())) > 1 and not at_end:
        return None
    if ((times - days).astype(int) != (times[0] - days[0]).astype(int)).any():
        return None
    gaps = np.diff(times.astype("M8[M]").astype(int))[same]
    if not len(gaps) or (gaps < 1).any():
        return None
    sizes, counts = np.unique(gaps, return_counts=True)
    return TimeStep(MONTHS, float(sizes[counts.argmax()]), at_end)
