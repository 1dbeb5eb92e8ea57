"""What the last layer's sums mean by task: prediction, loss with its gradient, and measure."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from scipy.special import expit, log_softmax, softmax

from search.data.dataset import Array
from search.study.task import BINARY, MULTICLASS, MULTILABEL, REGRESSION


class OutputLoss(Protocol):
    """What becomes of the sums, shape (rows, outputs)."""

    def gradient(self, sums: Array, y: Array) -> Array:
        """Of the mean loss by the sums."""
        ...

    def measure(self, sums: Array, y: Array, weights: Array | None) -> tuple[float, float]:
        """Mean loss, each row's times its weight, and what is measured beside it without."""
        ...

    def predictions(self, sums: Array) -> Array:
        """As `search.training.predict.predictions`."""
        ...


class _Binary:
    """Cross-entropy of one sum a row, by the sigmoid."""

    def gradient(self, sums: Array, y: Array) -> Array:
        out: Array = expit(sums)
        out[:, 0] -= y
        out /= np.float32(len(y))
        return out

    def measure(self, sums: Array, y: Array, weights: Array | None) -> tuple[float, float]:
        z = sums[:, 0]
        return _mean(_entropy(z, y), weights), float(((z > 0) == (y > 0)).mean())

    def predictions(self, sums: Array) -> Array:
        one = expit(sums)
        return np.hstack([1.0 - one, one])


class _Multiclass:
    """Cross-entropy of a sum a class, by the softmax."""

    def gradient(self, sums: Array, y: Array) -> Array:
        out: Array = np.exp(sums - sums.max(axis=1, keepdims=True))
        out /= out.sum(axis=1, keepdims=True)
        out[np.arange(len(y)), y] -= 1
        out /= np.float32(len(y))
        return out

    def measure(self, sums: Array, y: Array, weights: Array | None) -> tuple[float, float]:
        loss = -log_softmax(sums, axis=1)[np.arange(len(y)), y]
        return _mean(loss, weights), float((sums.argmax(axis=1) == y).mean())

    def predictions(self, sums: Array) -> Array:
        return np.asarray(softmax(sums, axis=1))


class _Multilabel:
    """Mean cross-entropy of a sum a label, each by its own sigmoid."""

    def gradient(self, sums: Array, y: Array) -> Array:
        out: Array = expit(sums)
        out -= y
        out /= np.float32(y.size)
        return out

    def measure(self, sums: Array, y: Array, weights: Array | None) -> tuple[float, float]:
        return _mean(_entropy(sums, y), weights), float(((sums > 0) == (y > 0)).mean())

    def predictions(self, sums: Array) -> Array:
        return np.asarray(expit(sums))


class _Regression:
    """Mean squared error of a sum a target."""

    def gradient(self, sums: Array, y: Array) -> Array:
        out: Array = sums - y
        out *= np.float32(2 / y.size)
        return out

    def measure(self, sums: Array, y: Array, weights: Array | None) -> tuple[float, float]:
        errors = sums - y
        return _mean(np.square(errors), weights), float(np.abs(errors).mean())

    def predictions(self, sums: Array) -> Array:
        return sums


def _mean(losses: Array, weights: Array | None) -> float:
    """Divided by the number of losses and not by the sum of weights, as Keras does."""
    return float((losses if weights is None else (losses.T * weights)).mean())


def _entropy(z: Array, y: Array) -> Array:
    entropy: Array = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    return entropy


ANSWERS: Mapping[str, OutputLoss] = {
    BINARY.name: _Binary(),
    MULTICLASS.name: _Multiclass(),
    MULTILABEL.name: _Multilabel(),
    REGRESSION.name: _Regression(),
}
