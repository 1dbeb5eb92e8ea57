"""Are probabilities off, and does one number for all rows mend them?"""

import math
from typing import NamedTuple

import numpy as np

from search.data.dataset import Array

FEWEST = 100
"""Rows, or of labels cases: of fewer no temperature can be found."""
FOLDS = 5
GAIN, SURE = 0.02, 4.0
"""Log loss a row, and standard errors, from which on a temperature mends something."""
APART, SURELY = 0.05, 4.0
"""Mean confidence less accuracy, and standard errors, from which on probabilities are off."""
TEMPERATURES = np.geomspace(0.1, 20, 54)
SHIFTS = np.linspace(-4, 4, 41)
FLOOR = 1e-7
"""Of a probability, as Keras has it."""


class Mended(NamedTuple):
    """What is off, and how to mend it.

    Attributes:
        confidence: Mean probability of what is predicted.
        accuracy: How often that is so.
        loss: Log loss as it is.
        gain: What mending takes off it, found on other rows than it is measured on; 0 where it
            does not help.
        temperature: By which logits are divided.
        shift: That is then added to those of the second of two classes, or of each label; else 0.
    """

    confidence: float
    accuracy: float
    loss: float
    gain: float
    temperature: float
    shift: float


def mended(probabilities: Array, y: Array) -> Mended | None:
    """Look for a temperature, of two classes and of labels also for a shift.

    Args:
        probabilities: Shape (rows, classes) or (rows, labels).
        y: Class codes, shape (rows,); or labels, shape (rows, labels).

    Returns:
        None where nothing is off, or where rows are too few to see it.
    """
    p = np.clip(np.asarray(probabilities, float), FLOOR, 1 - FLOOR)
    two = y.ndim == 2 or p.shape[1] == 2
    if y.ndim == 2:
        p, y = np.column_stack([1 - p.ravel(), p.ravel()]), y.ravel().astype(int)
    if len(y) < FEWEST:
        return None
    settings = _settings(shifts=two)
    losses = np.stack([_losses(p, y, *setting) for setting in settings])
    own = -np.log(p[np.arange(len(y)), y] / p.sum(axis=1))
    gains, folds = np.empty(len(y)), np.arange(len(y)) % FOLDS
    for fold in range(FOLDS):
        inside = folds == fold
        best = int(losses[:, ~inside].mean(axis=1).argmin())
        gains[inside] = own[inside] - losses[best, inside]
    best = int(losses.mean(axis=1).argmin())
    confidence = float((p.max(axis=1) / p.sum(axis=1)).mean())
    accuracy = float((p.argmax(axis=1) == y).mean())
    gain, error = float(gains.mean()), float(gains.std()) / math.sqrt(len(y))
    helps = gain >= GAIN and gain >= SURE * error
    apart = abs(confidence - accuracy)
    spread = math.sqrt(max(accuracy * (1 - accuracy), 1 / len(y)) / len(y))
    if not helps and (apart < APART or apart < SURELY * spread):
        return None
    found = settings[best] if helps else (1.0, 0.0)
    return Mended(confidence, accuracy, float(own.mean()), gain if helps else 0.0, *found)


def _settings(*, shifts: bool) -> list[tuple[float, float]]:
    added = SHIFTS if shifts else np.zeros(1)
    return [(float(t), round(float(s), 3)) for t in TEMPERATURES for s in added]


def _losses(p: Array, y: Array, temperature: float, shift: float) -> Array:
    """Of each row, with logits divided and shifted."""
    z = np.log(p) / temperature
    if p.shape[1] == 2:
        z = np.column_stack([z[:, 0], z[:, 1] + shift])
    z = z - z.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])
