"""What is said of forecasts: intervals by blocks of windows, in tables and in comparisons."""

import numpy as np
import pytest

from search import series, streams
from search.data.function import Called
from search.data.series_rows import Blocks
from search.metrics.base import PairedScores
from search.metrics.intervals import Draws, Z
from search.metrics.measures import measure_of
from search.report.winner.numbers import numbers_table
from search.report.wording import Rival
from search.study.answer import Interval, Score
from search.study.errors import InputError

HORIZON, ROWS = 4, 200


def held_out(seed: int = 0) -> dict[str, np.ndarray]:
    """Forecasts of an autoregression, as a run keeps them."""
    draw = np.random.default_rng(seed)
    x = np.zeros(ROWS + HORIZON)
    for step in range(1, len(x)):
        x[step] = 0.9 * x[step - 1] + draw.normal()
    steps = np.arange(1, HORIZON + 1)
    y = x[np.arange(ROWS)[:, None] + steps]
    said = x[:ROWS, None] * 0.9**steps
    moments, block = np.arange(ROWS), np.asarray(2 * HORIZON)
    return {"y": y, "predictions": said, "moments": moments, "block": block}


def ends(cell: str) -> tuple[float, float]:
    low, high = cell.replace(" to ", "–").split("–")
    return float(low), float(high)


def test_each_step_has_its_interval_by_blocks_of_windows() -> None:
    kept = held_out()
    score = Score(ROWS, 0.0, Interval(0, 0), None, measure="R²")
    names = [f"t+{step}" for step in range(1, HORIZON + 1)]
    table = numbers_table(kept, names, score)
    assert "blocks of neighbouring windows" in table.caption
    counts = Draws.of(ROWS, Blocks(kept["moments"], 2 * HORIZON))
    far = np.abs(kept["y"] - kept["predictions"])
    for place, row in enumerate(table.rows):
        assert float(row[3]) == pytest.approx(far[:, place].mean(), abs=6e-3)
        drawn = counts.means(far[:, [place]])[:, 0]
        half = Z * drawn.std()
        assert ends(row[4]) == pytest.approx(
            (far[:, place].mean() - half, far[:, place].mean() + half), rel=2e-2
        )
    alone = {name: kept[name] for name in ("y", "predictions")}
    last = [ends(numbers_table(of, names, score).rows[-1][4]) for of in (kept, alone)]
    assert last[0][1] - last[0][0] > 1.3 * (last[1][1] - last[1][0])


def test_a_comparison_says_by_what_it_is_paired() -> None:
    kept, measure = held_out(), measure_of("val_mae", "regression")
    assert measure is not None
    other = kept["predictions"] + 0.5
    for blocks, how in (
        (None, "paired by row"),
        (Blocks(kept["moments"], 2 * HORIZON), "paired by blocks of windows"),
    ):
        draws = Draws.of(ROWS, blocks)
        pair = [
            PairedScores(said, measure.estimate(said, kept["y"], draws))
            for said in (kept["predictions"], other)
        ]
        found = measure.paired(kept["y"], *pair)
        rival = Rival("the last value", Score(ROWS, 0.0, Interval(0, 0), None), found)
        assert rival.of_lead.endswith(f", {how})")


def a_series() -> object:
    return series({"load": np.arange(50.0)}, "load", window=4, horizon=2)


def some_streams() -> object:
    return streams(lambda: None)


@pytest.mark.parametrize(("made", "kind"), [(a_series, "series"), (some_streams, "streams")])
def test_a_function_that_returns_rows_by_values_is_refused(made: object, kind: str) -> None:
    with pytest.raises(InputError, match=rf"it returned {kind}\(…\).* data={kind}\(…\) in the"):
        Called(made).load()  # type: ignore[arg-type]
