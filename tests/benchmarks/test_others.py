"""The smaller benchmarks work, and their figures are what their notes say. No speed is asserted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.busy import share
from benchmarks.history import WHOLE, Found, rows_of
from tests.benchmarks.performances import performance
from tests.benchmarks.test_race import PATIENCE, ROOT, tables


def ran(module: str, folder: Path, *arguments: str) -> str:
    """Run a benchmark as a person does; returns its page."""
    ended = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", "--results", str(folder), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    (page,) = folder.glob("*.md")
    return page.read_text()


def test_two_workers_that_never_wait_are_busy_all_the_time() -> None:
    in_pairs = [float(5 + i // 2) for i in range(300)]
    assert share(performance(in_pairs)) == pytest.approx(1.0)
    late = [5.0, *(time + 1.0 for time in in_pairs[:-1])]
    assert share(performance(late)) == pytest.approx(300 / 302, abs=0.002)


def test_histories_are_compared_in_pairs() -> None:
    results = {
        WHOLE: [Found(1e-3, 0.02), Found(1e-5, 0.04)],
        50: [Found(1e-2, 0.001), Found(1e-4, 0.003)],
    }
    assert rows_of([WHOLE, 50], results) == [
        ["all", "1.0e-04", "–", "30.0"],
        ["best 50, latest 50", "1.0e-03", "+1.000 ± 0.000", "2.00"],
    ]


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_trials_of_a_second_are_weighed_among_the_workers_time(tmp_path: Path) -> None:
    page = ran("busy", tmp_path, "--trials", "6", "--contestants", "a")
    assert re.search(r"\| \(a\) search run \| 6 \| [\d.]+ \| [\d.]+% \|", page)


@pytest.mark.long
def test_a_bounded_history_is_compared_with_all_of_it(tmp_path: Path) -> None:
    page = ran("history", tmp_path, "--trials", "22", "--seeds", "2", "--latest", "3")
    assert re.search(r"\| best 50, latest 3 \| \S+ \| [+-][\d.]+ ± [\d.]+ \| [\d.]+ \|", page)


@pytest.mark.ray
@pytest.mark.keras
@pytest.mark.long
def test_time_is_told_by_process_and_phase(tmp_path: Path) -> None:
    rows = ran("layers", tmp_path, "--trials", "3").splitlines()
    kinds = [row.split(" | ")[0].strip("| ") for row in rows if row.startswith("| ")]
    assert {"driver", "workers", "Ray: raylet", "Ray: GCS", "wall"} <= set(kinds)


@pytest.mark.keras
@pytest.mark.long
def test_what_is_found_is_compared_side_by_side(tmp_path: Path) -> None:
    page = ran("race", tmp_path, "--short", "--values", "--contestants", "d", "e")
    found = tables(page)
    assert list(found) == ["Find", "Every run"]
    assert len(found["Every run"]) == 2
    assert "further trial" not in page
