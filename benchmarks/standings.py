"""From single runs to what is compared: medians with their spread, and ratios to the product."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.entrants import Entrant
from benchmarks.performing import Performance


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing.

    Attributes:
        median: Of all.
        low: The least.
        high: The greatest.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """At least one value."""
        values = list(values)
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Standing:
    """One contestant over all its repeats.

    Attributes:
        entrant: Who.
        budget: Trials that are compared.
        runs: One at least, by repeat.
    """

    entrant: Entrant
    budget: int
    runs: Sequence[Performance]

    @property
    def trials(self) -> int:
        """How many it ran."""
        return self.runs[0].order.trials

    @property
    def scaled(self) -> bool:
        """Whether it ran fewer than are compared."""
        return self.trials != self.budget

    def spread(self, what: Callable[[Performance], float]) -> Spread:
        """One measure over the repeats."""
        return Spread.of(what(run) for run in self.runs)

    @property
    def first(self) -> Spread:
        """Seconds from command to the first trial's result."""
        return self.spread(lambda run: run.first)

    @property
    def last(self) -> Spread:
        """Seconds from command to the last trial's result."""
        return self.spread(lambda run: run.last(self.budget))

    @property
    def per_trial(self) -> Spread:
        """Seconds for each further trial."""
        return self.spread(lambda run: run.per_trial)

    @property
    def cpu(self) -> Spread:
        """CPU seconds to the last trial's result."""
        return self.spread(lambda run: run.cpu(self.budget))

    @property
    def page(self) -> Spread | None:
        """Seconds from command to page, for who makes one."""
        made = [run.page for run in self.runs if run.page is not None]
        return Spread.of(made) if made else None

    def loss_above(self, other: "Standing") -> tuple[float, float] | None:
        """How much higher the best loss is than another's.

        Returns:
            Mean over pairs of the same seed and its standard error (NaN with one pair); None where
            they ran different numbers of trials, or are the same.
        """
        if self.trials != other.trials or self.entrant == other.entrant:
            return None
        pairs = zip(self.runs, other.runs, strict=False)
        return mean_and_error([mine.best_loss - theirs.best_loss for mine, theirs in pairs])


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """The mean and its standard error, which is NaN of a single value."""
    count = len(values)
    error = statistics.stdev(values) / math.sqrt(count) if count > 1 else math.nan
    return statistics.mean(values), error


def ratio(ones: Sequence[float], others: Sequence[float]) -> tuple[float, float, float]:
    """The geometric mean of ones to others, and its interval; NaN where there is one pair alone."""
    from scipy.stats import t

    logs = [math.log(one / other) for one, other in zip(ones, others, strict=True)]
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(mean), math.nan, math.nan
    half = t.ppf(0.975, len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)
