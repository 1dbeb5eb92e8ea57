"""The table of a search that is told nothing: what it compares, and on which rows."""

import json
from pathlib import Path

import pytest

from benchmarks.defaults_beside_sklearn import Beside, Split, summary
from benchmarks.tables import MOST_ROWS, TABLES, TARGET
from tests.benchmarks.test_others import ran


def of(name: str, *differences: float) -> Beside:
    splits = tuple(Split(0.5 + difference, 0.5, "", 9) for difference in differences)
    return Beside(name, 100, "binary", splits)


def test_a_table_is_behind_by_its_splits() -> None:
    assert of("a", 0.1, 0.12, 0.11).verdict == "better"
    assert of("a", -0.1, -0.12, -0.11).verdict == "worse"
    assert of("a", -0.1, 0.12, 0.01).verdict == "within two errors"
    found = list(summary([of("a", 0.1, 0.12, 0.11), of("b", -0.1, -0.12, -0.11)]))
    assert found[0].startswith("Mean difference over 2 tables: +0.0000 ± ")
    assert found[1].endswith("better: a.")
    assert found[2].endswith("worse: b.")


@pytest.mark.parametrize("name", [name for name, source in TABLES.items() if source.here])
def test_a_table_is_here_with_its_target(name: str) -> None:
    frame = TABLES[name].frame()
    assert 100 < len(frame) <= MOST_ROWS
    assert frame[TARGET].notna().all()


@pytest.mark.keras
@pytest.mark.long
def test_a_table_is_searched_and_compared(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    page = ran("defaults_beside_sklearn", tmp_path, "wine", "--splits", "2", "--json", str(figures))
    (found,) = json.loads(figures.read_text())
    assert [split["epochs"] > 0 for split in found["splits"]] == [True, True]  # by a last fit
    assert min(split["search"] for split in found["splits"]) > 0.8
    assert "| wine | 178 | multiclass | " in page
