"""Models beside one that says the same of each row, and how many rows would tell them apart."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics

from search.data.dataset import Array
from search.metrics.base import Estimate, PairedScores
from search.metrics.class_means import ClassMeans
from search.metrics.custom import Custom
from search.metrics.intervals import Draws, of_f1
from search.metrics.measures import measure_of
from search.study.answer import Interval, Paired


class Compared(NamedTuple):
    """A model's interval and its lead over a constant."""

    value: float
    within: Interval
    lead: Paired


def beside_constant(name: str, task: str, said: Array, y: Array, constant: Array) -> Compared:
    measure, draws = measure_of(name, task), Draws.of(len(y))
    assert measure is not None
    both = (said, np.tile(constant, (len(y), 1)))
    judged = [PairedScores(of, measure.estimate(of, y, draws)) for of in both]
    lead, within = measure.paired(y, *judged), measure.interval(said, y, judged[0].estimate)
    assert lead is not None
    assert within is not None
    return Compared(judged[0].estimate.value, within, lead)


@pytest.mark.parametrize("turned", [False, True])
def test_the_lead_of_an_area_over_a_half_is_as_wide_as_the_area(turned: bool) -> None:
    random = np.random.default_rng(0)
    y = (np.arange(120) % 3 == 0).astype(int)
    one = 1 / (1 + np.exp(-(2 * y - 1) * 1.1 - random.normal(size=120)))
    said = np.column_stack([1 - one, one])
    said = said[:, ::-1] if turned else said
    found = beside_constant("auc", "binary", said, y, np.array([0.6, 0.4]))
    expected = metrics.roc_auc_score(y, said[:, 1])
    assert found.lead.lead == pytest.approx(expected - 0.5)
    assert found.lead.interval.low == pytest.approx(found.within.low - 0.5)
    assert found.lead.interval.high == pytest.approx(found.within.high - 0.5)
    assert -0.5 < found.lead.interval.low < found.lead.interval.high < 0.5
    assert found.lead.told == ("behind" if turned else "ahead")


def test_an_error_beside_one_that_does_not_vary_is_the_other_way_round() -> None:
    random, y = np.random.default_rng(0), np.zeros(50)
    own = Custom("cost", maximize=False)
    drawn = 0.4 * np.exp(0.1 * random.normal(size=400))
    models = [PairedScores(y, Estimate(0.4, drawn)), PairedScores(y, Estimate(1.0, np.ones(400)))]
    within, lead = own.interval(y, y, models[0].estimate), own.paired(y, *models)
    back = own.paired(y, *models[::-1])
    assert within is not None
    assert lead is not None
    assert back is not None
    assert lead.lead == pytest.approx(0.6)
    assert lead.interval == Interval(1.0 - within.high, 1.0 - within.low)
    assert back.interval == Interval(within.low - 1.0, within.high - 1.0)


def test_a_perfect_area_of_few_rows_is_not_known_for_sure() -> None:
    y = np.repeat([0, 1], [52, 37])
    perfect = np.linspace(0, 1, 89)
    near = perfect.copy()
    near[[51, 52]] = near[[52, 51]]  # one pair of 1,924 is swapped
    measure, draws = measure_of("auc", "binary"), Draws.of(89)
    assert measure is not None
    models = [
        PairedScores(of, measure.estimate(of, y, draws))
        for of in (np.column_stack([1 - one, one]) for one in (perfect, near))
    ]
    lead = measure.paired(y, *models)
    assert lead is not None
    assert 0 < lead.lead < 0.001
    assert lead.told == "level"
    assert lead.interval.low < 0 < lead.interval.high


@pytest.mark.parametrize(("right", "told"), [(14, "level"), (12, "level"), (5, "ahead")])
@pytest.mark.parametrize("maximize", [True, False])
def test_all_of_fifteen_rows_beat_others_by_more_than_a_few(
    right: int, told: str, maximize: bool
) -> None:
    """A recall whose rows nobody knows, and the error that it leaves."""
    y, random = np.zeros(15), np.random.default_rng(0)
    some = random.binomial(15, right / 15, 400) / 15
    shares = [Estimate(1.0, np.ones(400)), Estimate(right / 15, some)]
    if not maximize:
        shares = [Estimate(1 - of.value, 1 - of.drawn) for of in shares]
    own = Custom("recall", maximize=maximize, seen=shares[1])
    lead = own.paired(y, *(PairedScores(y, of) for of in shares))
    assert lead is not None
    assert lead.told == told


