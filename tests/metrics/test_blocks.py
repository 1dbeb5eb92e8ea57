"""Rows that depend on each other are drawn in blocks, so that intervals hold what they say."""

import numpy as np
import pytest

from search.data.series_rows import Blocks
from search.metrics.base import Estimate, PairedScores, by_draws
from search.metrics.custom import Custom
from search.metrics.intervals import Draws, by_spread
from search.metrics.measures import measure_of

HORIZON, ROWS, TRUE = 6, 150, 12_000


def errors(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts of an autoregression, and what came, shape (rows, HORIZON)."""
    draw = np.random.default_rng(seed)
    x = np.zeros(rows + HORIZON + 50)
    noise = draw.normal(size=len(x))
    for step in range(1, len(x)):
        x[step] = 0.8 * x[step - 1] + noise[step]
    x = x[50:]
    steps = np.arange(1, HORIZON + 1)
    said = x[:rows, None] * 0.75**steps
    return said, x[np.arange(rows)[:, None] + steps]


def test_blocks_hold_the_truth_where_rows_alone_do_not() -> None:
    """250 samples of 150 windows: rows by themselves in about 60 of 100, blocks in about 95."""
    measure = measure_of("val_mae", "regression")
    assert measure is not None
    truth = float(np.abs(np.subtract(*errors(TRUE, 9_999))).mean())
    held = {"rows": 0, "blocks": 0}
    blocks = Blocks(np.arange(ROWS), 2 * HORIZON)
    for seed in range(250):
        said, y = errors(ROWS, seed)
        for name, draws in (("rows", Draws.of(ROWS)), ("blocks", Draws.of(ROWS, blocks))):
            drawn = measure.estimate(said, y, draws).drawn
            value = float(np.abs(said - y).mean())
            held[name] += abs(truth - value) <= 1.96 * drawn.std()
    assert held["rows"] / 250 < 0.75
    assert 0.91 <= held["blocks"] / 250 <= 0.99


def test_each_moment_is_drawn_as_often_as_there_are_moments() -> None:
    moments = np.repeat(np.arange(5_000), 2)  # two series, and more moments than cells
    draws = Draws.of(len(moments), Blocks(moments, 24))
    assert (draws.counts.sum(axis=1) == draws.counts.shape[1]).all()
    assert (draws.group[::2] == draws.group[1::2]).all()
    assert draws.means(np.ones((len(moments), 1))) == pytest.approx(1.0)


def test_paired_differences_and_intervals_are_of_blocks() -> None:
    measure = measure_of("val_mae", "regression")
    assert measure is not None
    said, y = errors(ROWS, 1)
    other = said + np.random.default_rng(2).normal(size=(ROWS, 1)).repeat(HORIZON, axis=1) * 0.05
    widths = []
    for blocks in (None, Blocks(np.arange(ROWS), 2 * HORIZON)):
        draws = Draws.of(ROWS, blocks)
        pair = [PairedScores(one, measure.estimate(one, y, draws)) for one in (said, other)]
        interval = measure.interval(said, y, pair[0].estimate)
        paired = measure.paired(y, *pair)
        assert interval is not None
        assert paired is not None
        widths.append((interval.high - interval.low, paired.interval.high - paired.interval.low))
    assert widths[1][0] > 1.5 * widths[0][0]


def test_an_r2_by_blocks_holds_the_truth() -> None:
    """120 samples of 60 windows; percentiles of its skewed draws held it in 64 of 100."""
    measure, blocks = measure_of("val_r2", "regression"), Blocks(np.arange(60), 2 * HORIZON)
    assert measure is not None
    said, y = errors(TRUE, 9_999)
    truth = 1 - np.square(said - y).sum(axis=0) / np.square(y - y.mean(axis=0)).sum(axis=0)
    held, draws = 0, Draws.of(60, blocks)
    for seed in range(120):
        pair = errors(60, seed)
        within = measure.interval(*pair, measure.estimate(*pair, draws))
        assert within is not None
        held += within.low <= truth.mean() <= within.high
    assert held >= 110


def test_an_r2_by_blocks_ends_at_1_at_the_latest() -> None:
    drawn = 0.8 + 0.2 * np.random.default_rng(0).normal(size=1000)
    estimate = Estimate(0.8, np.append(drawn, -0.1), blocks=Blocks(np.arange(9), 2))
    within = by_draws(estimate, share=True)
    assert within is not None
    assert within.high == 1
    assert within.low == pytest.approx(0.8 - 1.96 * estimate.drawn.std(), abs=1e-3)


@pytest.mark.parametrize("name", ["mae", "mse", "rmse", "r2"])
@pytest.mark.parametrize("in_blocks", [False, True])
def test_an_interval_has_the_unit_of_its_measure(name: str, in_blocks: bool) -> None:
    measure = measure_of("val_" + name, "regression")
    assert measure is not None
    said, y = errors(ROWS, 1)
    draws = Draws.of(ROWS, Blocks(np.arange(ROWS), 2 * HORIZON) if in_blocks else None)
    ends = []
    for unit in (1.0, 1e-3, 1e4):
        found = measure.interval(
            unit * said, unit * y, measure.estimate(unit * said, unit * y, draws)
        )
        assert found is not None
        scale = unit**measure.power
        ends.append((found.low / scale, found.high / scale))
    np.testing.assert_allclose(ends[1:], [ends[0]] * 2, rtol=1e-6)


def test_an_error_of_few_blocks_ends_above_0() -> None:
    measure = measure_of("val_mse", "regression")
    assert measure is not None
    said, y = errors(2 * HORIZON, 3)
    estimate = measure.estimate(said, y, Draws.of(len(y), Blocks(np.arange(len(y)), 2 * HORIZON)))
    assert estimate.drawn.min() < 0
    found = measure.interval(said, y, estimate)
    assert found is not None
    assert 0 < found.low < estimate.value < found.high


def test_an_own_error_has_its_unit_and_an_own_share_has_none() -> None:
    drawn = np.random.default_rng(0).normal(0.5, 0.05, 500)
    for unit in (1.0, 100.0):
        error = Custom("cost", maximize=False)
        found = error.interval(np.empty(0), np.empty(0), Estimate(0.5 * unit, drawn * unit))
        assert found is not None
        spread = 1.96 * np.log(drawn).std()
        assert found.low / unit == pytest.approx(0.5 * np.exp(-spread), rel=1e-4)
        assert found.high / unit == pytest.approx(0.5 * np.exp(spread), rel=1e-4)
    share = Custom("f2", maximize=True, seen=Estimate(0.5, drawn))
    found = share.interval(np.empty(0), np.empty(0), Estimate(0.5, drawn))
    assert found == by_spread(0.5, drawn)
