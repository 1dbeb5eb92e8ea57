"""How sure is a proportion, or a measure that is made of sums over rows?"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks, groups_in
from search.study.answer import Interval

Z = 1.959964
RESAMPLES = 2000
MOST_FOR_BCA = 2000
"""Rows up to which a bootstrap is corrected for bias and skew (BCa): that leaves each row out once,
and costs the square of their number. Beyond, so many rows need no correction: percentiles."""

DRAWS, MOST_GROUPS = 1000, 500
"""Of many measures at once; of more rows, groups of them are drawn in their place."""
MOST_MOMENTS = 2000
"""Of a series; of more, neighbouring ones are drawn together."""

MOST_SUMS = 500
"""Of more rows, the sums of so many groups are resampled in place of the rows: a bootstrap of
100,000 rows takes seconds, one of 500 groups 0.03 s, and its width is right to a few percent."""

AT_ONCE = 250
"""Of the draws of `of_errors`."""
FARTHEST = 6.0
"""Standard errors, on the logarithmic scale, to which an end of its interval may lie: of ten rows
or fewer, a draw may hold one value alone, all but once."""

LEAST = 1e-12
"""From 0 and from 1: what lies nearer is 0 or 1 but for rounding."""
NEAREST = 8
"""A proportion's draws keep this part of its own distance to 0 or 1. Simulated areas of 0.85 to
0.998 with 10 to 100 rows of the class: 4 held the truth in 85 to 96 of 100 samples, 8 in 92 to 97,
and 32 in 93 to 99 with intervals up to three times as wide."""


def wilson(right: int, rows: int) -> Interval:
    """Wilson's 95 % interval of a proportion; unlike a bootstrap it has a width at 0 and 1 too.

    Args:
        right: Rows that count.
        rows: All rows, at least one.
    """
    return _wilson(right / rows, rows, Z)


def _wilson(part: float, rows: float, far: float) -> Interval:
    """Of a proportion of so many rows, `far` standard errors to each side."""
    middle = (part + far**2 / (2 * rows)) / (1 + far**2 / rows)
    half = far / (1 + far**2 / rows)
    half *= math.sqrt(part * (1 - part) / rows + (far / (2 * rows)) ** 2)
    # Where none or all count, nothing but rounding could part that end from 0 or 1.
    return Interval(middle - half if part > 0 else 0.0, middle + half if part < 1 else 1.0)


def students_t(freedom: float) -> float:
    """Student's t of 97.5 %, by its quantile alone: `scipy.stats` takes half a second to import."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))


def of_ratio(hits: Array, of: Array, groups: Array | None = None) -> Interval | None:
    """Wilson's 95 % interval of a part of what rows have: of as many as tell as much, with groups.

    By groups, the spread of the ratio over whole groups tells of how many independent rows it is,
    and Student's t stands in the place of the normal. Where all or none count, the groups do not
    show how alike their rows are, and so count as a row each.

    Args:
        hits: What counts of each row, shape (rows,).
        of: Of which it counts, as 1 where the row itself does; shape (rows,).
        groups: Of each row, from 0 without a gap; None where rows are independent.

    Returns:
        None where nothing could count, or all that could is of one group.
    """
    total, found = float(of.sum()), float(hits.sum())
    if not total:
        return None
    if groups is None:
        return wilson(round(found), round(total))
    many, part = len(np.unique(groups[of > 0])), found / total
    if many < 2:
        return None
    far, alone = students_t(many - 1), part * (1 - part) / total
    apart = np.bincount(groups, hits - part * of)
    spread = many / (many - 1) * float(np.square(apart).sum()) / total**2
    rows = total / max(1.0, spread / alone) if alone > 0 else float(many)
    return _wilson(part, rows, far)