def test_two_shares_never_differ_by_more_than_they_can() -> None:
    random, y = np.random.default_rng(0), np.zeros(50)
    high = np.clip(0.97 + 0.03 * random.normal(size=400), 0, 1)
    low = np.clip(0.03 + 0.03 * random.normal(size=400), 0, 1)
    f2 = Estimate(0.97, high)
    own = Custom("f2", maximize=True, seen=f2)
    found = own.paired(y, PairedScores(y, f2), PairedScores(y, Estimate(0.03, low)))
    assert found is not None
    assert 0.94 < found.interval.high <= 1
    sure = own.paired(y, PairedScores(y, f2), PairedScores(y, Estimate(0.2, np.full(400, 0.2))))
    assert sure is not None
    assert sure.interval.high <= 0.8


def test_what_a_constant_never_predicts_has_no_f1_in_other_rows_either() -> None:
    random = np.random.default_rng(1)
    y = random.permutation(np.repeat([0, 1, 2], [90, 40, 20]))
    said = np.tile([0.6, 0.3, 0.1], (150, 1))
    measure = measure_of("f1", "multiclass")
    assert measure is not None
    estimate = measure.estimate(said, y, Draws.of(150))
    within = measure.interval(said, y, estimate)
    assert within is not None
    drawn = [
        metrics.f1_score(some, np.zeros(150, int), average="macro", zero_division=0)
        for some in (y[random.integers(0, 150, 150)] for _ in range(400))
    ]
    assert (within.low, within.high) == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=0.006)
    seen = of_f1(90, 60)  # of the one class that it predicts, whose F1 is a third of the mean
    assert (within.low, within.high) == pytest.approx((seen.low / 3, seen.high / 3), abs=0.004)
    parts = np.hstack([np.eye(3)[y] * [1, 0, 0], np.tile([1, 0, 0], (150, 1)), np.eye(3)[y]])
    _, of_chance = ClassMeans(parts, Draws.of(150)).of("F1")  # a model that might predict others
    assert of_chance.high > within.high + 0.02
    _, recall = ClassMeans(parts, Draws.of(150), constant=True).of("recall")
    assert recall.high == pytest.approx(1 / 3)


def test_a_class_that_is_nowhere_does_not_move_the_interval_of_macro_f1() -> None:
    y, measure = np.repeat([0, 2], [60, 60]), measure_of("f1", "multiclass")
    said = np.eye(3)[np.where(np.arange(120) % 10 == 0, 2 - y, y)]
    assert measure is not None
    estimate = measure.estimate(said, y, Draws.of(120))
    within = measure.interval(said, y, estimate)
    assert within is not None
    assert estimate.value == pytest.approx(0.9)
    assert within.low < 0.9 < within.high


@pytest.mark.parametrize(("first", "second"), [(0.12, 0.06), (0.3, 0.2)])
def test_so_many_rows_show_a_lead_in_four_of_five_tests(first: float, second: float) -> None:
    measure, random = measure_of("accuracy", "binary"), np.random.default_rng(0)
    assert measure is not None
    y = np.zeros(100, int)
    counts = np.cumsum([round(100 * first), round(100 * second)])
    rights = (
        (np.arange(100) < counts[0]),
        (np.arange(100) >= counts[0]) & (np.arange(100) < counts[1]),
    )
    said = [np.column_stack([of, ~of]).astype(float) for of in rights]
    judged = [PairedScores(of, measure.estimate(of, y, Draws.of(100))) for of in said]
    found = measure.paired(y, *judged)
    assert found is not None
    assert found.told == "level"
    assert found.rows is not None
    rows, told = math.ceil(found.rows), 0
    for _ in range(2000):
        one, other, _ = random.multinomial(rows, [first, second, 1 - first - second])
        told += one > other and binomtest(int(one), int(one + other)).pvalue < 0.05
    assert 0.74 <= told / 2000 <= 0.86
