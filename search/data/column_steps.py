"""What becomes of one column: a step a kind.

What the training rows did not show adds nothing: it has no feature of its own, whose weight would
be left at its random start.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from search.data.columns import Array, Columns
from search.data.yes_no import meanings_of
from search.study.plain_text import percent

SEEN_OFTEN = 5
"""A category that fewer training rows have shares one feature with the other rare ones."""
MOST_VALUES = 50
"""Categories of a column with features of their own; the most frequent where there are more."""
DAY = np.timedelta64(86_400, "s")
MISSING_TEXT = ""
UNKNOWN = "[UNK]"
"""What Keras's lookups call a word that they do not know; so no value of a column can be that."""


@dataclass(frozen=True)
class NumberStep:
    """A number, less the mean of the training rows, in their standard deviations.

    Attributes:
        name: Of the column.
        mean: Subtracted; also what a missing value becomes, so that it ends as 0.
        deviation: Divided by; 1 where all training rows have one value.
        missing: Whether a feature marks missing values.
        share: Of the training rows that have no value.
        kind: Of the column.
    """

    name: str
    mean: float
    deviation: float
    missing: bool
    share: float = 0.0
    kind: Literal["number", "boolean"] = "number"

    @classmethod
    def learnt(cls, name: str, values: Array, missing: Array) -> "NumberStep":
        """Mean and deviation of the values that are there."""
        mean, deviation = _moments(values[~missing])
        return cls(name, mean, deviation, bool(missing.any()), _share(missing))

    @classmethod
    def of_booleans(cls, name: str, values: Array, missing: Array) -> "NumberStep":
        """False is 0 and true 1; a missing one is 0, and marked."""
        del values
        return cls(name, 0.0, 1.0, bool(missing.any()), _share(missing), "boolean")

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        return (self.name, f"{self.name} is missing") if self.missing else (self.name,)

    @property
    def told(self) -> str:
        """What becomes of the column, as text."""
        how = f"standardised by mean {self.mean:.4g} and deviation {self.deviation:.4g}"
        how = "false is 0, true is 1" if self.kind == "boolean" else how
        fill = "0" if self.kind == "boolean" else "the mean"
        return how + _told_missing(self.missing, self.share, f"become {fill} and are marked")

    def apply(self, values: Array, missing: Array) -> Array:
        """Features, float32, shape (rows, len(names)).

        In float64 up to the end: seconds since 1970 have no float32 of their own.
        """
        standard = np.where(missing, 0.0, (values - self.mean) / self.deviation)
        features = [standard, missing] if self.missing else [standard]
        return np.stack(features, axis=1, dtype=np.float32, casting="unsafe")


