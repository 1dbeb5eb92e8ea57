"""Reference models of forecasts, from the same rows by hand."""

import numpy as np
import pandas as pd
import pytest

from search import Split, series
from search.data.split import Parts
from search.finals.forecast_models import forecast_predictions, season_of

N, WINDOW, HORIZON = 400, 30, 10


def parts(*, season: int | None = None, period: int = 24, time: bool = True) -> Parts:
    steps = np.arange(N)
    load = 50 + 5 * np.sin(steps * 2 * np.pi / period) + np.random.default_rng(0).normal(size=N)
    table = pd.DataFrame({"load": load})
    if time:
        table["when"] = pd.date_range("2024-01-01", periods=N, freq="h")
    data = series(
        table, "load", window=WINDOW, horizon=HORIZON, time="when" if time else None, season=season
    )
    return Split().parts(data.load()).scaled()


def test_last_and_seasonal_values_are_those_of_the_series() -> None:
    made = parts()
    rows = made.source.series
    assert rows is not None
    found = forecast_predictions(made)
    assert list(found) == [
        "last value", "value a season of 24 steps ago", f"ridge regression on {WINDOW} lags"
    ]  # fmt: skip
    load = rows.targets[:, 0]
    for place, row in enumerate(made.numbers[2]):
        end = rows.ends[row]
        assert (found["last value"][place] == load[end - 1]).all()
        own = found["value a season of 24 steps ago"][place]
        assert np.array_equal(own, load[end - 24 : end - 24 + HORIZON].astype(float))
    truth = made.back(made.held_out.y)
    assert np.abs(found[f"ridge regression on {WINDOW} lags"] - truth).mean() < 1.5


def test_a_season_shorter_than_the_horizon_repeats_the_last_one() -> None:
    made = parts(season=4)
    rows = made.source.series
    assert rows is not None
    said = forecast_predictions(made)["value a season of 4 steps ago"][0]
    last = rows.targets[:, 0][rows.ends[made.numbers[2][0]] - 4 :][:4]
    assert said == pytest.approx(np.tile(last, 3)[:HORIZON])


def test_a_season_is_found_without_a_calendar() -> None:
    made = parts(period=17, time=False)
    assert made.source.series is not None
    assert season_of(made.source.series, made.numbers[0]) == 17


def test_a_season_is_found_by_training_rows_alone() -> None:
    made = parts()
    rows = made.source.series
    assert rows is not None
    before = season_of(rows, made.numbers[0])
    changed = rows.targets.copy()
    changed[~rows.steps_of(made.numbers[0])] = 0.0
    object.__setattr__(rows, "targets", changed)
    assert season_of(rows, made.numbers[0]) == before
