"""Where does the winner err? Slices of the held-out rows on which it does worse than on the rest.

Every slice that is looked at counts in the correction, so that what is claimed is seldom chance.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np

from search.data.column_steps import days_of
from search.data.columns import Columns
from search.data.dataset import Array
from search.data.rows_in_file import taken, whole
from search.data.series_rows import Blocks, groups_in
from search.data.split import HELD_OUT, Parts
from search.finals.worst_rows import texts
from search.metrics.base import of_mean
from search.metrics.intervals import of_ratio
from search.study.plain_text import short
from search.study.task import TASKS

ROWS = 20_000
"""Held-out rows that are looked at; of more, evenly."""
LEAST, LEAST_SHARE = 10, 0.02
"""Rows of a slice at least: fewer tell nothing."""
LEAST_GROUPS = 5
"""That have rows in a slice, and rows out of it, where rows are of groups."""
VALUES, RANGES = 10, 4
"""Categories of a column that are slices, and ranges of a number: its quarters."""
SINGLE, PAIRED = 100, 5
"""Columns that are looked at, and those whose slices are also taken two by two."""
LEVEL = 0.05
CLAIMED = 10


class Slice(NamedTuple):
    """Some rows, what they have in common, and of two columns' the texts of the two slices."""

    text: str
    inside: Array
    halves: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RowScores:
    """How well each held-out row is predicted.

    Attributes:
        measure: Whose mean over rows it is.
        values: Of each row.
        maximize: Whether more is better.
    """

    measure: str
    values: Array
    maximize: bool

    @classmethod
    def of(cls, said: Array, y: Array, task: str) -> "RowScores":
        """Right or wrong of classes, the fraction of right labels, or the error of numbers.

        Args:
            said: Predictions, numbers in their own units.
            y: The truth.
            task: Such as "binary".
        """
        if TASKS[task].has_numbers:
            y = y.reshape(len(y), -1)
            spread = y.std(axis=0) if y.shape[1] > 1 else np.ones(1)
            errors = np.abs(said - y) / np.where(spread > 0, spread, 1.0)
            name = "MAE" if y.shape[1] == 1 else "MAE in standard deviations of each target"
            return cls(name, errors.mean(axis=1), False)
        if TASKS[task].classifies:
            return cls("accuracy", (said.argmax(axis=1) == y).astype(float), True)
        return cls("accuracy of labels", ((said >= 0.5) == (y == 1)).mean(axis=1), True)

    @property
    def badness(self) -> Array:
        """More is worse."""
        return 1 - self.values if self.maximize else self.values


