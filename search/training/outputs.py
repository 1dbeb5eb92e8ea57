"""What a model's outputs mean: found by asking its loss.

A loss shows it by what it does, whether it is Keras's own, wrapped, or a function of yours: one of
logits still falls far beyond 1, one of a margin no more, one of probabilities has its lowest at 0
and 1. Its name is read only for how Keras's own losses want their targets.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from search.data.dataset import Array, Shape
from search.study.outputs import LOGITS, OF_LOSS, PROBABILITIES, SCORES, SURE, UNKNOWN, Outputs
from search.study.target_form import ONE_HOT, TargetForm
from search.study.task import TASKS
from search.training.asking import is_squashed, units_of
from search.training.losses import LossOf, losses_of, name_of_loss
from search.training.target_forms import form_of

POINTS = (-8.0, -4.0, -2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
CLOSE = 1e-6
SHIFTS = (-3.0, -1.0, -0.5, -0.25, 0.25, 0.5, 1.0, 3.0)
"""Of targets, in their standard deviations, that a loss in their unit gets no less by."""
FACTORS = (0.0, 0.5, 1.5)
"""Likewise of their distances from the mean."""
ROUNDING = 1e-4
MOST_ROWS = 500


def outputs_of(model: Any, shape: Shape, y: Array | None = None) -> Outputs:
    """How a model's outputs are read.

    Args:
        model: Compiled and built.
        shape: Of the data.
        y: Targets of some rows, to see whether numbers are in their unit.
    """
    task = TASKS[shape.task]
    if task.by_model:  # several, of any shape, which only its own loss reads
        return SURE
    if task.has_numbers and y is not None and not _in_unit(model, y):
        return Outputs(OF_LOSS, "", name_of_loss(model) or "of its own")
    if task.has_numbers or is_squashed(model, shape):
        return SURE
    units = units_of(model, shape)
    form = form_of(model, shape, by_loss=True)
    named = name_of_loss(model) or "of its own"
    for loss in losses_of(model):
        try:
            kind, link = _kind(loss, shape.task, units, form)
        except Exception:  # noqa: S112 - a custom loss may fail at whatever it is given
            continue
        return Outputs(kind, link, named)
    return Outputs(UNKNOWN, "", named)


def _in_unit(model: Any, y: Array) -> bool:
    """Whether the loss of numbers is least where the outputs equal the targets.

    Tried on rows between the lowest and the highest target, since at an end the loss may have no
    value, as that of counts at 0.
    """
    inner = y[((y > y.min(axis=0)) & (y < y.max(axis=0))).all(axis=1)][:MOST_ROWS]
    if len(inner) < 2:
        return True
    mean, spread = inner.mean(axis=0), inner.std(axis=0)
    others = [inner + shift * spread for shift in SHIFTS]
    others += [mean + factor * (inner - mean) for factor in FACTORS]
    others += [np.zeros_like(inner), np.sign(inner) * np.log1p(np.abs(inner))]
    for loss in losses_of(model):
        try:
            own, *found = (loss(inner, said.astype(np.float32)) for said in (inner, *others))
        except Exception:  # noqa: S112 - a custom loss may fail at whatever it is given
            continue
        least = min(filter(np.isfinite, found), default=np.inf)
        if not np.isfinite(own):
            return not np.isfinite(least)
        return least >= own - ROUNDING * max(abs(own), abs(least))
    return True


def _kind(loss: LossOf, task: str, units: int, form: TargetForm) -> tuple[str, str]:
    if not TASKS[task].classifies:
        form = form.as_layout(ONE_HOT)
    yes, no = _answers(loss, task, units, form)
    return _kind_of(yes, no), _link(loss, task, units, form)


def _kind_of(yes: dict[float, float], no: dict[float, float]) -> str:
    """From the loss of an output where the class is there, and where it is not."""
    if _falls(yes, (2.0, 4.0, 8.0)) and _falls(no, (-0.5, -2.0, -4.0)):
        return LOGITS
    flat = _level(yes, (1.0, 2.0, 8.0)) or _level(yes, (2.0, 8.0))
    if flat and not _level(no, (0.0, 2.0)) and yes[-2.0] > yes[0.0] + CLOSE and _rises(yes):
        return SCORES
    lowest_yes, lowest_no = min(yes, key=yes.__getitem__), min(no, key=no.__getitem__)
    if lowest_yes == 1.0 and lowest_no in {0.0, -8.0}:
        return PROBABILITIES if _level(no, (0.0, -8.0)) else UNKNOWN
    if lowest_yes == 1.0 and lowest_no < 0:
        return SCORES  # such as a squared distance to −1 and 1
    if lowest_yes > 1.0 and lowest_no < 0:
        return LOGITS  # with smoothed labels, whose lowest lies at a finite logit
    return UNKNOWN


def _falls(values: dict[float, float], at: tuple[float, ...]) -> bool:
    """Whether a loss still falls from point to point."""
    found = [values[point] for point in at]
    return all(after < before for before, after in pairwise(found))


def _rises(values: dict[float, float]) -> bool:
    """Whether a loss grows without end to the left."""
    return _falls(values, (-8.0, -4.0, -2.0))


def _level(values: dict[float, float], at: tuple[float, ...]) -> bool:
    found = [values[point] for point in at]
    return max(found) - min(found) <= CLOSE * max(1.0, abs(max(found)))


def _answers(
    loss: LossOf, task: str, units: int, form: TargetForm
) -> tuple[dict[float, float], dict[float, float]]:
    """Loss by output where the class is there, and where it is not; the other units at 0."""
    found = []
    for there in (1, 0):
        y = _truth(there, task, units, form)
        of = {point: loss(y, _output(point, task, units)) for point in POINTS}
        found.append(of)
    return found[0], found[1]


def _truth(there: int, task: str, units: int, form: TargetForm) -> Array:
    if not TASKS[task].classifies:
        return np.full((1, units), there, np.float32)
    if units == 1:
        return form.write(np.array([there]), 2)
    return form.write(np.array([0 if there else 1]), units)


def _output(point: float, task: str, units: int) -> Array:
    if not TASKS[task].classifies:
        return np.full((1, units), point, np.float32)
    row = np.zeros((1, units), np.float32)
    row[0, 0] = point
    return row


def _link(loss: LossOf, task: str, units: int, form: TargetForm) -> str:
    """A softmax gives the same where all outputs grow alike; else each has a sigmoid."""
    if units == 1 or not TASKS[task].classifies:
        return "sigmoid"
    y = _truth(1, task, units, form)
    here = loss(y, _output(1.0, task, units))
    there = loss(y, _output(1.0, task, units) + 3.0)
    return "softmax" if abs(here - there) <= 1e-4 * max(1.0, abs(here)) else "sigmoid"
