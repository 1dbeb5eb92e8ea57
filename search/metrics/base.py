"""What a measure is: value, interval, comparison of two models, direction, title, format."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks, groups_in
from search.metrics.intervals import NEAREST, Draws, Z, by_groups, by_spread, of_errors
from search.metrics.row_loss import OF_ITS_OWN, RowLoss
from search.study.answer import ROW, Interval, Paired
from search.study.outputs import PROBABILITIES
from search.study.task import MEASURES, Task

ROUNDING = 1e-6
"""As a part of a value, what float32 alone may make of it."""
PERFECT = 1e-6
"""Nearer to 1, or of an error to 0, a value is that of a model that has shown no error."""
SKEWED = 1.0
"""Skewness of draws from which on an interval that is even to both sides is wrong for it."""
POWER = 0.841621
"""Of a standard normal, what 4 of 5 lie below."""
REACHED = 0.3
"""Part of the draws that have a value exactly, where it is a maximum of rows: 63 in 100 have."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A measure's value on rows, and the same of rows drawn anew.

    Models are compared by the difference of their draws, which are of the same rows.

    Attributes:
        value: On all rows.
        drawn: Of `Draws`, from the first on, shape (draws,); empty where it cannot be resampled.
        title: What it is called where it is displayed; empty for its own name.
        blocks: Which rows depend on each other, so that only draws of them tell how sure it is.
        share: Whether its metric has a natural 1, as far as the metric's class or name tells.
        rows: The same of each row, shape (rows,), of a metric of one's own that is their mean.
        row_loss: What a measure of numbers adds up of rows.
        ends: Between which any value lies, of a metric or loss of one's own.
    """

    value: float
    drawn: Array = field(default_factory=lambda: np.empty(0))
    title: str = ""
    blocks: Blocks | None = None
    share: bool = False
    rows: Array | None = None
    row_loss: RowLoss = OF_ITS_OWN
    ends: tuple[float, float] = (-math.inf, math.inf)

    @property
    def in_blocks(self) -> bool:
        """Whether rows depend on each other."""
        return self.blocks is not None

    @property
    def groups(self) -> Array | None:
        """Each row's group, as of `Blocks`; None without."""
        return groups_in(self.blocks)

    @property
    def right(self) -> Array | None:
        """Which rows are right, where each is right or wrong, shape (rows, 1)."""
        if self.rows is None or self.in_blocks or not np.isin(self.rows, (0.0, 1.0)).all():
            return None
        known = self.share or np.ptp(self.rows) > 0
        return self.rows[:, None] if known else None


@dataclass(frozen=True, eq=False)
class PairedScores:
    """Predictions of rows, and a measure of them.

    Attributes:
        said: The predictions.
        estimate: Of the measure.
        kind: What the predictions are, as by `search.study.outputs.Outputs.kind_read`.
    """

    said: Array
    estimate: Estimate
    kind: str = PROBABILITIES


class Difference(NamedTuple):
    """By how much one model lies ahead of another on the same rows."""

    lead: float
    spread: float
    interval: Interval