def weak_slices(
    parts: Parts, names: Sequence[str], weights: Sequence[float], scores: RowScores
) -> dict[str, Array]:
    """The slices that are worse than the rest after Holm's correction, the surest first.

    Args:
        parts: The rows.
        names: Of the features, where rows have no columns.
        weights: How much each column matters, by which those are chosen that are paired; empty
            where unknown.
        scores: Of all held-out rows.

    Returns:
        `measure`; `groups`, of which rows are, else 0; `looked`, how many slices were compared;
        `rows`, of how many; and of each slice that is claimed `slice`, its text, `count`, `score`,
        `low`, `high` (a 95 % interval of the score), `rest`, the score of all other rows, and `p`,
        corrected. Empty where the rows have neither columns nor features.
    """
    some = np.arange(0, len(scores.values), max(1, -(-len(scores.values) // ROWS)))
    scores = RowScores(scores.measure, scores.values[some], scores.maximize)
    columns = _slices(parts, names, weights, some)
    if not columns:
        return {}
    alone = _large([one for column in columns for one in column])
    both = _large(_pairs(columns[:PAIRED]))
    looked = [*alone, *both]
    blocks = parts.blocks(HELD_OUT)
    groups = None if blocks is None else Blocks(blocks.moments[some], 0).groups
    chances = holm(worse(scores.badness, [one.inside for one in looked], groups))
    claimed = [at for at in np.argsort(chances, kind="stable") if chances[at] < LEVEL]
    alone_too = {looked[at].text for at in claimed}
    # Of two columns only what neither says by itself.
    told = [at for at in claimed if not alone_too.intersection(looked[at].halves)][:CLAIMED]
    return {
        "measure": np.array(scores.measure),
        "groups": np.asarray(0 if groups is None else int(groups.max()) + 1),
        "looked": np.asarray(len(looked)),
        "rows": np.asarray(len(some)),
        **_told([looked[at] for at in told], scores, groups),
        "p": np.array([chances[at] for at in told]),
    }


def worse(badness: Array, slices: Sequence[Array], groups: Array | None = None) -> Array:
    """How likely rows that have nothing to do with their slice were as bad there, one-sided.

    Of rows that are right or wrong by Fisher's exact test, else by Mann and Whitney's; of groups by
    Student's t of the difference of means, whose spread is over groups.

    Args:
        badness: Of each row, more is worse.
        slices: Which rows each has, bool, shape (rows,).
        groups: Of each row, as of `Blocks`; None where rows are independent.
    """
    from scipy.stats import hypergeom, norm, rankdata

    if not slices:
        return np.empty(0)
    if groups is not None:
        return np.array([_by_groups(badness, inside, groups) for inside in slices])
    inside = np.array(slices, float)
    count, rows = inside.sum(axis=1), len(badness)
    if set(np.unique(badness)) <= {0.0, 1.0}:
        found: Array = hypergeom.sf(inside @ badness - 1, rows, badness.sum(), count)
        return found
    ranks = rankdata(badness)
    _, ties = np.unique(badness, return_counts=True)
    above = inside @ ranks - count * (count + 1) / 2 - count * (rows - count) / 2
    tied = float((ties.astype(float) ** 3 - ties).sum()) / (rows * (rows - 1))
    spread = np.sqrt(count * (rows - count) / 12 * (rows + 1 - tied))
    chances: Array = norm.sf((above - 0.5) / np.maximum(spread, 1e-12))
    return chances


def _by_groups(badness: Array, inside: Array, groups: Array) -> float:
    from scipy.stats import t

    gap, spread, fewest = 0.0, np.zeros(int(groups.max()) + 1), math.inf
    for sign, own in ((1, inside), (-1, ~inside)):
        mean, there = float(badness[own].mean()), len(np.unique(groups[own]))
        fewest = min(fewest, there)
        if fewest < LEAST_GROUPS:
            return 1.0
        of_groups = np.bincount(groups[own], badness[own] - mean, len(spread)) / own.sum()
        spread += sign * of_groups * math.sqrt(there / (there - 1))
        gap += sign * mean
    error = math.sqrt(float(np.square(spread).sum()))
    return float(t.sf(gap / error, fewest - 1)) if error else 1.0


def holm(chances: Array) -> Array:
    """P-values corrected by Holm: whatever hangs on what, any false claim has a chance of 5 %."""
    order = np.argsort(chances)
    stepped = np.maximum.accumulate(chances[order] * np.arange(len(chances), 0, -1))
    found = np.empty(len(chances))
    found[order] = np.minimum(stepped, 1.0)
    return found


def _told(slices: Sequence[Slice], scores: RowScores, groups: Array | None) -> dict[str, Array]:
    lines = []
    for one in slices:
        own, rest = scores.values[one.inside], scores.values[~one.inside]
        blocks = None if groups is None else Blocks(groups[one.inside], 0)
        if scores.measure == "accuracy":
            within = of_ratio(own, np.ones(len(own)), groups_in(blocks))
        else:
            within = of_mean(own, blocks, share=scores.maximize)
        ends = (within.low, within.high) if within else (own.mean(), own.mean())
        lines.append((len(own), own.mean(), *ends, rest.mean()))
    columns = np.array(lines, float).reshape(-1, 5).T
    keys = ("count", "score", "low", "high", "rest")
    return {
        "slice": np.array([one.text for one in slices], str),
        **dict(zip(keys, columns, strict=True)),
    }


def _slices(
    parts: Parts, names: Sequence[str], weights: Sequence[float], some: Array
) -> list[list[Slice]]:
    """Of each column, what matters most first."""
    raw, x = parts.raw_of(some), parts.held_out.x
    if raw is not None:
        own = [name for name in raw.names if raw.kinds[name] != "text"]
        steps = [step.name for step in parts.preparation.steps] if parts.preparation else own
        of = {name: list(_of_column(raw, name)) for name in own}
    elif getattr(x, "ndim", 0) == 2 and x.shape[1] <= SINGLE:
        steps = list(names)
        values = whole(taken(x, some)).astype(float).T
        of = {name: list(_ranges(name, own)) for name, own in zip(names, values, strict=True)}
    else:
        return []
    known = len(weights) == len(steps)
    order = sorted(range(len(steps)), key=lambda at: -weights[at]) if known else range(len(steps))
    return [of[steps[at]] for at in order if steps[at] in of][:SINGLE]


def _large(slices: Iterable[Slice]) -> list[Slice]:
    """Those that have rows enough, and leave enough."""

    def is_large(inside: Array) -> bool:
        least = max(LEAST, math.ceil(LEAST_SHARE * len(inside)))
        return least <= int(inside.sum()) <= len(inside) - least

    return [one for one in slices if is_large(one.inside)]


def _pairs(columns: Sequence[Sequence[Slice]]) -> Iterator[Slice]:
    for one, other in combinations(columns, 2):
        for first in one:
            for second in other:
                halves = first.text, second.text
                yield Slice(" and ".join(halves), first.inside & second.inside, halves)


def _of_column(raw: Columns, name: str) -> Iterator[Slice]:
    values, missing, kind = raw[name], raw.missing(name), raw.kinds[name]
    if missing.any():
        yield Slice(f"{name} is missing", missing)
    if kind == "number":
        yield from _ranges(name, np.where(missing, np.nan, values))
    elif kind == "date":
        yield from _ranges(name, np.where(missing, np.nan, days_of(values)), dates=True)
    else:
        said = np.array(texts(raw, name), str)
        each, counts = np.unique(said[~missing], return_counts=True)
        for value in each[np.argsort(-counts, kind="stable")][:VALUES]:
            yield Slice(f"{name} = {value}", (said == value) & ~missing)


def _ranges(name: str, values: Array, *, dates: bool = False) -> Iterator[Slice]:
    """Quarters of a number; each value by itself where there are no more than that."""
    known = values[np.isfinite(values)]
    if not len(known):
        return
    each = np.unique(known)
    if len(each) <= RANGES:
        for value in each:
            yield Slice(f"{name} = {_said(value, dates=dates)}", values == value)
        return
    edges = np.unique(np.quantile(known, np.linspace(0, 1, RANGES + 1)))
    for at, (low, high) in enumerate(pairwise(edges)):
        last = at == len(edges) - 2
        inside = (values >= low) & ((values <= high) if last else (values < high))
        yield Slice(f"{name} {_said(low, dates=dates)} to {_said(high, dates=dates)}", inside)


def _said(value: float, *, dates: bool) -> str:
    if dates:
        return str(np.datetime64("1970-01-01") + np.timedelta64(round(value), "D"))
    return short(float(value), 4)