def bootstrapped(parts: Array, measure: Callable[[Array], Array]) -> Interval:
    """A 95 % interval of a measure that is made of sums over rows.

    Args:
        parts: What a row adds to each sum, shape (rows, sums).
        measure: From means over rows, shape (…, sums), to the measure, shape (…).
    """
    from scipy.stats import bootstrap

    rows = len(parts)

    def of_rows(chosen: Array, axis: int = -1) -> Array:
        return measure(parts[chosen].mean(axis=axis - 1 if axis < 0 else axis))

    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        found = bootstrap(
            (np.arange(rows),),
            of_rows,
            n_resamples=RESAMPLES,
            batch=max(1, 4_000_000 // parts.size),
            vectorized=True,
            method="BCa" if rows <= MOST_FOR_BCA else "percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
    value = float(measure(parts.mean(axis=0)))
    # Where all rows are predicted alike, there is no spread, and BCa gives no number.
    low, high = (float(end) if math.isfinite(end) else value for end in (found.low, found.high))
    return Interval(low, high)


def by_groups(parts: Array, measure: Callable[[Array], Array]) -> Interval:
    """As `bootstrapped`, of many rows by groups of them, each as large as the rows that it has.

    Args:
        parts: What a row adds to each sum, shape (rows, sums).
        measure: From means over rows, shape (…, sums), to the measure, shape (…).
    """
    if len(parts) <= MOST_SUMS:
        return bootstrapped(parts, measure)
    sums = _grouped(np.column_stack([parts, np.ones(len(parts))]))
    return bootstrapped(sums, lambda means: measure(means[..., :-1] / means[..., -1:]))


def _grouped(parts: Array) -> Array:
    """Sums of `MOST_SUMS` groups of rows, drawn at random."""
    drawn = np.random.default_rng(0).permutation(len(parts))
    starts = np.linspace(0, len(parts), MOST_SUMS, endpoint=False).astype(int)
    found: Array = np.add.reduceat(parts[drawn], starts)
    return found


def of_errors(errors: Array) -> Interval:
    """A 95 % interval of the mean of errors that are not negative, such as squared ones.

    By a bootstrap that studentises each draw on the logarithmic scale: where few large errors make
    the most of the mean, draws that hold them seldom look surer than they are, and the interval
    reaches further up than down. `docs/statistics.md` has the coverage.

    Args:
        errors: Of each row, shape (rows,); of many rows groups of them are drawn.
    """
    if len(errors) > MOST_FOR_BCA:
        errors = _grouped(errors) * (MOST_SUMS / len(errors))
    rows, value = len(errors), float(errors.mean())
    error = float(errors.std()) / math.sqrt(rows)
    if not value or not math.isfinite(value) or error <= 1e-9 * value:
        return Interval(value, value)
    generator, found = np.random.default_rng(0), []
    for _ in range(RESAMPLES // AT_ONCE):
        drawn = errors[generator.integers(0, rows, (AT_ONCE, rows))]
        means, spreads = drawn.mean(axis=1), drawn.std(axis=1) / math.sqrt(rows)
        known = (means > 0) & (spreads > 0)
        found.append(np.log(means[known] / value) * means[known] / spreads[known])
    ends = np.clip(np.percentile(np.concatenate(found), [97.5, 2.5]), -FARTHEST, FARTHEST)
    low, high = value * np.exp(-ends * error / value)
    return Interval(float(low), float(high))


def of_f1(hits: int, misses: int) -> Interval:
    """A 95 % interval of one class's F1.

    F1 = 2J / (1 + J), where J is the proportion of hits among the rows that are of the class or
    predicted so: a proportion, whose interval is Wilson's, and has a width at 0 and 1 too.

    Args:
        hits: Rows of the class that are predicted so.
        misses: Other rows that are of it or predicted so; one row at least is a hit or a miss.
    """
    return as_f1(wilson(hits, hits + misses))


def as_f1(found: Interval) -> Interval:
    """From the interval of J; see `of_f1`."""
    return Interval(2 * found.low / (1 + found.low), 2 * found.high / (1 + found.high))


def by_spread(value: float, drawn: Array) -> Interval | None:
    """A 95 % interval of a proportion by a bootstrap's spread, symmetric on the logit scale.

    For averages over ranks and classes: percentiles held the truth of an average precision in 91 to
    95 of 100 samples, this in 92 to 97. A draw counts as no nearer to 0 or 1 than by a part of the
    value's own distance (`NEAREST`), since one that reaches it would count as infinitely far.

    Args:
        value: Of the measure.
        drawn: The same of rows drawn with replacement; what is not finite does not count.

    Returns:
        None for 0 and 1, or what rounding alone tells from them, or without a spread.
    """
    from scipy.special import expit, logit

    known = drawn[np.isfinite(drawn)]
    if not LEAST < value < 1 - LEAST or len(known) < len(drawn) / 2:
        return None
    shares = np.clip(known, value / NEAREST, 1 - (1 - value) / NEAREST)
    half = Z * float(logit(shares).std())
    if half <= 1e-9:
        return None
    return Interval(*(float(expit(logit(value) + side)) for side in (-half, half)))


@dataclass(frozen=True, eq=False)
class Draws:
    """How often each row, or each group of many rows, is drawn in each of `DRAWS` bootstraps.

    Attributes:
        counts: float32, shape (draws, groups).
        group: Of each row.
        spread: By how much draws of blocks count as farther from the mean than they lie, since
            there are few blocks; None where rows are drawn by themselves.
        blocks: Which rows depend on each other; None where none do.
    """

    counts: Array
    group: Array
    spread: float | None = None
    blocks: Blocks | None = None

    @classmethod
    def of(cls, rows: int, blocks: Blocks | None = None) -> "Draws":
        """The same for so many rows each time.

        Args:
            rows: How many.
            blocks: Which of them depend on each other, where some do.
        """
        if blocks is None:
            return cls(*_drawn(rows))
        if (groups := blocks.groups) is None:
            return cls._of_blocks(blocks)
        counts, cell = _drawn(blocks.count)
        return cls(counts, cell[groups], _few(groups), blocks)

    @classmethod
    def among(cls, many: int, places: Array, blocks: Blocks | None = None) -> "Draws":
        """Of some rows among all that are drawn, so that a row is drawn alike with whatever others.

        Args:
            many: Rows among which these are; of groups the number of all groups.
            places: Of these rows among all.
            blocks: Of these rows, the code of each one's group among all; None without groups.
        """
        counts, group = _drawn(many)
        if blocks is None:
            return cls(counts, group[places])
        return cls(counts, group[blocks.moments], _few(blocks.moments), blocks)

    @classmethod
    def _of_blocks(cls, blocks: Blocks) -> "Draws":
        """Blocks of neighbouring moments, with all rows of each: a circular moving-block bootstrap.

        Twice the horizon and the cube root of the moments is a block's length; of few blocks the
        spread is that of Student's t. `docs/statistics.md` has the coverage.
        """
        _, ranks = np.unique(blocks.moments, return_inverse=True)
        moments = int(ranks.max()) + 1
        length = min(blocks.length + math.ceil(moments ** (1 / 3)), max(1, moments // 2))
        together = -(-moments // MOST_MOMENTS)
        group, length = ranks // together, -(-length // together)
        cells = int(group.max()) + 1
        many = -(-cells // length)
        lengths = np.full(many, length)
        lengths[-1] = cells - length * (many - 1)
        starts = np.random.default_rng(0).integers(0, cells, (DRAWS, many))
        change = np.zeros((DRAWS, 2 * cells + 1), np.int32)
        rows = np.arange(DRAWS)[:, None]
        np.add.at(change, (rows, starts), 1)
        np.add.at(change, (rows, starts + lengths), -1)
        drawn = change.cumsum(axis=1)[:, : 2 * cells]
        counts = (drawn[:, :cells] + drawn[:, cells:]).astype(np.float32)
        number = cells / length
        spread = students_t(max(number - 1, 1)) / Z / math.sqrt(max(1 - 1 / number, 0.3))
        return cls(counts, group, spread, blocks)

    def widened(self, value: float, drawn: Array, *, share: bool = False) -> Array:
        """What was measured of rows drawn anew, as far from the value as few groups ask for.

        Args:
            value: Of all rows.
            drawn: Of `places` or `sums_by`, or of `means` and `sums` where these are of groups.
            share: Whether the measure has a natural 1: it then stays between 0 and 1.
        """
        if self.spread is None:
            return drawn
        known = drawn[np.isfinite(drawn)]
        if (
            share
            and LEAST < value < 1 - LEAST
            and len(known)
            and known.min() >= 0
            and known.max() <= 1
        ):
            from scipy.special import expit, logit

            near = np.clip(drawn, value / NEAREST, 1 - (1 - value) / NEAREST)
            found: Array = expit(logit(value) + self.spread * (logit(near) - logit(value)))
            return found
        return value + self.spread * (drawn - value)

    @property
    def groups(self) -> Array | None:
        """Each row's group, as of `Blocks`; None without."""
        return groups_in(self.blocks)

    @property
    def _weights(self) -> Array:
        """How much each group counts in each draw; blocks in such a way that they are widened."""
        if self.blocks is None or self.spread is None or not self.blocks.length:
            return self.counts
        found: Array = 1 + np.float32(self.spread) * (self.counts - 1)
        return found

    def taken(self, places: Array) -> "Draws":
        """The same draws of some of the rows alone.

        Args:
            places: Of these rows among all.
        """
        blocks = self.blocks and Blocks(self.blocks.moments[places], self.blocks.length)
        return replace(self, group=self.group[places], blocks=blocks)

    def places(self, draw: int) -> Array:
        """Which rows a draw has, each as often as it is drawn."""
        often = self.counts[draw][self.group].astype(int)
        return np.repeat(np.arange(len(self.group)), often)

    def means(self, parts: Array) -> Array:
        """Means over the rows drawn, shape (draws, sums); NaN of a draw without rows."""
        sums = self.sums(np.column_stack([parts, np.ones(len(parts))]))
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Array = sums[:, :-1] / sums[:, -1:]
        return found

    def sums(self, parts: Array) -> Array:
        """Sums over the rows drawn, shape (draws, sums).

        Args:
            parts: What a row adds to each sum, shape (rows, sums).
        """
        groups = self.counts.shape[1]
        by_group = [np.bincount(self.group, column, groups) for column in parts.T]
        found: Array = self._weights @ np.array(by_group).T
        return found

    def sums_by(self, bins: Array, count: int, rows: Array) -> Array:
        """How many of some rows drawn are in each bin, shape (draws, count).

        Args:
            bins: Of each row.
            count: Of the bins.
            rows: Which ones count, bool, shape (rows,).
        """
        groups = self.counts.shape[1]
        cells = np.bincount((self.group * count + bins)[rows], minlength=groups * count)
        found: Array = self.counts @ cells.reshape(groups, count).astype(np.float32)
        return found


def _drawn(rows: int) -> tuple[Array, Array]:
    """How often each of some cells is drawn, and in which cell each row is."""
    generator = np.random.default_rng(0)
    cells = min(rows, MOST_GROUPS)
    cell = generator.permutation(rows) % cells
    drawn = generator.integers(0, cells, (DRAWS, cells)) + cells * np.arange(DRAWS)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=DRAWS * cells).reshape(DRAWS, cells)
    return counts.astype(np.float32), cell


def _few(groups: Array) -> float:
    """By how much draws of few groups lie nearer to the mean than Student's t has it."""
    many = len(np.unique(groups))
    if many < 2:
        return math.nan
    return students_t(many - 1) / Z * math.sqrt(many / (many - 1))
