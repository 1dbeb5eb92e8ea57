"""What a trial's objective will be at its end, from its curve so far and those of other trials.

A Gaussian process over how other trials stood after as many epochs says where such a trial ends. It
knows nothing of epochs or of networks, so it needs no form of curve to hold. Made on six data sets
and judged on others: `python -m benchmarks.curves replay`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import stdtr, stdtrit

from search.data.dataset import Array

FREEDOM = 4.0
"""Degrees of freedom of Student's distribution, by which an end is told. Of all ends one in a
hundred was more than 2.5 to 3.4 spreads above its mean: told by a process that knew 48 others, the
small chances by which trials are given up were half of what came true."""
NEAREST = 48
"""Trials that a forecast goes by, those that stood nearest: their number bounds its time."""
_LENGTHS = np.array([0.5, 1.0, 2.0])
_NOISES = np.array([0.02, 0.1, 0.5, 2.0])
_LENGTH, _NOISE = (each.ravel() for each in np.meshgrid(_LENGTHS, _NOISES))
_LEAST_SPREAD = 0.1
_SLOPE, _CONSTANT = 0.3, 0.3
_BY_SHAPE = 0.3
"""How much the way to a level counts beside the level."""
_PRIOR = 1.0, 0.1
"""Of the inverse gamma distribution of the process's variance."""


@dataclass(frozen=True)
class Measure:
    """The objective on a scale on which good trials differ and bad ones are all alike.

    Attributes:
        middle: The value that is 0.
        width: From there to 1. Below −1 the scale is logarithmic.
    """

    middle: float
    width: float

    @classmethod
    def of(cls, finals: Array) -> "Measure | None":
        """By how trials ended, the larger the better; None where they all ended alike."""
        middle, good = np.quantile(finals, [0.5, 0.9])
        return cls(float(middle), float(good - middle)) if good > middle else None

    def of_values(self, values: Array) -> Array:
        """Values on the scale."""
        units = (values - self.middle) / self.width
        return np.where(units > -1, units, -1 - np.log(np.maximum(-units, 1)))

    def back(self, at: float) -> float:
        """The value at a place of the scale."""
        units = at if at > -1 else -math.exp(min(-1 - at, 700))
        return self.middle + self.width * units


@dataclass(frozen=True)
class Ending:
    """Where a trial may end: a Student distribution on a scale.

    Attributes:
        scale: On which it is told.
        mean: Of the distribution.
        spread: Its width.
    """

    scale: Measure
    mean: float
    spread: float

    def chance(self, value: float) -> float:
        """Probability of a value above this one."""
        at = float(self.scale.of_values(np.array(value)))
        return float(stdtr(FREEDOM, (self.mean - at) / self.spread))

    def quantile(self, share: float) -> float:
        """The value below which it ends with this probability."""
        return self.scale.back(self.mean + self.spread * float(stdtrit(FREEDOM, share)))


@dataclass(frozen=True, eq=False)
class Followed:
    """The curve of a trial.

    Attributes:
        values: The objective by epoch where the trial counts by it, the larger the better.
        raw: The same as measured: with patience a trial counts by its best epoch so far.
    """

    values: Array
    raw: Array

    @classmethod
    def of(cls, objective: Sequence[float], sign: float, *, patient: bool) -> "Followed":
        """Read it off a curve.

        Args:
            objective: By epoch.
            sign: 1 where more is better, −1 where less is.
            patient: Whether the best epoch counts.
        """
        raw = sign * np.asarray(objective, float)
        return cls(np.maximum.accumulate(raw) if patient else raw, raw)

    @cached_property
    def finite(self) -> bool:
        """Whether all of it is a number."""
        return bool(np.isfinite(self.raw).all())


def standing(values: Array, raw: Array, scale: Measure) -> Array:
    """How trials stand after the last of some epochs.

    Args:
        values: As in `Followed`, shape (trials, epochs).
        raw: As well.
        scale: To tell it on.

    Returns:
        Level over the last quarter, its gain over the quarter before, the gain before that, and the
        last epoch against the level; shape (trials, 4).
    """
    epochs = values.shape[1]
    quarter = max(1, epochs // 4)
    told = scale.of_values(values)
    parts = [told[:, max(0, epochs - (i + 1) * quarter) :][:, :quarter] for i in range(3)]
    level, before, earlier = (part.mean(axis=1) for part in parts)
    last = scale.of_values(raw[:, -1])
    return np.stack([level, level - before, before - earlier, last - level], axis=1)


def forecast(own: Followed, others: Sequence[Followed]) -> Ending | None:
    """Where a trial ends.

    Args:
        own: Its curve so far.
        others: Curves to their ends, each longer than it.

    Returns:
        None where the others all ended alike.
    """
    finals = np.array([other.values[-1] for other in others])
    scale = Measure.of(finals)
    if scale is None:
        return None
    epochs = len(own.values)
    stood = standing(
        np.stack([own.values, *(other.values[:epochs] for other in others)]),
        np.stack([own.raw, *(other.raw[:epochs] for other in others)]),
        scale,
    )
    ends = scale.of_values(finals)
    nearest = np.argsort(np.abs(stood[1:, 0] - stood[0, 0]), kind="stable")[:NEAREST]
    mean, spread = _expected(stood[1:][nearest], ends[nearest], stood[0])
    return Ending(scale, mean, spread)


def _expected(stood: Array, ends: Array, own: Array) -> tuple[float, float]:
    """Mean and spread of an end: a mixture over lengths and noises.

    The process is of what is gained on the level: what was seen of none stays where it is.
    """
    count = len(ends)
    points = np.concatenate([stood, own[None]]) - stood.mean(axis=0)
    points /= stood.std(axis=0) + _LEAST_SPREAD
    weights = np.array([1.0, _BY_SHAPE, _BY_SHAPE, _BY_SHAPE])
    apart = (np.square(points[:, None] - points[None]) * weights).sum(axis=2)
    kernel = np.exp(-0.5 * apart / np.square(_LENGTH)[:, None, None])
    kernel += _SLOPE * (points * weights) @ points.T + _CONSTANT
    noise = _NOISE[:, None, None] * np.eye(count)
    root = np.linalg.cholesky(kernel[:, :count, :count] + noise)
    gains = np.broadcast_to((ends - stood[:, 0])[:, None], (len(_NOISE), count, 1))
    solved = np.linalg.solve(root, np.concatenate([gains, kernel[:, :count, count:]], axis=2))
    white, toward = solved[:, :, 0], solved[:, :, 1]
    shape, rate = _PRIOR[0] + count / 2, _PRIOR[1] + 0.5 * np.square(white).sum(axis=1)
    diagonal = np.diagonal(root, axis1=1, axis2=2)
    likely = -np.log(diagonal).sum(axis=1) - shape * np.log(rate)
    share = np.exp(likely - likely.max())
    share /= share.sum()
    means = (toward * white).sum(axis=1)
    left = kernel[:, count, count] + _NOISE - np.square(toward).sum(axis=1)
    mean = float(share @ means)
    variance = float(share @ (left * rate / shape + np.square(means - mean)))
    return mean + float(own[0]), math.sqrt(variance)
