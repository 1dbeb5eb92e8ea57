"""How a part of the rows is cut off: at random, in order, by groups or by time."""

import warnings
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from search.data.dataset import Array, Dataset
from search.data.series_rows import SeriesRows
from search.study.errors import InputError
from search.study.task import TASKS

FOLDS = 20
"""Groups are dealt into so many folds, of which a part takes some: shares come out to 1/20."""


class Cut(Protocol):
    """A way to cut."""

    fix: ClassVar[str]
    """What helps where a part came out wrong."""

    def check(self, rows: Array, sizes: tuple[int, int, int]) -> None:
        """Refuse rows that cannot be cut so.

        Args:
            rows: Numbers of those that are to be cut.
            sizes: Wanted of training, validation and held-out; 0 for what is not cut from them.

        Raises:
            InputError: With the fix.
        """
        ...

    def off(self, rows: Array, size: int) -> tuple[Array, Array]:
        """The numbers of the rows that stay, and of those that are cut off."""
        ...


def cut_of(data: Dataset, *, shuffle: bool, seed: int) -> Cut:
    """The way that the data asks for, else the split.

    Raises:
        InputError: Groups are to be cut in order.
    """
    if data.series is not None:
        return BetweenBorders(data.series)
    if data.given.times is not None:
        return ByTime(data.given.times)
    if data.given.groups is not None:
        if not shuffle:
            raise InputError(
                "Split(shuffle=False)",
                "groups are drawn, not cut in order",
                "drop shuffle or group",
            )
        return ByGroups(data, data.given.groups, seed)
    return Drawn(data, seed) if shuffle else InOrder()


@dataclass(frozen=True, eq=False)
class Drawn:
    """At random, every class in proportion."""

    data: Dataset
    seed: int
    fix: ClassVar[str] = "give more rows or larger fractions"

    def check(self, rows: Array, sizes: tuple[int, int, int]) -> None:
        """Each part needs a row of each class."""
        names = self.data.class_names
        if not TASKS[self.data.task].classifies:
            return
        parts = [size for size in sizes if size]
        shown, counts = np.unique(self.data.y[rows], return_counts=True)
        fewest = int(counts.argmin())
        if len(parts) > 1 and (counts[fewest] < len(parts) or min(parts) < len(shown)):
            counted = len(names) > 2 and all(name.lstrip("-").isdecimal() for name in names)
            or_else = '; or, if they are amounts or counts, say task="regression"' * counted
            raise InputError(
                "split",
                f"class {names[shown[fewest]]!r} has {counts[fewest]:,} rows and the smallest "
                f"part {min(parts):,}",
                f"every part needs a row of each of {len(shown)} classes, so {self.fix}{or_else}",
            )

    def off(self, rows: Array, size: int) -> tuple[Array, Array]:
        """Drawn anew from the seed each time."""
        from sklearn.model_selection import train_test_split

        classes = self.data.y[rows] if TASKS[self.data.task].classifies else None
        stay, off = train_test_split(rows, test_size=size, stratify=classes, random_state=self.seed)
        return stay, off


@dataclass(frozen=True)
class InOrder:
    """From the end, as the rows stand."""

    fix: ClassVar[str] = "use shuffle=True or a smaller held_out"

    def check(self, rows: Array, sizes: tuple[int, int, int]) -> None:
        """Any rows will do."""

    def off(self, rows: Array, size: int) -> tuple[Array, Array]:
        """The last rows."""
        return rows[:-size], rows[-size:]


@dataclass(frozen=True, eq=False)
class ByTime:
    """From the newest; rows of one moment stay together, so that none is trained on and judged."""

    times: Array
    fix: ClassVar[str] = (
        "the oldest rows train and the newest are held out, so give rows of more moments or "
        "other fractions"
    )

    def check(self, rows: Array, sizes: tuple[int, int, int]) -> None:
        """There must be a moment for each part."""
        _check_enough("time", "moment", self.times[rows], sizes)

    def off(self, rows: Array, size: int) -> tuple[Array, Array]:
        """At the moment nearest to the size that leaves both sides a row."""
        ordered = rows[np.argsort(self.times[rows], kind="stable")]
        starts = np.flatnonzero(np.diff(self.times[ordered])) + 1
        if not len(starts):
            return ordered, ordered[:0]
        at = starts[np.abs(starts - (len(rows) - size)).argmin()]
        return ordered[:at], ordered[at:]


@dataclass(frozen=True, eq=False)
class BetweenBorders:
    """Windows of a series from the newest; those across a border, horizon and all, are in no part.

    A size is a part of the time between the first and the last step.
    """

    series: SeriesRows
    fix: ClassVar[str] = "shorten window or horizon, give a longer series, or larger fractions"

    def check(self, rows: Array, sizes: tuple[int, int, int]) -> None:
        """What is too short shows as it is cut."""

    def off(self, rows: Array, size: int) -> tuple[Array, Array]:
        """What ends before the border, and what begins at it or behind."""
        first, last = self.series.first[rows], self.series.last[rows]
        steps = int(last.max() + 1 - first.min())
        cut = round(steps * size / len(rows))
        border = last.max() + 1 - cut
        stay, off = rows[last < border], rows[first >= border]
        if not len(stay) or not len(off):
            form = self.series.form
            raise InputError(
                "split",
                f"a part of {steps - cut if not len(stay) else cut:,} steps has no room for a "
                f"window of {form.window} and a horizon of {form.horizon}, and none crosses a "
                "border between parts",
                self.fix,
            )
        return stay, off


@dataclass(frozen=True, eq=False)
class ByGroups:
    """Whole groups at random, every class in proportion as far as the groups allow."""

    data: Dataset
    groups: Array
    seed: int
    fix: ClassVar[str] = "use another seed or larger fractions, or give more groups"

    def check(self, rows: Array, sizes: tuple[int, int, int]) -> None:
        """There must be a group for each part."""
        _check_enough("group", "group", self.groups[rows], sizes)

    def off(self, rows: Array, size: int) -> tuple[Array, Array]:
        """Some of the folds."""
        from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

        groups, y = self.groups[rows], self.data.y[rows]
        folds = min(FOLDS, len(np.unique(groups)))
        if TASKS[self.data.task].classifies:
            folds = min(folds, int(np.bincount(y).max()))
        if folds < 2:
            return rows, rows[:0]
        kind = StratifiedGroupKFold if TASKS[self.data.task].classifies else GroupKFold
        dealt = kind(n_splits=folds, shuffle=True, random_state=self.seed)
        with warnings.catch_warnings():  # a class with fewer rows than folds is in few of them
            warnings.simplefilter("ignore", UserWarning)
            offs = [off for _, off in dealt.split(rows, y, groups)]
        taken = min(max(1, round(folds * size / len(rows))), folds - 1)
        off = np.sort(np.concatenate(offs[:taken]))
        return np.delete(rows, off), rows[off]


def _check_enough(argument: str, what: str, values: Array, sizes: tuple[int, int, int]) -> None:
    """There must be a value for each part.

    Raises:
        InputError: There are fewer.
    """
    many, parts = len(np.unique(values)), sum(size > 0 for size in sizes)
    if many < parts:
        raise InputError(
            argument,
            f"the rows are of {many} {what}{'s' * (many != 1)}, too few for {parts} parts",
            f"give another column, or drop {argument}=",
        )
