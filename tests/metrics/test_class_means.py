"""Intervals of means over classes stay sound where classes are nearly all right."""

import numpy as np
import pytest

from search.data.dataset import Array
from search.metrics.base import Estimate, by_draws, why_no_interval
from search.metrics.class_means import MEASURES, ClassMeans
from search.metrics.intervals import Draws, by_spread, wilson
from search.metrics.measures import measure_of
from search.metrics.ranking import mean_of_drawn


def means_of(y: Array, said: Array, classes: int) -> ClassMeans:
    codes = np.arange(classes)
    called, there = said[:, None] == codes, y[:, None] == codes
    parts = np.hstack([called & there, called, there]).astype(float)
    return ClassMeans(parts, Draws.of(len(y)))


def one_miss() -> ClassMeans:
    """287 rows of one class, all right, and 14 of another with one wrong."""
    y = np.repeat([0, 1], [287, 14])
    said = y.copy()
    said[-1] = 0
    return means_of(y, said, 2)


def test_one_miss_in_a_small_class_does_not_make_a_mean_anything_at_all() -> None:
    value, within = one_miss().of("recall")
    small = wilson(13, 14)
    assert value == pytest.approx((1 + 13 / 14) / 2)
    assert (1 + small.low) / 2 - 0.03 < within.low < value < within.high <= 1
    _, of_f1 = one_miss().of("F1")
    assert 0.8 < of_f1.low < of_f1.high <= 1


def test_a_mean_without_an_error_has_a_width_too() -> None:
    y = np.repeat([0, 1], [20, 10])
    for measure in MEASURES:
        value, within = means_of(y, y, 2).of(measure)
        assert (value, within.high) == (1, 1)
        assert 0.7 < within.low < 0.95


def test_a_weighted_recall_is_the_accuracy_and_has_its_interval() -> None:
    value, within = one_miss().of("recall", weighted=True)
    assert value == pytest.approx(300 / 301)
    assert within == wilson(300, 301)


@pytest.mark.parametrize(("sizes", "right"), [((150, 14), (0.995, 0.93)), ((5,) * 20, (0.9,) * 20)])
def test_they_hold_the_truth(sizes: tuple[int, ...], right: tuple[float, ...]) -> None:
    random, classes = np.random.default_rng(4), len(sizes)
    y, held = np.repeat(np.arange(classes), sizes), 0
    for _ in range(60):
        other = (y + random.integers(1, classes, len(y))) % classes
        said = np.where(random.random(len(y)) < np.array(right)[y], y, other)
        _, within = means_of(y, said, classes).of("recall")
        held += within.low <= np.mean(right) <= within.high
    assert held >= 53


def test_draws_that_reach_1_do_not_count_as_infinitely_far() -> None:
    drawn = np.where(np.arange(1000) % 3 == 0, 1.0, 0.95)
    within = by_spread(0.967, drawn)
    assert within is not None
    assert 0.7 < within.low < 0.967 < within.high < 1


def test_of_many_classes_a_draw_counts_those_that_it_has() -> None:
    drawn = mean_of_drawn([np.array([0.5, np.nan, np.nan]), np.array([1.0, 0.8, np.nan])])
    np.testing.assert_array_equal(drawn, [0.75, 0.8, np.nan])
    random = np.random.default_rng(0)
    y = np.repeat(np.arange(60), 2)
    said = random.dirichlet(np.ones(60), len(y)) + 0.05 * np.eye(60)[y]
    auc = measure_of("val_auc", "multiclass")
    assert auc is not None
    estimate = auc.estimate(said, y, Draws.of(len(y)))
    within = auc.interval(said, y, estimate)
    assert within is not None
    assert within.low < estimate.value < within.high


def test_a_largest_error_has_no_interval_and_the_reason_is_said() -> None:
    errors = np.random.default_rng(0).exponential(100, 300)
    draws = Draws.of(300)
    drawn = np.array([errors[draws.places(draw)].max() for draw in range(200)])
    largest = Estimate(float(errors.max()), drawn)
    assert by_draws(largest, share=False) is None
    assert why_no_interval(largest).startswith("it is the largest or smallest of all rows")


def test_skewed_draws_give_an_interval_that_is_skewed_too() -> None:
    drawn = np.random.default_rng(0).lognormal(0, 1, 500) + 1
    within = by_draws(Estimate(float(np.median(drawn)), drawn), share=False)
    assert within is not None
    assert (within.low, within.high) == tuple(np.percentile(drawn, [2.5, 97.5]))


@pytest.mark.parametrize(
    ("drawn", "why"),
    [
        (np.empty(0), "it cannot be measured on rows drawn anew"),
        (np.full(50, 3.0), "rows drawn anew do not change it"),
        (np.array([3.0, 3.1] + [np.nan] * 48), "most sets of rows drawn anew lack what it needs"),
    ],
)
def test_which_reason_there_is_for_no_interval_is_said(drawn: Array, why: str) -> None:
    estimate = Estimate(3.0, drawn)
    assert by_draws(estimate, share=False) is None
    assert why_no_interval(estimate) == why


def test_a_share_that_rounding_alone_tells_from_1_has_no_interval() -> None:
    nearly = np.nextafter(1.0, 0.0)
    drawn = np.array([1.0, nearly] * 50)
    assert by_spread(float(nearly), drawn) is None
    assert by_spread(float(1 - nearly), 1 - drawn) is None
