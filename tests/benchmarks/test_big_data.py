"""The made table is as large and as mixed as it says, and hard for a linear model."""

from pathlib import Path

import pytest

from benchmarks.big_data import as_csv, as_npy, as_parquet
from search import arrays, table


@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_the_table_has_fifty_columns_of_every_kind(
    write: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.big_data.BLOCK", 300)
    monkeypatch.chdir(tmp_path)
    assert write(tmp_path, 1000).startswith('table("big.')
    (file,) = tmp_path.iterdir()
    data = table(file.name, target="bought").load()
    assert data.columns is not None
    assert len(data.columns) == 1000
    assert len(data.columns.names) + 1 == 50
    assert set(data.columns.kinds.values()) == {"number", "category", "boolean", "date"}
    assert data.columns.missing("n4").any()


def test_the_rows_in_a_file_are_two_classes(tmp_path: Path) -> None:
    as_npy(tmp_path, 500)
    data = arrays(tmp_path / "x.npy", tmp_path / "y.npy", in_memory=False).load()
    assert data.x.shape == (500, 1024)
    assert 0.2 < data.y.mean() < 0.8
