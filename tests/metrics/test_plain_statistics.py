"""Ranks, Wilson's interval and Student's quantile without `scipy.stats`, against it."""

import numpy as np
import pytest
from scipy import stats

from search.metrics.intervals import students_t, wilson
from search.metrics.ranking import ranks_of


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    draw = np.random.default_rng(0)
    for values in (draw.random(50), np.round(draw.random(50), 1), np.zeros(3), np.array([])):
        assert ranks_of(values) == pytest.approx(stats.rankdata(values))
    assert np.isnan(ranks_of(np.array([1.0, np.nan]))).all()


@pytest.mark.parametrize(("right", "rows"), [(0, 9), (9, 9), (1, 1), (3, 10), (199, 200)])
def test_wilsons_interval(right: int, rows: int) -> None:
    theirs = stats.binomtest(right, rows).proportion_ci(0.95, method="wilson")
    found = wilson(right, rows)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-7)


def test_students_t() -> None:
    for freedom in (1, 2.5, 30, 10_000):
        assert students_t(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)
