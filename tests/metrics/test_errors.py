"""Errors of which few make the most: their mean's interval reaches further up than down."""

import numpy as np
import pytest

from search.metrics.base import KNOWN, Estimate
from search.metrics.intervals import bootstrapped, of_errors
from search.metrics.regression import Mae, Rmse
from search.study.shares import is_called_share
from search.study.task import REGRESSION


def skewed(seed: int, rows: int) -> np.ndarray:
    draw = np.random.default_rng(seed)
    return draw.lognormal(0, 0.75, rows) * draw.choice([-1, 1], rows)


def test_draws_are_studentised_on_the_logarithmic_scale() -> None:
    """By a plain loop with draws of its own: both ends within a twentieth of the width."""
    errors = np.square(skewed(0, 80))
    draw, found = np.random.default_rng(9), []
    error = errors.std() / np.sqrt(80) / errors.mean()
    for _ in range(4000):
        drawn = errors[draw.integers(0, 80, 80)]
        own = drawn.std() / np.sqrt(80) / drawn.mean()
        found.append((np.log(drawn.mean()) - np.log(errors.mean())) / own)
    ends = errors.mean() * np.exp(-np.percentile(found, [97.5, 2.5]) * error)
    interval = of_errors(errors)
    width = ends[1] - ends[0]
    assert interval.low == pytest.approx(ends[0], abs=0.05 * width)
    assert interval.high == pytest.approx(ends[1], abs=0.1 * width)


def test_a_mean_of_skewed_squares_is_held_more_often_than_by_a_plain_bootstrap() -> None:
    """200 samples of 60: BCa in some 84 of 100, studentised draws in some 89."""
    truth, held = float(np.exp(2 * 0.75**2)), np.zeros(2)
    for seed in range(200):
        squares = np.square(skewed(seed, 60))
        plain = bootstrapped(squares[:, None], lambda means: means[..., 0])
        for place, found in enumerate((plain, of_errors(squares))):
            held[place] += found.low <= truth <= found.high
    assert held[1] >= held[0] + 4
    assert held[1] / 200 >= 0.85


def test_many_rows_are_drawn_in_groups() -> None:
    squares = np.square(np.random.default_rng(0).normal(size=100_000))
    found = of_errors(squares)
    half = 1.96 * squares.std() / np.sqrt(100_000)
    assert found.low == pytest.approx(squares.mean() - half, abs=half / 4)
    assert found.high == pytest.approx(squares.mean() + half, abs=half / 4)


@pytest.mark.parametrize(
    "errors", [np.zeros(5), np.ones(5), np.ones(1), np.array([0.0, 0.0, 3.0]), np.eye(12)[0]]
)
def test_few_or_equal_errors_have_finite_ends(errors: np.ndarray) -> None:
    found = of_errors(errors)
    assert 0 <= found.low <= errors.mean() <= found.high
    assert np.isfinite(found.high)


@pytest.mark.parametrize("rows", [3, 12, 200])
def test_the_interval_of_rmse_begins_no_lower_than_that_of_mae(rows: int) -> None:
    for seed in range(10):
        said, y = skewed(seed, rows)[:, None], np.zeros((rows, 1))
        each = [
            measure.interval(said, y, Estimate(measure.value(said, y)))
            for measure in (Mae("mae", REGRESSION), Rmse("rmse", REGRESSION))
        ]
        assert each[0] is not None
        assert each[1] is not None
        assert each[0].low <= each[1].low <= np.sqrt(np.square(said).mean()) <= each[1].high


def test_measures_with_a_natural_1_are_called_so_and_no_others_are() -> None:
    for (name, _), measure in KNOWN.items():
        assert is_called_share(f"val_{name}") is measure.share