class Measure:
    """One measure.

    Args:
        name: Behind "val_" in an objective.
        task: Whose predictions it measures.

    Attributes:
        title: As displayed.
        share: Whether it has a natural 1: shown with three digits, and no unit moves its interval.
        power: Of the targets' unit, in which it is: 1 for an error of numbers.
        keras: Keras's metric of the same, which curves are measured by.
        maximize: Whether more is better.
    """

    title: str = ""
    share: bool = False
    power: ClassVar[int] = 0
    keras: ClassVar[str] = ""

    def __init__(self, name: str, task: Task) -> None:
        self.task = task
        self.maximize = MEASURES[name][0] == "maximize"

    def better(self, gap: float) -> float:
        """A difference with the sign that it is better with."""
        return gap if self.maximize else -gap

    def resolution(self, y: Array) -> float:
        """A difference that rounding alone may make, beside `ROUNDING` of the values themselves.

        Args:
            y: The truth.
        """
        return 1e-9 if self.share else 0.0  # of what has no natural unit, any number may be large

    def estimate(self, said: Array, y: Array, draws: Draws) -> Estimate:
        """Its value and draws.

        Args:
            said: Predictions, as by `search.training.predict.predictions`.
            y: The truth, as in `Dataset`.
            draws: Of the rows.
        """
        raise NotImplementedError

    def of_epoch(self, said: Array, y: Array) -> float:
        """Its value as Keras's metric has it after an epoch."""
        raise NotImplementedError

    def keras_options(self, outputs: int) -> Mapping[str, Any]:
        """What `keras` is made with.

        Args:
            outputs: Of the model.
        """
        return {}

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """A 95 % interval; None where its draws do not vary.

        Args:
            said: Predictions.
            y: The truth.
            estimate: Of them.
        """
        return by_draws(estimate, share=self.share)

    def standard_error(self, value: float, counts: Sequence[int]) -> float:
        """Of a value, as far as it follows from counts of rows by class; else 0."""
        return 0.0

    def counted(self, said: Array, y: Array) -> Array | None:
        """What each row adds, where rows are right or wrong, so that few of them may decide."""
        return None

    def beside(self, said: Array, y: Array, names: Sequence[str] | None) -> dict[str, float]:
        """What else is shown of a model by whom it is the headline, by name.

        Args:
            said: Predictions.
            y: The truth.
            names: Of labels or targets.
        """
        return {}

    def paired(self, y: Array, one: PairedScores, other: PairedScores) -> Paired | None:
        """How far the first model lies ahead of the second, and whether that is more than noise.

        Args:
            y: The truth of the rows.
            one: The first.
            other: The second.

        Returns:
            None where one of the two has no finite value, or no draws.
        """
        values = one.estimate.value, other.estimate.value
        drawn = drawn_apart(one.estimate, other.estimate)
        if not np.isfinite(values).all() or not len(drawn) or not math.isfinite(drawn.std()):
            return None
        lead, spread, interval = self._difference(y, one, other, float(drawn.std()))
        rounding = ROUNDING * max(map(abs, values))
        sure = abs(lead) > max(rounding, self.resolution(y)) and not holds_0(interval)
        told = "level" if not sure else "ahead" if lead > 0 else "behind"
        blocks = one.estimate.blocks
        count = (blocks.count if blocks else 0) or len(y)
        needed = count * ((Z + POWER) * spread / lead) ** 2 if lead else math.inf
        rows = needed if math.isfinite(needed) else None
        return Paired(lead, interval, told, rows, blocks.unit if blocks else ROW)

    def _difference(
        self, y: Array, one: PairedScores, other: PairedScores, spread: float
    ) -> Difference:
        """By the spread of the difference of both models' draws."""
        lead = self.better(one.estimate.value - other.estimate.value)
        within = self._beside_sure(y, one, other, 1.0) or self._beside_sure(y, other, one, -1.0)
        return Difference(lead, spread, within or self._by_spread(lead, spread, one, other))

    def _beside_sure(
        self, y: Array, one: PairedScores, sure: PairedScores, sign: float
    ) -> Interval | None:
        """Of a lead over what rows drawn anew do not change: as wide as the one's own interval."""
        if not self._is_sure(sure.estimate) or not varies(one.estimate):
            return None
        within = self.interval(one.said, y, one.estimate)
        if within is None:
            return None
        ends = (sign * self.better(end - sure.estimate.value) for end in (within.low, within.high))
        return Interval(*sorted(ends))

    def _is_sure(self, of: Estimate) -> bool:
        """Whether other rows would give the same: not where these few have shown no error yet."""
        perfect = 1.0 if self.maximize else 0.0
        return not varies(of) and abs(of.value - perfect) > PERFECT

    def _by_spread(
        self, lead: float, spread: float, one: PairedScores, other: PairedScores
    ) -> Interval:
        """Even to both sides, and within what two shares can differ by."""
        low, high = lead - Z * spread, lead + Z * spread
        pair = (one.estimate, other.estimate)
        if not self.share or not all(in_unit_interval(of) for of in pair):
            return Interval(low, high)
        ends = [(of.value, of.value) if self._is_sure(of) else (0.0, 1.0) for of in pair]
        (least, most), (lowest, highest) = ends
        limits = sorted(self.better(end) for end in (least - highest, most - lowest))
        return Interval(max(low, limits[0]), min(high, limits[1]))


KNOWN: dict[tuple[str, str], Measure] = {}
"""By name and task; see `measures`."""
_Class = TypeVar("_Class", bound=type[Measure])


def measures(name: str, *tasks: Task) -> Callable[[_Class], _Class]:
    """Register a class as what an objective of this name measures.

    Args:
        name: Of `search.study.task.MEASURES`.
        tasks: Whose predictions it measures.
    """

    def registered(measure: _Class) -> _Class:
        KNOWN.update({(name, task.name): measure(name, task) for task in tasks})
        return measure

    return registered


def holds_0(interval: Interval) -> bool:
    """Whether a difference may be none."""
    return interval.low <= 0.0 <= interval.high


def varies(of: Estimate) -> bool:
    """Whether rows drawn anew change an estimate by more than rounding."""
    drawn = of.drawn[np.isfinite(of.drawn)]
    return len(drawn) > 0 and float(np.ptp(drawn)) > ROUNDING * max(abs(of.value), ROUNDING)


def in_unit_interval(of: Estimate) -> bool:
    """Whether its value and all its draws lie between 0 and 1."""
    values = np.append(of.drawn[np.isfinite(of.drawn)], of.value)
    return bool(((values >= 0) & (values <= 1)).all())


def drawn_apart(one: Estimate, other: Estimate) -> Array:
    """The difference of two models' draws, of those that both have."""
    many = min(len(one.drawn), len(other.drawn))
    gaps = one.drawn[:many] - other.drawn[:many]
    found: Array = gaps[np.isfinite(gaps)]
    return found if len(found) >= many / 2 else np.empty(0)


