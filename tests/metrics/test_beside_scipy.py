"""What is reckoned in a few lines here, beside SciPy and scikit-learn, which import slowly."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import binomtest, rankdata, t
from sklearn import metrics

from search.data.dataset import Array
from search.metrics.intervals import students_t, wilson
from search.metrics.ranking import area
from search.report.winner.one_vs_rest import Questions
from search.report.winner.ranking import rankings


def samples() -> Iterator[tuple[Array, Array]]:
    """Which rows are of the class, and their probabilities: few rows and many, ties and none."""
    generator = np.random.default_rng(0)
    for rows in (2, 3, 5, 20, 150):
        for digits in (0, 1, 6):
            for kind in (np.float32, np.float64):
                truth = generator.permutation(np.arange(rows) < 1 + rows // 3)
                shares = np.round(generator.random(rows) * 0.6 + 0.4 * truth, digits)
                yield truth, shares.astype(kind)


def test_ranking_curves_areas_and_averages_are_scikit_learns() -> None:
    for truth, shares in samples():
        if truth.all():
            continue
        (found,) = rankings(Questions(["yes"], truth[:, None], shares[:, None]))
        false, true, _ = metrics.roc_curve(truth, shares)
        precision, recall, _ = metrics.precision_recall_curve(truth, shares)
        assert np.array_equal(found.roc, np.column_stack([false, true]))
        assert np.array_equal(found.recalled, np.column_stack([recall, precision])[::-1])
        assert found.area == pytest.approx(metrics.roc_auc_score(truth, shares), abs=1e-12)
        average = metrics.average_precision_score(truth, shares)
        assert found.average_precision == pytest.approx(average, abs=1e-12)


def test_an_area_is_by_the_mean_rank_of_equal_probabilities() -> None:
    for truth, shares in samples():
        if truth.all():
            continue
        ranks = rankdata(shares)[truth]
        inside, outside = truth.sum(), (~truth).sum()
        expected = (ranks.sum() - inside * (inside + 1) / 2) / (inside * outside)
        assert area(shares[truth], shares[~truth]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("rows", [1, 2, 7, 300])
def test_intervals_of_proportions_are_wilsons_and_reach_0_and_1_alone_where_none_or_all_count(
    rows: int,
) -> None:
    for right in range(rows + 1):
        found, expected = wilson(right, rows), binomtest(right, rows).proportion_ci(0.95, "wilson")
        assert found.low == pytest.approx(expected.low, abs=1e-7)
        assert found.high == pytest.approx(expected.high, abs=1e-7)
        assert (found.low == 0.0) is (right == 0)
        assert (found.high == 1.0) is (right == rows)


@pytest.mark.parametrize("freedom", [1, 2, 9, 200])
def test_students_t_is_scipys(freedom: int) -> None:
    assert students_t(freedom) == pytest.approx(t.ppf(0.975, freedom), rel=1e-12)
