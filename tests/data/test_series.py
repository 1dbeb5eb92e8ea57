"""Windows of a series: which there are, how they are cut, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import Choice, InputError, Int, Split, series
from search.data.dataset import Dataset
from search.data.rows_in_file import whole
from search.data.series_rows import SeriesRows
from search.data.split import Parts
from search.training.rows_by_values import maker_of

N, WINDOW, HORIZON = 300, 12, 4


def frame(rows: int = N, seed: int = 0) -> pd.DataFrame:
    """Hours with a load and a temperature."""
    draw, steps = np.random.default_rng(seed), np.arange(rows)
    return pd.DataFrame({
        "when": pd.date_range("2024-03-01", periods=rows, freq="h"),
        "load": 50 + 5 * np.sin(steps * 2 * np.pi / 24) + draw.normal(size=rows),
        "heat": draw.normal(size=rows) * 100,
    })  # fmt: skip


def loaded(table: Any, **named: Any) -> Dataset:
    options = {"window": WINDOW, "horizon": HORIZON, "time": "when", **named}
    return series(table, options.pop("target", "load"), **options).load()


def rows_of(data: Dataset) -> SeriesRows:
    assert data.series is not None
    return data.series


def parts_of(data: Dataset) -> Parts:
    return Split().parts(data).scaled()


def test_windows_equal_those_of_keras() -> None:
    keras = pytest.importorskip("keras")
    table = frame(60)
    data = loaded(table, step=3)
    values = table[["load", "heat"]].to_numpy(np.float32)
    made = keras.utils.timeseries_dataset_from_array(
        values[: -HORIZON], None, WINDOW, sequence_stride=3, batch_size=None
    )  # fmt: skip
    expected = np.stack([window.numpy() for window in made])
    assert np.array_equal(whole(data.x), expected)


def test_targets_are_the_steps_that_follow() -> None:
    table = frame()
    data = loaded(table, target=["heat", "load"])
    assert data.target_names[:3] == ("heat t+1", "load t+1", "heat t+2")
    expected = table[["heat", "load"]].to_numpy(np.float32)[20 + WINDOW : 20 + WINDOW + HORIZON]
    assert np.array_equal(data.y[20].reshape(HORIZON, 2), expected)


def test_no_window_or_horizon_crosses_a_border() -> None:
    data = loaded(frame(), step=2)
    rows, parts = rows_of(data), parts_of(data)
    train, validation, held_out = parts.numbers
    assert rows.last[train].max() < rows.first[validation].min()
    assert rows.last[validation].max() < rows.first[held_out].min()
    assert all(len(part) > 10 for part in parts.numbers)


def test_no_window_spans_a_gap_or_two_groups() -> None:
    one = frame(80)
    other = frame(90, seed=1).drop(index=[40, 41])
    table = pd.concat([one.assign(city="a"), other.assign(city="b")])
    data = loaded(table.sample(frac=1, random_state=0), group="city")
    rows = rows_of(data)
    hours = (rows.times - rows.times.min()).astype("m8[h]").astype(int)
    for end in rows.ends:
        span = slice(end - WINDOW, end + HORIZON)
        assert set(np.diff(hours[span])) == {1}
        assert len(set(rows.groups[span])) == 1
    runs = [80, 40, 48]
    assert len(data.y) == sum(run - WINDOW - HORIZON + 1 for run in runs)
    assert any("sorted" in note for note in data.given.notes)
    assert any("1 gap in time, the first before 2024-03-02 18:00" in n for n in data.given.notes)


def test_one_border_in_time_for_all_groups() -> None:
    late = frame(200, seed=1)
    late["when"] += pd.Timedelta("100h")
    data = loaded(pd.concat([frame(250).assign(g=1), late.assign(g=2)]), group="g")
    rows, (train, validation, held_out) = rows_of(data), parts_of(data).numbers
    assert rows.last[train].max() < rows.first[validation].min()
    assert rows.last[validation].max() < rows.first[held_out].min()
    assert set(rows.groups[rows.ends[train] - 1]) == {0, 1}


def test_scales_are_of_the_steps_that_train() -> None:
    table = frame()
    data = loaded(table)
    parts = parts_of(data)
    last = rows_of(data).last[parts.numbers[0]].max()
    seen = table[["load", "heat"]].to_numpy()[: last + 1]
    assert parts.inputs is not None
    assert parts.scale is not None
    assert parts.inputs.mean == pytest.approx(seen.mean(axis=0), rel=1e-5)
    assert parts.inputs.deviation == pytest.approx(seen.std(axis=0), rel=1e-5)
    assert len(set(parts.scale.mean.tolist())) == 1  # all steps of a target have one scale
    own = parts.inputs.back(whole(parts.held_out.x))
    assert own == pytest.approx(whole(data.x)[parts.numbers[2]], rel=1e-4, abs=1e-3)


def test_missing_values_are_gaps_up_to_a_share() -> None:
    table = frame()
    table.loc[[100, 101], "heat"] = np.nan
    data = loaded(table)
    assert any("2 steps without a value" in note for note in data.given.notes)
    whole_windows = N - WINDOW - HORIZON + 1
    assert len(data.y) == whole_windows - 2 - (WINDOW + HORIZON - 1)
    table.loc[100:140, "heat"] = np.nan
    with pytest.raises(InputError, match=r"row 100 .from 0., column 'heat': no value, as in 41"):
        loaded(table)


@pytest.mark.parametrize("freq", ["MS", "ME", "QE", "YS", "W", "D", "15min"])
def test_steps_of_the_calendar_go_on(freq: str) -> None:
    times = pd.date_range("2015-01-31", periods=40, freq=freq)
    data = loaded(pd.DataFrame({"when": times, "load": np.arange(40.0) % 7}), window=5)
    rows = rows_of(data)
    assert len(data.y) == 40 - 5 - HORIZON + 1
    after = rows.form.step.after(rows.times[-1], 3)
    assert pd.Timestamp(after) == times[-1] + 3 * times.freq


@pytest.mark.parametrize("lengths", [Int(3, WINDOW), Choice(WINDOW, 3, 5)])
def test_windows_of_each_length_end_at_the_same_steps(lengths: Int | Choice) -> None:
    source = series(frame(), "load", window=lengths, horizon=HORIZON, time="when")
    assert source.values["window"] == lengths
    assert f"windows of 3 to {WINDOW}" in str(source)
    data = source.load()
    maker = maker_of(source)
    assert maker is not None
    long = whole(data.x)
    short = maker.inputs_for({"held_out": data.x}, {"window": 5})["held_out"]
    assert np.array_equal(short, long[:, -5:])
    with pytest.raises(InputError, match="windows of this series are of 1 to 12 steps"):
        maker.inputs_for({"held_out": data.x}, {"window": 13})


@pytest.mark.parametrize(
    ("change", "named", "said"),
    [
        ({}, {"target": "lod"}, "there is no column 'lod' for target=; did you mean 'load'"),
        ({}, {"time": "wen"}, "there is no column 'wen' for time=; did you mean 'when'"),
        ({}, {"features": ["load", "het"]}, "no column 'het' for features=; did you mean 'heat'"),
        ({"load": "a"}, {}, "column 'load': 'a' is text"),
        ({"heat": "a"}, {"features": ["heat"]}, "column 'heat': 'a' is text"),
        ({"when": "x"}, {}, "column 'when': it holds no dates or numbers"),
        ({}, {"window": 290, "horizon": 20}, "together they take 310 steps, and the longest run"),
        ({}, {"horizon": 0}, r"series\(horizon=0\): give a whole number of steps"),
        ({}, {"window": 1.5}, r"series\(window=1.5\): give .* 1 on, or several as Int\(12, 96\)"),
        ({}, {"window": Choice(12, "a")}, r"series\(window='a'\): give a whole number"),
        ({}, {"group": "load"}, r"series\(group='load'\): it is target= too"),
    ],
)
def test_faults_are_one_sentence(change: Any, named: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        loaded(frame().assign(**change), **named)


def test_times_that_do_not_fit_are_named() -> None:
    twice = pd.concat([frame(), frame().iloc[[7]]])
    with pytest.raises(InputError, match=r"row 300 .from 0., .* 07:00 is there twice .* row 7"):
        loaded(twice)
    off = frame()
    off.loc[9, "when"] += pd.Timedelta("7min")
    with pytest.raises(InputError, match=r"row 9 .from 0., .*09:07 does not fit: it lies between"):
        loaded(off)
    uneven = frame().assign(when=lambda t: t["when"] + pd.to_timedelta(np.arange(N) ** 2, "m"))
    with pytest.raises(InputError, match=r"only .* of the steps are of the usual"):
        loaded(uneven)


def test_a_part_without_room_is_refused() -> None:
    with pytest.raises(InputError, match="a part of 59 steps has no room for a window of 70"):
        parts_of(loaded(frame(), window=70))


def test_rows_without_times_are_in_order() -> None:
    data = loaded({"load": np.arange(50.0)}, time=None, window=3, horizon=2)
    assert data.y[0].tolist() == [3.0, 4.0]
    assert rows_of(data).places.tolist() == list(range(50))


@pytest.mark.parametrize("as_text", [False, True])
def test_times_with_an_offset_are_taken_in_utc_and_that_is_said(as_text: bool) -> None:
    zoned = frame(200)
    times = pd.to_datetime(zoned["when"]).dt.tz_localize("Etc/GMT-2")
    zoned["when"] = times.map(str) if as_text else times
    notes = loaded(zoned).given.notes
    told = "column 'when': its times have an offset, and are taken and shown in UTC"
    assert told in notes
    assert told not in loaded(frame(200)).given.notes
