"""How good a model is on rows, and how sure that is, by hand and against scikit-learn."""

import math

import numpy as np
import pytest
from sklearn import metrics

from search.data.dataset import Array
from search.metrics.intervals import bootstrapped, wilson
from search.metrics.scores import score
from search.study.answer import Score


def sure(codes: list[int], classes: int = 2) -> Array:
    """Probabilities of a model that says these classes with certainty."""
    return np.eye(classes)[codes]


def of_classes(shares: Array, y: list[int]) -> Score:
    return score(shares, np.array(y), "multiclass")


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    [
        (200, 200, 0.981, 1.000),
        (0, 10, 0.000, 0.278),
        (8, 10, 0.490, 0.943),
        (50, 100, 0.404, 0.596),
    ],
)
def test_the_interval_is_wilsons(right: int, rows: int, low: float, high: float) -> None:
    interval = wilson(right, rows)
    assert (round(interval.low, 3), round(interval.high, 3)) == (low, high)


def test_a_score_counts_a_line_a_true_class_and_a_column_a_predicted_one() -> None:
    found = of_classes(sure([0, 0, 1, 2, 2, 2], classes=3), [0, 0, 0, 1, 2, 2])
    assert found.matrix == ((2, 1, 0), (0, 0, 1), (0, 0, 2))
    assert (found.rows, found.value) == (6, 4 / 6)
    assert found.interval == wilson(4, 6)


def test_a_class_without_rows_keeps_its_line() -> None:
    assert of_classes(sure([0, 1], classes=3), [0, 1]).matrix == (
        (1, 0, 0),
        (0, 1, 0),
        (0, 0, 0),
    )


def test_a_sure_error_has_a_finite_loss() -> None:
    assert of_classes(sure([1]), [0]).loss == pytest.approx(-math.log(1e-7))


def test_the_loss_is_the_mean_log_of_the_truths_share() -> None:
    found = of_classes(np.array([[0.8, 0.2], [0.5, 0.5]]), [0, 1])
    assert found.loss == pytest.approx(-(math.log(0.8) + math.log(0.5)) / 2)


def test_a_model_that_gives_no_number_has_no_loss() -> None:
    assert of_classes(np.full((2, 2), np.nan), [0, 1]).loss is None


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(3)


def test_labels_are_scored_as_by_scikit_learn(draw: np.random.Generator) -> None:
    y = draw.integers(0, 2, (300, 4))
    shares = np.clip(0.4 * y + 0.6 * draw.random((300, 4)), 0, 1)
    said = shares >= 0.5
    found = score(shares, y, "multilabel")
    assert found.measure == "micro F1"
    assert found.value == pytest.approx(metrics.f1_score(y, said, average="micro"))
    assert found.others["macro F1"] == pytest.approx(metrics.f1_score(y, said, average="macro"))
    assert found.others["Hamming loss"] == pytest.approx(metrics.hamming_loss(y, said))
    assert found.others["all labels right"] == pytest.approx(metrics.accuracy_score(y, said))
    assert found.interval.low < found.value < found.interval.high


def test_labels_without_an_error_are_not_sure_to_have_none() -> None:
    y = np.eye(3, dtype=int)[[0, 1, 2] * 10]
    found = score(y.astype(float), y, "multilabel")
    assert found.value == found.interval.high == 1.0
    assert 0.9 < found.interval.low < 1.0


def test_numbers_are_scored_as_by_scikit_learn(draw: np.random.Generator) -> None:
    y = draw.normal((5.0, -300.0), (1.0, 40.0), (200, 2))
    said = y + draw.normal(0, (0.5, 20.0), (200, 2))
    found = score(said, y, "regression")
    assert found.measure == "R²"
    assert found.value == pytest.approx(metrics.r2_score(y, said))
    assert found.loss == pytest.approx(metrics.mean_squared_error(y, said))
    each = metrics.r2_score(y, said, multioutput="raw_values")
    assert found.others["R² of target 1"] == pytest.approx(each[1])
    distance = metrics.mean_absolute_error(y, said, multioutput="raw_values")
    assert found.others["MAE of target 0"] == pytest.approx(distance[0])
    one = score(said[:, :1], y[:, :1], "regression")
    assert one.others["MAE"] == pytest.approx(distance[0])
    squared = metrics.root_mean_squared_error(y[:, 0], said[:, 0])
    assert one.others["RMSE"] == pytest.approx(squared)
    assert found.interval.low < found.value < found.interval.high


@pytest.mark.parametrize("rows", [60, 3000])
def test_a_bootstrap_of_means_is_the_normal_interval(rows: int, draw: np.random.Generator) -> None:
    values = draw.normal(2.0, 1.0, (rows, 1))
    found = bootstrapped(values, lambda means: means[..., 0])
    wide = 1.96 / math.sqrt(rows)
    assert found.low == pytest.approx(values.mean() - wide, abs=0.25 * wide)
    assert found.high == pytest.approx(values.mean() + wide, abs=0.25 * wide)


def test_what_is_met_exactly_has_an_interval_without_width() -> None:
    y = np.arange(20.0).reshape(-1, 1)
    found = score(y, y, "regression")
    assert (found.value, found.interval.low, found.interval.high) == (1.0, 1.0, 1.0)
