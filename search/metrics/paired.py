"""Is one model better than another on the same rows, by a measure?"""

import math
from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array
from search.metrics.measures import Estimate, Measure, OfRows
from search.study.answer import Interval, Paired
from search.study.outputs import PROBABILITIES

Z = 1.959964
ERROR = 0.05
ROUNDING = 1e-6
"""As a part of a value, what float32 alone may make of it."""
FLIPS, BLOCK = 5000, 500


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


def paired(measure: Measure, y: Array, one: PairedScores, other: PairedScores) -> Paired | None:
    """How far the first model lies ahead of the second, and whether that is more than noise.

    Accuracies of classes by McNemar's exact test on the rows that one alone has right, and
    Tango's score interval. All else by the spread of the difference of both models' draws; of
    what counts right and wrong rows, the two also have to differ by more than exchanging them row
    by row does, since a bootstrap of four such rows is surer than four rows can be.

    Args:
        measure: Of both.
        y: The truth of the rows.
        one: The first.
        other: The second.

    Returns:
        None where one of the two has no finite value, or no draws.
    """
    lead = measure.better(one.estimate.value - other.estimate.value)
    if not math.isfinite(lead):
        return None
    drawn = drawn_apart(one.estimate, other.estimate)
    if not len(drawn):
        return None
    spread = float(drawn.std())
    if isinstance(measure, OfRows) and measure.right_or_wrong:
        first, second = _discordant(measure, y, one, other)
        lead = (first - second) / len(y)
        spread = math.sqrt((first + second) / len(y) - lead**2) / math.sqrt(len(y))
        interval = _of_accuracies(first, second, rows=len(y))
    else:
        if not math.isfinite(spread):
            return None
        interval = Interval(lead - Z * spread, lead + Z * spread)
        if isinstance(measure, OfRows) and measure.counts and not _holds(interval):
            interval = _widened(interval, _by_exchange(measure, y, one, other))
    rounding = ROUNDING * max(abs(one.estimate.value), abs(other.estimate.value))
    sure = abs(lead) > max(rounding, measure.resolution(y)) and not _holds(interval)
    told = "level" if not sure else "ahead" if lead > 0 else "behind"
    needed = len(y) * (Z * spread / lead) ** 2 if lead else math.inf
    return Paired(lead, interval, told, needed if math.isfinite(needed) else None)


def drawn_apart(one: Estimate, other: Estimate) -> Array:
    """The difference of two models' draws, of those that both have."""
    many = min(len(one.drawn), len(other.drawn))
    gaps = one.drawn[:many] - other.drawn[:many]
    found: Array = gaps[np.isfinite(gaps)]
    return found if len(found) >= many / 2 else np.empty(0)


def _holds(interval: Interval) -> bool:
    return interval.low <= 0.0 <= interval.high


def _discordant(
    measure: OfRows, y: Array, one: PairedScores, other: PairedScores
) -> tuple[int, int]:
    """Rows that the first alone has right, and that the second alone has."""
    gaps = (measure.parts(one.said, y) - measure.parts(other.said, y))[:, 0]
    return int((gaps > 0).sum()), int((gaps < 0).sum())


def _of_accuracies(first: int, second: int, rows: int) -> Interval:
    """Of the difference of two accuracies: Tango's score interval of paired proportions.

    It leaves 0 out where McNemar's exact test, at its central two-sided level, says that they
    differ, and nowhere else.
    """
    from scipy.optimize import brentq
    from scipy.stats import binomtest

    lead, edge = (first - second) / rows, 1 - 1e-9

    def score(gap: float) -> float:
        slope = (2 * rows - first + second) * gap - first - second
        root = math.sqrt(slope**2 + 8 * rows * second * gap * (1 - gap))
        other = max(0.0, (root - slope) / (4 * rows))
        spread = math.sqrt(max(0.0, 2 * other + gap * (1 - gap)) / rows)
        return (lead - gap) / max(spread, 1e-12)

    low = brentq(lambda gap: score(gap) - Z, -edge, lead) if lead > -edge else -1.0
    high = brentq(lambda gap: score(gap) + Z, lead, edge) if lead < edge else 1.0
    apart = first + second
    if not apart or binomtest(first, apart).pvalue >= ERROR:
        return Interval(min(low, 0.0), max(high, 0.0))
    least = 1e-9
    return Interval(max(low, least), high) if lead > 0 else Interval(low, min(high, -least))


def _by_exchange(measure: OfRows, y: Array, one: PairedScores, other: PairedScores) -> float:
    """How often models whose answers are exchanged row by row differ as much, two-sided."""
    first, second = measure.parts(one.said, y), measure.parts(other.said, y)
    apart = (first != second).any(axis=1)
    total, half = (first + second).sum(axis=0) / 2, (first - second)[apart] / 2
    seen = abs(_gap(measure, total, half.sum(axis=0), len(y)))
    generator = np.random.default_rng(0)
    as_far = 0
    for _ in range(FLIPS // BLOCK):
        signs = generator.choice(np.array([-1.0, 1.0]), (BLOCK, len(half)))
        gaps = np.abs(_gap(measure, total, signs @ half, len(y)))
        as_far += int((gaps >= seen - 1e-12).sum())
    return (1 + as_far) / (1 + FLIPS)


def _gap(measure: OfRows, total: Array, half: Array, rows: int) -> Array:
    found: Array = measure.of((total + half) / rows) - measure.of((total - half) / rows)
    return found


def _widened(interval: Interval, chance: float) -> Interval:
    """So that it holds 0, where exchange says that the two may be equal."""
    if chance < ERROR:
        return interval
    return Interval(min(interval.low, 0.0), max(interval.high, 0.0))