@dataclass(frozen=True)
class CategoryStep:
    """A text, as a feature for each that the training rows have often.

    Attributes:
        name: Of the column.
        values: Texts with a feature of their own, in order.
        other: Whether a feature marks all others; false where the training rows have no other.
            A missing one is among them where `missing` is false.
        missing: Whether a feature marks missing values.
        share: Of the training rows that have no value.
        rare: How many different texts of the training rows share the feature of the others.
        spellings: Of each value, where several mean the same, such as "yes" and "Y"; empty where
            each value has the one spelling.
        kind: Of the column.
    """

    name: str
    values: tuple[str, ...]
    other: bool
    missing: bool
    share: float = 0.0
    rare: int = 0
    spellings: tuple[tuple[str, ...], ...] = ()
    kind: Literal["category"] = "category"

    @classmethod
    def learnt(cls, name: str, values: Array, missing: Array) -> "CategoryStep":
        """The texts that are frequent enough."""
        texts, counts = np.unique(values[~missing].astype(str), return_counts=True)
        if meanings := meanings_of(dict(zip(texts.tolist(), counts.tolist(), strict=True))):
            both, spellings = tuple(meanings), tuple(meanings.values())
            return cls(name, both, False, bool(missing.any()), _share(missing), 0, spellings)
        by_frequency = np.lexsort((texts, -counts))[:MOST_VALUES]
        often = sorted(texts[by_frequency][counts[by_frequency] >= SEEN_OFTEN].tolist())
        often = [text for text in often if UNKNOWN not in text.split(" ")]
        rare = len(texts) - len(often)
        return cls(name, tuple(often), rare > 0, bool(missing.any()), _share(missing), rare)

    @property
    def spelled(self) -> tuple[tuple[str, ...], ...]:
        """The texts that are taken for each value."""
        return self.spellings or tuple((value,) for value in self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        own = [f"{self.name} = {value}" for value in self.values]
        other = [f"{self.name} is another"] if self.other else []
        return (*own, *other, *([f"{self.name} is missing"] if self.missing else []))

    @property
    def told(self) -> str:
        """What becomes of the column, as text."""
        texts = f"{self.values[0]!r} …" if len(self.values) > 4 else ", ".join(self.values)
        match len(self.values):
            case 0:
                return self._told_without_values
            case 1:
                how = f"a feature for its one frequent value ({texts})"
            case count:
                how = f"a feature for each of {count} values ({texts})"
        how += " however they are spelled" if self.spellings else ""
        how += f", one for {self.rare} rare ones and all that are new" if self.other else ""
        how += "" if self.other else ", none for one that is new"
        return how + _told_missing(self.missing, self.share, "have a feature")

    @property
    def _told_without_values(self) -> str:
        """Of free text, or of a column that the training rows have no value of."""
        why = f"none of its {self.rare:,} texts is in {SEEN_OFTEN} training rows or more"
        if not self.rare:
            return "of no use: the training rows have no value"
        if not self.missing:
            return f"of no use, as a constant is: {why}"
        return f"only whether there is a value ({percent(self.share, 1)} have none), since {why}"

    def apply(self, values: Array, missing: Array) -> Array:
        """Features, float32, shape (rows, len(names)); at most one of a row is 1."""
        import pandas as pd

        texts = [text for spelled in self.spelled for text in spelled]
        of = np.repeat(np.arange(len(self.values)), [len(spelled) for spelled in self.spelled])
        places = pd.Index(texts, dtype="object").get_indexer(pd.Index(values, dtype="object"))
        slots = np.append(of, -1)[places].astype(int)
        width = len(self.names)
        nowhere, known = width, len(self.values)
        slots[slots < 0] = known if self.other else nowhere
        slots[missing] = width - 1 if self.missing else slots[missing]
        return np.eye(width + 1, dtype=np.float32)[slots, :width]


@dataclass(frozen=True)
class DateStep:
    """A date: how late it is, and where in the year, the week and maybe the day, on circles.

    Attributes:
        name: Of the column.
        mean: Days since 1970, of the training rows.
        deviation: Of them, in days.
        hours: Whether training rows differ in their time of day.
        missing: Whether a feature marks missing values; the others are then 0.
        share: Of the training rows that have no value.
        kind: Of the column.
    """

    name: str
    mean: float
    deviation: float
    hours: bool
    missing: bool
    share: float = 0.0
    kind: Literal["date"] = "date"

    @classmethod
    def learnt(cls, name: str, values: Array, missing: Array) -> "DateStep":
        """Mean and deviation of the dates that are there."""
        days = days_of(values[~missing])
        mean, deviation = _moments(days)
        hours = len(np.unique(days % 1)) > 1
        return cls(name, mean, deviation, hours, bool(missing.any()), _share(missing))

    @property
    def periods(self) -> dict[str, float]:
        """Circles, and how many days each goes round in."""
        day = {"day": 1.0} if self.hours else {}
        return {"year": 365.2425, "week": 7.0, **day}

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        circles = [f"{self.name}, {c} ({f})" for c in self.periods for f in ("sine", "cosine")]
        mark = [f"{self.name} is missing"] if self.missing else []
        return (self.name, *circles, *mark)

    @property
    def told(self) -> str:
        """What becomes of the column, as text."""
        middle = np.datetime64("1970-01-01") + np.timedelta64(round(self.mean), "D")
        how = (
            f"days from {middle} in deviations of {self.deviation:.4g}, and sine and cosine of "
            f"the place in {', '.join(self.periods)}"
        )
        return how + _told_missing(self.missing, self.share, "become 0 and are marked")

    def apply(self, values: Array, missing: Array) -> Array:
        """Features, float32, shape (rows, len(names))."""
        days = np.where(missing, 0.0, days_of(values))
        features = np.stack([*self._features(days), missing], axis=1)
        features[missing, :-1] = 0
        return features[:, : len(self.names)].astype(np.float32)

    def _features(self, days: Array) -> Iterator[Array]:
        yield (days - self.mean) / self.deviation
        for period in self.periods.values():
            angle = days * (2 * np.pi / period)
            yield from (np.sin(angle), np.cos(angle))


@dataclass(frozen=True)
class TextStep:
    """A text that a model gets as it is: no feature, and an input of its own.

    Attributes:
        name: Of the column, and of the input.
        share: Of the training rows that have none.
        kind: Of the column.
    """

    name: str
    share: float = 0.0
    kind: Literal["text"] = "text"

    @classmethod
    def learnt(cls, name: str, values: Array, missing: Array) -> "TextStep":
        """Nothing but how many there are."""
        del missing
        return cls(name, _share(values == MISSING_TEXT))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features."""
        return ()

    @property
    def told(self) -> str:
        """What becomes of the column, as text."""
        return "stays text, an input of its own" + (
            f"; empty in {percent(self.share, 1)} of the training rows" if self.share else ""
        )

    def apply(self, values: Array, missing: Array) -> Array:
        """No features, shape (rows, 0)."""
        del missing
        return np.empty((len(values), 0), np.float32)


Step = NumberStep | CategoryStep | DateStep | TextStep


def days_of(dates: Array) -> Array:
    """Days since 1970, float64; NaN for a date that is missing."""
    return np.asarray((dates - np.datetime64("1970-01-01", "s")) / DAY)


def plain(columns: Columns, name: str) -> Array:
    """A column as an exported model takes it, shape (rows,).

    Returns:
        float64 for numbers and booleans (NaN where missing) and for dates (days since 1970); text
        for categories ("" where missing); texts as they are.
    """
    values, missing = columns[name], columns.missing(name)
    match columns.kinds[name]:
        case "category":
            return np.where(missing, MISSING_TEXT, values).astype(str)
        case "date":
            return np.where(missing, np.nan, days_of(values))
        case "number" | "boolean" | "text":
            return values


def _moments(values: Array) -> tuple[float, float]:
    """Mean and deviation, of numbers whose squares are no float64 as well."""
    if not len(values):
        return 0.0, 1.0
    largest = float(np.abs(values).max()) or 1.0
    mean = float((values / largest).mean() * largest)
    apart = float(np.abs(values - mean).max())
    # Of equal values the deviation is seldom 0: that of three times 0.1 is 1.4e-17.
    if values.min() == values.max() or apart <= 8 * np.finfo(float).eps * largest:
        return mean, 1.0
    return mean, float(((values - mean) / apart).std() * apart)


def _share(missing: Array) -> float:
    return float(missing.mean()) if len(missing) else 0.0


def _told_missing(marked: bool, share: float, become: str) -> str:
    return f"; missing ones ({percent(share, 1)} of the training rows) {become}" if marked else ""
