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
MOST = 5_000
"""Rows, or cases, that are looked at."""
STEPS = 30
"""Of Newton's method."""
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
    if y.ndim == 2:
        p, y = np.column_stack([1 - p.ravel(), p.ravel()]), y.ravel().astype(int)
    p, y = p[:MOST] / p[:MOST].sum(axis=1, keepdims=True), y[:MOST]
    if len(y) < FEWEST:
        return None
    z, own = np.log(p), -np.log(p[np.arange(len(y)), y])
    gains, folds = np.empty(len(y)), np.arange(len(y)) % FOLDS
    for fold in range(FOLDS):
        inside = folds == fold
        setting = _best(z[~inside], y[~inside])
        gains[inside] = own[inside] - _losses(z[inside], y[inside], *setting)
    confidence = float(p.max(axis=1).mean())
    accuracy = float((p.argmax(axis=1) == y).mean())
    gain, error = float(gains.mean()), float(gains.std()) / math.sqrt(len(y))
    helps = gain >= GAIN and gain >= SURE * error
    apart = abs(confidence - accuracy)
    spread = math.sqrt(max(accuracy * (1 - accuracy), 1 / len(y)) / len(y))
    if not helps and (apart < APART or apart < SURELY * spread):
        return None
    found = _best(z, y) if helps else (1.0, 0.0)
    return Mended(confidence, accuracy, float(own.mean()), gain if helps else 0.0, *found)


def _best(z: Array, y: Array) -> tuple[float, float]:
    """Temperature and shift with the least log loss on these rows; no shift of several classes."""
    if z.shape[1] == 2:
        return _of_two(z[:, 1] - z[:, 0], y)
    losses = [_losses(z, y, temperature, 0.0).mean() for temperature in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))]), 0.0


def _of_two(z: Array, y: Array) -> tuple[float, float]:
    """Logistic regression on one logit, with so little of a penalty that it has an end."""
    x, weights = np.column_stack([z, np.ones(len(z))]), np.array([1.0, 0.0])
    for _ in range(STEPS):
        said = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (said - y) + 1e-3 * weights
        bent = (x * (said * (1 - said))[:, None]).T @ x + 1e-3 * np.eye(2)
        step = np.linalg.solve(bent, slope)
        weights = weights - step / max(1.0, float(np.abs(step).max()))
    low, high = 1 / TEMPERATURES[-1], 1 / TEMPERATURES[0]
    return float(1 / np.clip(weights[0], low, high)), float(weights[1])


def _losses(z: Array, y: Array, temperature: float, shift: float) -> Array:
    """Of each row, with logits divided and shifted."""
    z = z / temperature
    if shift:
        z = z + np.array([0.0, shift])
    z = z - z.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y])
