"""Does a model's loss ask for quantiles of its one target? Found by what the loss answers."""

from math import prod
from typing import Any

import numpy as np

from search.data.columns import Array
from search.training.losses import computed_loss
from search.training.target_forms import given_as

FAR = (0.01, 8.0)
"""Deviations of the target from all outputs: a loss that is round near the target differs."""
ALIKE = 5e-3
"""To which both answer alike, with float32's rounding of targets far from 0."""
MOST = 20
"""Quantiles of one target."""


def levels_of(model: Any, y: Array, shape: tuple[int, ...]) -> tuple[float, ...]:
    """Which quantile each output is trained to be, where a loss is a pinball loss of each.

    Such a loss rises on both sides of the target by the same amount for each unit, however far it
    is, and by how much on which side is the level. No name of a loss is asked.

    Args:
        model: Compiled and built, with one output.
        y: Targets as its loss takes them: one number a row, or the same in several columns.
        shape: Of a row of the output.

    Returns:
        Parts of 1, in the order of the outputs; empty of any other loss.
    """
    columns, count = y.reshape(len(y), -1), prod(shape)
    if not 2 <= count <= MOST or y.dtype.kind not in "iuf" or y.shape[1:] == (0,):
        return ()
    if columns.shape[1] not in {1, count} or (columns != columns[:, :1]).any():
        return ()
    middle, spread = float(np.median(columns)), float(columns[:, 0].std()) or 1.0

    def loss(target: float, outputs: Array) -> float:
        truth = given_as(np.full((1, *y.shape[1:]), target, y.dtype))
        said = outputs.reshape(1, *shape).astype(np.float32)
        return float(computed_loss(model, None, truth, said, None, training=False))

    level = np.full(count, middle)
    try:
        found = [_level(loss, level, spread, place) for place in range(count)]
    except Exception:  # whatever a loss of one's own does with what it is given here
        return ()
    return tuple(found) if all(found) else ()


def _level(loss: Any, outputs: Array, spread: float, place: int) -> float:
    """Of one output; 0 where its loss does not rise so."""
    sides = []
    for far in FAR:
        step = far / 2 * spread
        moved = outputs.copy()
        moved[place] += step
        above, below = (float(outputs[place] + sign * far * spread) for sign in (1, -1))
        sides.append([
            (loss(above, outputs) - loss(above, moved)) / step,
            (loss(below, moved) - loss(below, outputs)) / step,
        ])  # fmt: skip
    near, far_off = np.array(sides)
    up, down = far_off
    if min(up, down) <= 0 or not np.allclose(near, far_off, rtol=ALIKE, atol=0):
        return 0.0
    return round(float(up / (up + down)), 4)