def by_draws(estimate: Estimate, *, share: bool) -> Interval | None:
    """A 95 % interval from the spread of draws, which has the unit that the measure has.

    Symmetric on the logit scale for a share, and on the logarithmic one for an error: neither ends
    below 0. A share that may be negative, as a correlation, has it by its distance to 1, and ends
    below 1. What else may be negative has one that is even to both sides; so has a share of blocks,
    up to 1. `docs/statistics.md` has how often each held the truth.

    Args:
        estimate: Of the measure.
        share: Whether the measure has a natural 1.
    """
    value, drawn = estimate.value, estimate.drawn[np.isfinite(estimate.drawn)]
    few = len(drawn) < 2 or len(drawn) < len(estimate.drawn) / 2 or not math.isfinite(value)
    if few or _is_extreme(value, drawn) or float(drawn.std()) <= 1e-9 * abs(value):
        return None
    if share and in_unit_interval(estimate):
        return by_spread(value, estimate.drawn)
    if share and value < 1 and not estimate.in_blocks and drawn.max() <= 1:
        return _below_1(estimate)
    found = _even(estimate, drawn, share=share)
    return Interval(found.low, min(found.high, 1.0)) if share and value <= 1 else found


def of_sums(
    parts: Array, measure: Callable[[Array], Array], blocks: Blocks | None, *, share: bool
) -> Interval | None:
    """As `by_groups` of `search.metrics.intervals`; of rows that depend on each other by draws.

    Args:
        parts: What a row adds to each sum, shape (rows, sums).
        measure: From means over rows, shape (…, sums), to the measure, shape (…).
        blocks: Which rows depend on each other, where some do.
        share: Whether the measure has a natural 1.

    Returns:
        None where rows drawn anew do not change it.
    """
    if blocks is None:
        return by_groups(parts, measure)
    draws = Draws.of(len(parts), blocks)
    with np.errstate(all="ignore"):
        value, drawn = float(measure(parts.mean(axis=0))), measure(draws.means(parts))
    if draws.groups is not None:
        drawn = draws.widened(value, drawn, share=share)
    return by_draws(Estimate(value, drawn, blocks=blocks), share=share)


def of_mean(rows: Array, blocks: Blocks | None, *, share: bool) -> Interval | None:
    """A 95 % interval of a mean over rows; see `of_sums`, and of errors `of_errors`.

    Args:
        rows: Of each, shape (rows,).
        blocks: Which rows depend on each other, where some do.
        share: Whether the measure has a natural 1.
    """
    if blocks is None and not share and rows.min() >= 0:
        return of_errors(rows)
    return of_sums(rows[:, None], lambda means: means[..., 0], blocks, share=share)


def _even(estimate: Estimate, drawn: Array, *, share: bool) -> Interval:
    """Of an error on the logarithmic scale; percentiles of draws that are skewed.

    Those of an R² by blocks held the truth in 64 of 100 samples of 60 windows, so it has none.
    """
    value = estimate.value
    # Draws of blocks are widened, so that those of an error may lie below 0.
    positive = not share and value > 0 and (estimate.in_blocks or drawn.min() >= 0)
    if positive:
        drawn = np.maximum(drawn, value / NEAREST)
    scaled = np.log(drawn) if positive else drawn
    spread = float(scaled.std())
    skewness = abs(float(np.mean(((scaled - scaled.mean()) / spread) ** 3)))
    if skewness > SKEWED and not (share and estimate.in_blocks):
        return Interval(*(float(end) for end in np.percentile(drawn, [2.5, 97.5])))
    half = Z * spread
    if positive:
        return Interval(value * math.exp(-half), value * math.exp(half))
    return Interval.around(value, half)


def _below_1(of: Estimate) -> Interval | None:
    """By the distance to 1, as of an error."""
    found = by_draws(replace(of, value=1 - of.value, drawn=1 - of.drawn), share=False)
    return found and Interval(1 - found.high, 1 - found.low)


def why_no_interval(estimate: Estimate) -> str:
    """Why `by_draws` or another interval gives none.

    Args:
        estimate: Without an interval.
    """
    drawn, groups = estimate.drawn[np.isfinite(estimate.drawn)], estimate.groups
    if groups is not None and not groups.any():
        return "all rows are of one group, which does not tell how another would do"
    if len(drawn) < 2:
        return "it cannot be measured on rows drawn anew"
    if len(drawn) < len(estimate.drawn) / 2:
        return "most sets of rows drawn anew lack what it needs"
    if _is_extreme(estimate.value, drawn):
        return "it is the largest or smallest of all rows, which no rows drawn anew exceed"
    return "rows drawn anew do not change it"


def _is_extreme(value: float, drawn: Array) -> bool:
    """Whether draws reach a value, some of them exactly, lie on one side of it, and differ."""
    rounding = 1e-6 * abs(value)
    reached = np.abs(drawn - value) <= rounding
    one_side = bool((drawn <= value + rounding).all() or (drawn >= value - rounding).all())
    return one_side and REACHED <= float(reached.mean()) < 1
