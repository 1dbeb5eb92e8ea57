"""The table beside scikit-learn: its figures are what it says, on the rows of the run itself."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.beside_sklearn import HEAVY, SPACES, compared, row_scores, won
from tests.benchmarks.test_others import ran


def test_the_mean_of_row_scores_is_the_measure() -> None:
    from sklearn.metrics import accuracy_score, hamming_loss, r2_score

    draw = np.random.default_rng(0)
    numbers, labels = draw.normal(size=(2, 50, 3)), draw.integers(0, 2, (2, 50, 3))
    classes = draw.integers(0, 4, (2, 50))
    assert row_scores(*classes, "multiclass").mean() == accuracy_score(*classes)
    assert row_scores(*labels, "multilabel").mean() == pytest.approx(1 - hamming_loss(*labels))
    assert row_scores(*numbers, "regression").mean() == pytest.approx(r2_score(*numbers[::-1]))


def test_the_difference_is_paired_by_row() -> None:
    winner, network = np.array([1.0, 1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])
    found = compared("a", "binary", (winner, network, network))
    assert (found.winner, found.network, found.above) == (0.75, 0.5, 0.25)
    assert found.error == pytest.approx(0.25)
    assert found.verdict == "within two errors"


def test_a_difference_beyond_two_errors_is_named() -> None:
    good, bad = np.ones(100), np.tile([1.0, 0.0], 50)
    assert compared("a", "binary", (good, bad, bad)).verdict == "better"
    assert compared("a", "binary", (bad, good, bad)).verdict == "worse"


def test_the_winner_answers_as_the_truth_is_written() -> None:
    shares = np.array([[0.2, 0.8], [0.6, 0.4]])
    assert won({"y": np.array([1, 1]), "probabilities": shares}).tolist() == [1, 0]
    labels = {"y": np.zeros((2, 2)), "probabilities": shares}
    assert won(labels).tolist() == [[0, 1], [1, 0]]
    assert won({"y": np.zeros((2, 2)), "predictions": shares}) is shares


def test_the_heavy_spaces_are_shipped_ones() -> None:
    assert set(HEAVY) <= set(SPACES)


@pytest.mark.long
@pytest.mark.ray
@pytest.mark.keras
def test_a_space_is_searched_and_compared(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    page = ran("beside_sklearn", tmp_path, "regression", "--trials", "2", "--json", str(figures))
    (found,) = json.loads(figures.read_text())
    assert (found["space"], found["measure"], found["rows"]) == ("regression", "R²", 88)
    assert re.search(rf"\| regression \| R² \| 88 \| {found['winner']:.4f} \|", page)
