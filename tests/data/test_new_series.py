"""The newest steps of a series for a trained model."""

import numpy as np
import pandas as pd
import pytest

from search import InputError
from search.data.new_series import new_series
from search.data.series_rows import SeriesForm
from search.data.table_reader import of_frame
from search.data.time_step import TimeStep

HOURLY = TimeStep("seconds", 3600.0)
FORM = SeriesForm(("load", "heat"), ("load",), 5, 3, HOURLY, "when", "city")


def frame(rows: int = 8) -> pd.DataFrame:
    one = pd.DataFrame({
        "when": pd.date_range("2024-01-01 16:00", periods=rows, freq="h"),
        "load": np.arange(rows, dtype=float),
        "heat": np.arange(rows) * 2.0,
    })  # fmt: skip
    return pd.concat([one.assign(city="a"), one.assign(city="b", load=one["load"] + 100)])


def test_the_newest_window_of_each_group_and_the_times_that_follow() -> None:
    table = frame()
    new = new_series(FORM, of_frame(table.sample(frac=1, random_state=0)))
    assert new.x.shape == (2, 5, 2)
    for place, city in enumerate("ab"):
        own = table[table["city"] == city][["load", "heat"]].to_numpy()[-5:]
        assert np.array_equal(new.x[place], own)
    told = new.told(np.arange(6.0).reshape(2, 3))
    assert told[0] == {"city": "a", "when": "2024-01-02 00:00", "load": 0.0}
    assert told[5] == {"city": "b", "when": "2024-01-02 02:00", "load": 5.0}


def test_what_a_window_lacks_is_named() -> None:
    with pytest.raises(InputError, match="group 'a': it has 4 rows, and the model looks back 5"):
        new_series(FORM, of_frame(frame(4)))
    gap = frame().reset_index(drop=True).drop(index=[6])
    with pytest.raises(InputError, match="group 'a': a step of 1 hour is missing before it"):
        new_series(FORM, of_frame(gap))
    lost = frame().reset_index(drop=True)
    lost.loc[7, "heat"] = np.nan
    with pytest.raises(InputError, match=r"row 7 .from 0., column 'heat': no value among"):
        new_series(FORM, of_frame(lost))
    with pytest.raises(InputError, match="no column 'heat', which the model takes"):
        new_series(FORM, of_frame(frame().drop(columns="heat")))
    daily = frame().assign(when=lambda t: t["when"] + (t["when"].dt.hour - 16) * pd.Timedelta("1D"))
    with pytest.raises(InputError, match="trained on steps of 1 hour"):
        new_series(FORM, of_frame(daily))
