"""The race works: everybody finishes, and the table says what it has to. No speed is asserted."""

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.entrants import ENTRANTS

ROOT = Path(__file__).parent.parent.parent
INSTALL = "KerasTuner is not installed: pip install -r benchmarks/requirements.txt"
PATIENCE = 500
"""Seconds before the race is taken to hang; it takes 40 to 80."""

pytestmark = [pytest.mark.ray, pytest.mark.keras]


def race(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the race as a person does, its table going to the folder."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.race", "--results", str(folder), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def short_race(folder: Path, letters: str) -> dict[str, list[dict[str, str]]]:
    """Everybody in the smallest form; returns the page's tables."""
    ended = race(folder, "--short", "--contestants", *letters)
    assert ended.returncode == 0, ended.stderr
    (page,) = folder.glob("circles-*.md")
    assert ended.stdout.splitlines()[-1] == f"table  {page}"
    return tables(page.read_text())


def tables(page: str) -> dict[str, list[dict[str, str]]]:
    """Heading → the rows of the table below it, each by its column's name and place."""
    found = {}
    for section in page.split("\n## ")[1:]:
        heading, _, text = section.partition("\n")
        rows = [cells(line) for line in text.splitlines() if line.startswith("|")]
        if rows:
            assert {len(row) for row in rows} == {len(rows[0])}, heading
            names = [f"{name} {i}" if name == "×" else name for i, name in enumerate(rows[0])]
            found[heading] = [dict(zip(names, row, strict=True)) for row in rows[2:]]
    return found


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def assert_finished(found: dict[str, list[dict[str, str]]], letters: Sequence[str]) -> None:
    """A row for each contestant in each table, with all its trials, and numbers where due."""
    names = [str(ENTRANTS[letter]) for letter in letters]
    assert list(found) == ["Time", "Cost and find", "Every run"]
    for rows in found.values():
        assert [row["contestant"] for row in rows] == names
    for row in found["Time"] + found["Every run"]:
        assert row["trials"] == "3"
    for row in found["Time"]:
        assert all(float(row[name]) for name in ("first result, s", "last result, s"))
    for row in found["Cost and find"]:
        assert 0 < float(row["best val_accuracy"]) <= 1
        assert float(row["CPU, s"]) > 0
        assert float(row["peak memory, MB"].replace(",", "")) > 100


@pytest.mark.long  # CI runs the product by test_beside_sklearn
def test_product_optuna_and_the_loop_by_hand_finish_and_are_compared(tmp_path: Path) -> None:
    found = short_race(tmp_path, "ade")
    assert_finished(found, "ade")
    product, *peers = found["Time"]
    assert float(product["page, s"]) > float(product["last result, s"])
    assert product["× 5"] == "1.00×"
    for peer in peers:
        assert peer["page, s"] == "–"
        assert peer["last result × (a)'s page"].endswith("×")
    assert found["Every run"][0]["workers"] == "2"


@pytest.mark.long
@pytest.mark.skipif(find_spec("keras_tuner") is None, reason=INSTALL)
def test_keras_tuner_and_ray_tune_finish_too(tmp_path: Path) -> None:
    found = short_race(tmp_path, "bc")
    assert_finished(found, "bc")
    assert {row["last result × (a)'s page"] for row in found["Time"]} == {"–"}


def test_without_keras_tuner_one_sentence_says_how_to_get_it(tmp_path: Path) -> None:
    hidden = "import runpy, sys; sys.modules['keras_tuner'] = None; runpy.run_module"
    code = f"{hidden}('benchmarks.race', run_name='__main__', alter_sys=True)"
    wanted = ["--results", str(tmp_path), "--short", "--contestants", "a", "b"]
    ended = subprocess.run(
        [sys.executable, "-c", code, *wanted],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "pip install -r benchmarks/requirements.txt" in ended.stderr
    assert ended.stderr.count("\n") == 1
