"""Which learning rate a range test speaks for; needs no TensorFlow."""

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from search.data.dataset import Array

Losses = Sequence[float | None]
ROWS_A_RATE = 1024
"""Training rows at each rate, where there are so many: a loss as sure as it has to be, whatever the
size of the data; whole epochs of 50,000 rows took most of a run."""
SMOOTHING = 5
"""Epochs that the loss is averaged over before its slope is read."""


def growing_rates(low: float = 1e-4, per_decade: int = 20, epochs: int = 100) -> tuple[float, ...]:
    """A rate for each (short) epoch, growing tenfold every `per_decade` epochs."""
    return tuple(low * 10 ** (epoch / per_decade) for epoch in range(epochs))


def rows_a_rate(batch_size: int) -> int:
    """Training rows at each rate at most: a whole step at least."""
    return max(ROWS_A_RATE, batch_size)


def suggest(rates: Sequence[float], losses: Sequence[Losses]) -> tuple[float | None, float | None]:
    """The rate of the lowest loss, and the rate to train with, each a median over seeds.

    Suggested is the middle, by ratio, between where loss falls fastest and where it is lowest: the
    first is timid for large networks (0.0009 where 0.02 trained well), the second stands at the
    brink. One curve is a weak guide: over five seeds the lowest loss of a small network lay between
    0.036 and 0.18, its steepest fall between 0.007 and 0.014.

    Args:
        rates: One an epoch, growing.
        losses: A row a seed, one an epoch; None from where training diverged.

    Returns:
        Both rates; None where no seed has one.
    """
    found = [_one(np.asarray(rates), row) for row in losses]
    lowest = [low for low, _ in found if low is not None]
    middle = [math.sqrt(low * steep) for low, steep in found if low and steep]
    return (median(lowest) if lowest else None, median(middle) if middle else None)


def _one(rates: Array, losses: Losses) -> tuple[float | None, float | None]:
    known = np.array([loss for loss in losses if loss is not None])
    if len(known) < SMOOTHING:
        return None, None
    window = np.ones(SMOOTHING) / SMOOTHING
    smooth = np.convolve(np.pad(known, SMOOTHING // 2, mode="edge"), window, mode="valid")
    lowest = int(smooth.argmin())
    if lowest == 0:
        return float(rates[0]), None
    falls = np.diff(smooth[: lowest + 1]) / np.diff(np.log(rates[: lowest + 1]))
    return float(rates[lowest]), float(rates[int(falls.argmin())])
