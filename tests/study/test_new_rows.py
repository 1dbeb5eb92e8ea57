"""New rows are read as what the model was trained on, whatever their few values look like."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from search import InputError
from search.study.data.columns import Columns
from search.study.data.new_rows import new_rows
from search.study.signature import Signature

HOMES = Signature(
    "regression",
    ("price",),
    {"size": "number", "zip": "category", "garden": "boolean", "built": "date"},
)
POINTS = Signature("binary", ("outer", "inner"), shape=(2,), features=("x1", "x2"))


def read(tmp_path: Path, text: str) -> tuple[Columns, tuple[str, ...]]:
    (tmp_path / "rows.csv").write_text(text)
    columns, notes = new_rows(HOMES, tmp_path / "rows.csv")
    assert isinstance(columns, Columns)
    return columns, notes


def test_each_column_is_of_the_kind_that_it_was(tmp_path: Path) -> None:
    columns, notes = read(
        tmp_path, "built,zip,garden,size,price\n2020-01-02,01067,0,70,9\n,,,,\n2021-01-02,7,1,,\n"
    )
    assert columns.kinds == HOMES.columns
    assert columns["zip"].tolist() == ["01067", None, "7"]
    np.testing.assert_array_equal(columns["garden"], [0, np.nan, 1])
    np.testing.assert_array_equal(columns["size"], [70, np.nan, np.nan])
    assert np.isnat(columns["built"]).tolist() == [False, True, False]
    assert notes == ("columns that the model does not take are ignored: price",)


def test_columns_without_a_value_are_all_missing(tmp_path: Path) -> None:
    columns, _ = read(tmp_path, "size,zip,garden,built,a\n,,,,1\n,,,,2\n")
    assert all(columns.missing(name).all() for name in columns.names)


def test_parquet_brings_its_own_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"size": [1.5], "zip": [7], "garden": [True], "built": [pd.Timestamp("2020-01-02")]}
    )
    frame.to_parquet(tmp_path / "rows.parquet")
    columns, notes = new_rows(HOMES, tmp_path / "rows.parquet")
    assert isinstance(columns, Columns)
    assert columns["zip"].tolist() == ["7"]
    assert (columns["size"].tolist(), columns["garden"].tolist(), notes) == ([1.5], [1.0], ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("size,zip,garden\n1,2,0\n", ("rows.csv", "no column 'built'", "known are")),
        ("Size,zip,garden,built\n1,2,0,\n", ("no column 'size'", "did you mean 'Size'?")),
        ("size,zip,garden,built\n1,2,0,\nbig,2,0,\n", ("line 3, column 'size'", "'big' is no")),
        ("size,zip,garden,built\n1,2,0.5,\n", ("line 2, column 'garden'", "no boolean")),
        ("size,zip,garden,built\n1,2,0,1\n", ("line 2, column 'built'", "no date")),
        ("size,zip,garden,built\n1e99,2,0,\n", ("line 2, column 'size'", "1e+99")),
        ("size,zip,garden,built\n1,2\n", ("line 2", "it has 2 cells and the header 4")),
        ("size,zip,garden,built\n", ("a header and no rows",)),
        ("", ("the file is empty",)),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit(tmp_path: Path, text: str, says: tuple[str, ...]) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert all(part in str(error.value) for part in says), error.value


def test_flat_arrays_come_from_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("name,x2,x1\na,2,1\nb,4,3\n")
    x, notes = new_rows(POINTS, tmp_path / "rows.csv")
    assert isinstance(x, np.ndarray)
    assert (x.tolist(), x.dtype) == ([[1, 2], [3, 4]], np.float32)
    assert notes == ("columns that the model does not take are ignored: name",)
    (tmp_path / "gap.csv").write_text("x2,x1\n2,1\n,3\n")
    with pytest.raises(InputError, match="line 3, column 'x2': no value"):
        new_rows(POINTS, tmp_path / "gap.csv")


@pytest.mark.parametrize("name", ["x", "rows"])
def test_arrays_come_from_numpy_files(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "rows.npy", np.ones((3, 2)))
    np.savez(tmp_path / "rows.npz", **{name: np.ones((3, 2))})
    for file in ("rows.npy", "rows.npz"):
        x, notes = new_rows(POINTS, tmp_path / file)
        assert isinstance(x, np.ndarray)
        assert (x.shape, x.dtype, notes) == ((3, 2), np.float32, ())
