"""The paired difference of two models' scores against scikit-learn's, and its interval."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, r2_score

from search.report.paired import difference
from search.study.dataset import Array

DRAW = np.random.default_rng(0)
Kept = dict[str, Array]


def classes(share: float, rows: int = 400) -> Kept:
    y = np.arange(rows) % 3
    said = np.where(DRAW.random(rows) < share, y, (y + 1) % 3)
    return {"y": y, "probabilities": np.eye(3)[said]}


def labels(share: float, rows: int = 400) -> Kept:
    y = np.random.default_rng(1).integers(0, 2, (rows, 3))
    right = DRAW.random((rows, 3)) < share
    return {"y": y, "probabilities": np.where(right, y, 1 - y).astype(float)}


def numbers(noise: float, rows: int = 400) -> Kept:
    y = np.random.default_rng(1).normal(size=(rows, 2))
    return {"y": y, "predictions": y + DRAW.normal(scale=noise, size=y.shape)}


def test_it_is_the_difference_of_the_measures() -> None:
    one, other = classes(0.9), classes(0.7)
    scores = [accuracy_score(k["y"], k["probabilities"].argmax(axis=1)) for k in (one, other)]
    assert difference(one, other, "multiclass")[0] == pytest.approx(scores[0] - scores[1])
    one, other = labels(0.9), labels(0.7)
    scores = [f1_score(k["y"], k["probabilities"] >= 0.5, average="micro") for k in (one, other)]
    assert difference(one, other, "multilabel")[0] == pytest.approx(scores[0] - scores[1])
    one, other = numbers(0.3), numbers(0.8)
    scores = [r2_score(k["y"], k["predictions"]) for k in (one, other)]
    assert difference(one, other, "regression")[0] == pytest.approx(scores[0] - scores[1])


def test_its_interval_is_that_of_paired_rows() -> None:
    """Errors that both make tell nothing of their difference."""
    one = classes(0.6, rows=1000)
    other = {**one, "probabilities": one["probabilities"].copy()}
    right = np.flatnonzero(other["probabilities"].argmax(axis=1) == other["y"])[:50]
    other["probabilities"][right] = np.eye(3)[(other["y"][right] + 1) % 3]
    gap, span = difference(one, other, "multiclass")
    assert gap == pytest.approx(0.05)
    error = np.sqrt(0.05 * 0.95 / 1000)
    assert span.low == pytest.approx(0.05 - 1.96 * error, abs=0.003)
    assert span.high == pytest.approx(0.05 + 1.96 * error, abs=0.003)


def test_a_model_does_not_differ_from_itself() -> None:
    one = labels(0.8)
    gap, span = difference(one, one, "multilabel")
    assert (gap, span.low, span.high) == (0, 0, 0)
