"""New rows that lie outside what the training rows had, by each kind of column."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from search import InputError, Split, arrays, table
from search.data.dataset import Dataset
from search.data.new_rows import NewRows, rows_from
from search.data.tree import Tree
from search.study.signature import Signature

DAYS = pd.date_range("2020-01-01", periods=60, freq="D")


def _signature(data: Dataset) -> Signature:
    return Signature.of(data, Split(validation=0.25, held_out=0.25, shuffle=False).parts(data))


def _outside(data: Dataset, rows: Any) -> tuple[list[bool], tuple[str, ...]]:
    found: NewRows = rows_from(_signature(data), rows)
    assert found.outside is not None
    return found.outside.rows.tolist(), found.outside.notes


def test_ranges_are_of_the_rows_that_train_alone() -> None:
    frame = pd.DataFrame({"size": np.arange(60.0) + 10, "built": DAYS, "y": np.arange(60) / 7})
    frame.loc[40:, "size"] = 1000.0  # of rows that validate and are held out
    data = table(frame, "y").load()
    new = pd.DataFrame(
        {
            "size": [10.0, 39.0, 9.5, 2000.0, 40.0],
            "built": ["2020-01-01", "2020-01-30", "2019-12-31", "2020-01-05", "2020-02-03"],
        }
    )
    rows, notes = _outside(data, new)
    assert rows == [False, False, True, True, True]
    assert notes == (
        "column 'size': outside the training rows' 10 to 39 in 3 of 5 rows, such as 2000",
        "column 'built': outside the training rows' 2020-01-01T00:00:00 to 2020-01-30T00:00:00 in "
        "2 of 5 rows, such as 2020-02-03T00:00:00",
    )


def test_a_missing_value_is_outside_where_no_training_row_lacked_one() -> None:
    frame = pd.DataFrame(
        {
            "full": np.arange(60) / 3,
            "gaps": [np.nan, *np.arange(59) / 3],
            "town": ["Ulm", "Rom"] * 30,
            "y": np.arange(60) / 7,
        }
    )
    new = pd.DataFrame({"full": [1, np.nan, 2], "gaps": np.nan, "town": ["Ulm", "Rom", None]})
    rows, notes = _outside(table(frame, "y").load(), new)
    assert rows == [False, True, True]
    assert [note.split(":")[0] for note in notes] == ["column 'full'", "column 'town'"]
    assert notes[1].endswith("no value in 1 of 3 rows, and each training row had one")


def test_columns_of_an_array_are_looked_at_each() -> None:
    x = np.column_stack([np.arange(60) / 60, np.arange(60.0)]).astype("float32")
    data = arrays(x, np.arange(60) / 7, feature_names=("a", "b")).load()
    new = np.array([[0.25, 0.0], [0.25, 29.0], [0.25, 30.0], [-0.25, 3.0]], "float32")
    rows, notes = _outside(data, new)
    assert rows == [False, False, True, True]
    assert notes == (
        "column 'a': outside the training rows' 0 to 0.483333 in 1 of 4 rows, such as -0.25",
        "column 'b': outside the training rows' 0 to 29 in 1 of 4 rows, such as 30",
    )
    named = pd.DataFrame(new, columns=["a", "b"])
    assert _outside(data, named) == (rows, notes)


def test_several_inputs_are_looked_at_each() -> None:
    numbers = np.column_stack([np.arange(60) / 60, np.arange(60.0)]).astype("float32")
    x = {"shop": np.arange(60) % 7, "numbers": numbers, "words": np.array(["a b"] * 60)}
    data = arrays(x, np.arange(60) / 7).load()
    new = Tree(
        {
            ("shop",): np.array([0, 6, 7]),
            ("numbers",): np.array([[0.25, 0.0], [0.25, 30.0], [0.0, 1.0]], "float32"),
            ("words",): np.array(["never seen"] * 3, dtype=object),
        }
    )
    rows, notes = _outside(data, new)
    assert rows == [False, True, True]
    assert notes == (
        "column 'shop': outside the training rows' 0 to 6 in 1 of 3 rows, such as 7",
        "column 'numbers[1]': outside the training rows' 0 to 29 in 1 of 3 rows, such as 30",
    )


def test_of_pictures_it_is_not_known() -> None:
    assert not _signature(arrays(np.zeros((60, 4, 4)), np.arange(60) / 7).load()).seen


def test_a_model_without_what_was_seen_says_nothing() -> None:
    signature = Signature("binary", ("no", "yes"), shape=(2,), features=("a", "b"))
    assert rows_from(signature, np.full((3, 2), 1e9, "float32")).outside is None
    with pytest.raises(InputError, match="its shape is"):
        rows_from(signature, np.zeros((3, 3), "float32"))


def test_of_many_columns_those_with_most_rows_outside_are_named() -> None:
    draw = np.random.default_rng(0)
    data = arrays(draw.random((50, 12)), np.arange(50) % 2).load()
    new = np.full((20, 12), 0.5)
    for column in range(12):
        new[: column + 1, column] = 7.0
    rows, notes = _outside(data, new)
    assert sum(rows) == 12
    assert [note.split("'")[1] for note in notes[:-1]] == [f"x{n}" for n in range(5, 13)]
    assert notes[-1] == "and 4 more such columns; 12 rows lie outside by any"
