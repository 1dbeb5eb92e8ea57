"""Figures of forecasts: their numbers by plain NumPy, from what a run keeps and from the series."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import skew

from search import Budget, DenseSpace, Finals, Float, Int, Split, arrays, series
from search.app.resolved import ResolvedStudy
from search.data.dataset import Array
from search.data.series_rows import Blocks
from search.data.split import HELD_OUT, Parts
from search.finals.forecast_models import forecast_arrays, forecast_predictions
from search.loading.space_file import Space, SpaceSource
from search.metrics.intervals import Draws, Z
from search.report.figures.forecasts import Forecasts, by_step, over_time
from search.report.figures.svg import Figure
from search.report.page import render
from search.report.winner.forecasts import group_tables, steps_of
from search.store.run import load_run
from tests.finals.test_with_keras import play
from tests.reading_pages import csv_of, rows_of, tree_of
from tests.runs import small_study

HORIZON, HOURS = 5, 300


def table(groups: int = 1) -> pd.DataFrame:
    """Two columns of very different units, and one hour that is missing near the end."""
    draw = np.random.default_rng(0)
    when = pd.date_range("2024-01-01", periods=HOURS, freq="h")
    made = []
    for group in range(groups):
        wave = np.sin(np.arange(HOURS) * 2 * np.pi / 24)
        load = 1000 + 50 * wave + draw.normal(0, 10, HOURS)
        heat = 1e5 * (wave + draw.normal(0, 0.1, HOURS))
        frame = pd.DataFrame({"when": when, "load": load, "heat": heat, "shop": f"shop {group}"})
        made.append(frame.drop(index=HOURS - 20))
    return pd.concat(made)


@cache
def cut(targets: tuple[str, ...], groups: int = 1) -> Parts:
    data = series(
        table(groups), targets, window=8, horizon=HORIZON, time="when",
        group="shop" if groups > 1 else None, features=("load", "heat"),
    )  # fmt: skip
    return Split().parts(data.load()).scaled()


def kept_of(parts: Parts) -> tuple[dict[str, Array], dict[str, Array]]:
    """What a run keeps where the winner is 1 % off at t+1, and more each step."""
    y = parts.back(parts.held_out.y)
    off = 1 + 0.01 * np.repeat(np.arange(1, HORIZON + 1), y.shape[1] // HORIZON)
    blocks = parts.blocks(HELD_OUT)
    assert blocks is not None
    held_out = {"y": y, "predictions": y * off, "moments": blocks.moments,
                "block": np.asarray(blocks.length)}  # fmt: skip
    return forecast_arrays(parts, forecast_predictions(parts)), held_out


def forecasts(parts: Parts) -> Forecasts:
    found = Forecasts.of(*kept_of(parts))
    assert found is not None
    return found


def lines_of(figure: Figure) -> list[dict[str, str]]:
    page = tree_of(f'<p><a href="{figure.csv}">csv</a></p>')
    header, *rows = csv_of(next(page.all("a")))
    return [dict(zip(header, row, strict=True)) for row in rows]


def check_steps(lines: list[dict[str, str]], held_out: Mapping[str, Array], count: int) -> None:
    """Each line's error and interval, from the arrays of a run by plain NumPy."""
    far = np.abs(held_out["predictions"].astype(float) - held_out["y"])
    draws = Draws.of(len(far), Blocks(held_out["moments"], int(held_out["block"])))
    for place, line in enumerate(lines):
        column = far[:, int(line["step"]) * count - count + place // (len(lines) // count)]
        assert float(line["MAE"]) == pytest.approx(column.mean(), rel=1e-5)
        drawn = np.maximum(draws.means(column[:, None]), column.mean() / 8)
        half, mean = np.exp(Z * np.log(drawn).std()), column.mean()
        skewed = abs(skew(np.log(drawn))[0]) > 1
        expected = np.percentile(drawn, [2.5, 97.5]) if skewed else [mean / half, mean * half]
        ends = [float(line[f"95 % {end}"]) for end in ("from", "to")]
        assert ends == pytest.approx(list(expected), rel=0.05)


def test_errors_by_step_are_those_of_the_kept_rows_and_of_the_reference_models() -> None:
    parts = cut(("load", "heat"))
    _, held_out = kept_of(parts)
    of = forecasts(parts)
    figure = by_step(of, steps_of(of, held_out))
    lines = lines_of(figure)
    assert [(line["target"], line["step"]) for line in lines] == [
        (name, str(step)) for name in ("load", "heat") for step in range(1, HORIZON + 1)
    ]
    check_steps(lines, held_out, 2)
    for name, said in forecast_predictions(parts).items():
        means = np.abs(said - held_out["y"]).mean(axis=0).reshape(HORIZON, 2).T.ravel()
        assert [float(line[name]) for line in lines] == pytest.approx(means, rel=1e-4)
    assert f"load {float(lines[0]['MAE']):.4g} at t+1 and" in figure.says
    linear = "ridge regression on 8 lags"
    below = sum(float(line["MAE"]) < float(line[linear]) for line in lines)
    assert f"below the {linear} at {below} of 10 steps" in figure.says


@pytest.mark.parametrize("targets", [("load",), ("load", "heat")])
def test_the_error_of_each_series_stands_in_a_table(targets: tuple[str, ...]) -> None:
    parts = cut(targets, 14)
    kept, held_out = kept_of(parts)
    (table,) = group_tables(kept, held_out)
    assert len(table.rows) == 12
    assert table.caption.endswith(f"; {14 * len(targets) - 12} more")
    series_rows = parts.source.series
    assert series_rows is not None
    shops = [moment.rpartition(", ")[2] for moment in series_rows.moments(parts.numbers[HELD_OUT])]
    far = np.abs(held_out["predictions"].astype(float) - held_out["y"])
    name = table.header[-1].removeprefix("MAE of the ")
    others = np.abs(forecast_predictions(parts)[name] - held_out["y"])
    seen = []
    for row in table.rows:
        shop, _, target = str(row[0]).partition(", ")
        own = np.array(shops) == shop
        columns = slice(targets.index(target) if target else 0, None, len(targets))
        error = far[own][:, columns]
        assert row[1] == f"{own.sum()}"
        assert float(row[2]) == pytest.approx(error.mean(), rel=1e-3)
        assert float(row[4]) == pytest.approx(others[own][:, columns].mean(), rel=1e-3)
        low, high = map(float, str(row[3]).split("–"))
        assert low < error.mean() < high
        seen.append(error.mean() / held_out["y"][:, columns].std())
    assert seen == sorted(seen, reverse=True)
    assert group_tables(*kept_of(cut(targets))) == []


@pytest.mark.parametrize("groups", [1, 2])
def test_forecasts_over_time_stand_at_their_times(groups: int) -> None:
    lines = lines_of(over_time(forecasts(cut(("load",), groups))))
    known = table(groups).set_index(["shop", "when"])["load"]
    seen = set()
    for line in lines:
        group = line["series"].partition(", ")[2] or "shop 0"
        true = known[group, pd.Timestamp(line["when"])]
        assert float(line["held-out"]) == pytest.approx(true, rel=1e-5)
        seen.add(group)
    assert len(seen) == groups
    for place in range(1, 7):
        own = [line for line in lines if line[f"forecast {place}"]]
        assert len(own) == HORIZON * groups
        for step, line in enumerate(own):
            said = float(line["held-out"]) * (1 + 0.01 * (step % HORIZON + 1))
            assert float(line[f"forecast {place}"]) == pytest.approx(said, rel=1e-4)


def test_no_line_is_drawn_over_a_gap() -> None:
    kept = forecasts(cut(("load",))).kept
    hours = np.diff(kept["times"]).astype("timedelta64[h]").astype(int)
    assert (np.diff(kept["runs"]) != 0).tolist() == (hours > 1).tolist()
    assert (hours > 1).sum() == 1


def test_windows_are_named_by_when_their_forecasts_begin() -> None:
    rows = cut(("load",), 2).source.series
    assert rows is not None
    known = table(2).set_index(["shop", "when"])["load"]
    for text, (first, *_) in zip(rows.moments(np.arange(len(rows.y))), rows.y, strict=True):
        time, _, group = text.partition(", ")
        assert known[group, pd.Timestamp(time)] == pytest.approx(first)
    unnamed = series({"load": np.arange(50.0)}, "load", window=4, horizon=2).load().series
    assert unnamed is not None
    assert unnamed.moments(np.array([0, 10])) == ["row 5", "row 15"]


def test_rows_that_are_no_windows_and_one_step_have_no_such_figures() -> None:
    kept, held_out = kept_of(cut(("load",)))
    assert Forecasts.of({}, held_out) is None
    assert Forecasts.of(kept | {"horizon": np.asarray(1)}, held_out) is None


@pytest.mark.keras
def test_a_run_keeps_what_its_page_draws(tmp_path: Path) -> None:
    data = series(table(), "load", window=8, horizon=HORIZON, time="when", features="load")
    space = DenseSpace(layers=1, units=Int(4, 8), learning_rate=Float(1e-3, 1e-2))
    study = small_study(
        "regression", data=data, space=space, objective="val_mae", budget=Budget(2, 2),
        finals=Finals(top=1, seeds=1),
    )  # fmt: skip
    run = load_run(play(study, tmp_path).path)
    page = tree_of(render(run))
    for name in ("by-step", "over-time"):
        assert len(list(page.of_id(name).all("title"))) >= HORIZON, "its steps say what they are"
    header, *rows = csv_of(next(page.of_id("by-step").all("a")))
    lines = [dict(zip(header, row, strict=True)) for row in rows]
    assert len(lines) == HORIZON
    check_steps(lines, run.arrays("held_out"), 1)
    answer = run.answer()
    assert answer is not None
    assert not answer.no_model
    assert header[5:] == [yardstick.name for yardstick in answer.yardsticks]
    yardsticks_of_by_step = header[5:]
    body = rows_of(page, "Hardest held-out examples")
    assert body[0][0] == "first step forecast"
    known = table().set_index("when")["load"]
    for row in body[1:]:
        assert float(row[1].split(", ")[0]) == pytest.approx(known[pd.Timestamp(row[0])], rel=1e-3)
    header, *rows = csv_of(next(page.of_id("network").all("a")))
    assert sum(int(row[header.index("parameters")]) for row in rows) == answer.winner.weights
    whole = [np.mean([float(line[name]) for line in lines]) for name in yardsticks_of_by_step]
    judged = [yardstick.score.judged for yardstick in answer.yardsticks]
    assert {one.measure for one in judged} == {"MAE"}
    assert whole == pytest.approx([one.value for one in judged], rel=1e-4)


def test_a_model_of_ones_own_on_a_series_is_said_to_learn_standardised_targets() -> None:
    def build(units: int) -> None: ...

    data = series(table(), "load", window=8, horizon=HORIZON, time="when")
    x = np.arange(60.0)[:, None]
    for of, told in ((data, True), (arrays(x, 2 * x), False)):
        study = small_study("regression", data=of, model=build, space={"units": Int(4, 8)})
        source = SpaceSource("small.py", "small.py", {})
        space = Space(study, "small", source, touched=False)
        assert ResolvedStudy.of(space).summary().standardised is told
