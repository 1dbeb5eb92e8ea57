"""Rows that depend on each other are drawn in blocks, so that intervals hold what they say."""

import numpy as np
import pytest

from search.data.series_rows import Blocks
from search.metrics.base import PairedScores
from search.metrics.intervals import Draws
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
