"""The tables of what samplers find count what the page says, and searches are kept."""

import json
import re
from pathlib import Path

import pytest

from benchmarks.curves.sets import SETS
from benchmarks.samplers import JUDGING, TPE, Key, Regrets, Search, Trained, best_known, told
from benchmarks.tables import TABLES
from tests.benchmarks.test_others import ran

ONE = "one after the other"


def search(*found: tuple[float | None, float | None]) -> Search:
    return Search([Trained({}, 0, *each) for each in found], [0.001] * len(found))


def test_the_best_is_that_of_validation_and_what_failed_is_never_it() -> None:
    of = search((-2.0, 0.3), (None, None), (0.5, 0.2), (0.5, 0.9), (0.6, 0.1))
    assert of.best(2) == (-2.0, 0.3)
    assert of.best(4) == (0.5, 0.2)
    assert of.best(5) == (0.6, 0.1)


def pairs(*values: tuple[float, float]) -> dict[Key, Search]:
    """A pair of searches a table: 25 trials, of which one is good."""
    found: dict[Key, Search] = {}
    for name, of in zip("ab", values, strict=True):
        for sampler, value in zip((TPE, "search"), of, strict=True):
            trials = [(0.1, 0.2)] * 24 + [(value, value - 0.1)]
            found[name, 0, sampler, ONE] = search(*trials)
    return found


def test_regret_is_below_the_best_that_any_search_found_in_points() -> None:
    found = pairs((0.7, 0.9), (0.6, 0.5))
    assert best_known(found) == {"a": (0.9, 0.8), "b": (0.6, 0.5)}
    tpe, own = (Regrets.of(found, name, ONE, 25) for name in (TPE, "search"))
    assert tpe.pairs["a", 0] == pytest.approx((20, 20))
    assert own.pairs["b", 0] == pytest.approx((10, 10))
    assert own.below(tpe, 0) == pytest.approx([20, -10])
    assert own.below(tpe, 1, "b") == pytest.approx([-10])
    page = "\n".join(told(found, ["a", "b"]))
    assert "| 25 | search | 2 | 5.00 | +5.00 ± 15.00 | 5.00 | +5.00 ± 15.00 |" in page
    assert "| 50 |" not in page  # no search is so long


def test_no_table_judges_on_which_first_trials_were_made() -> None:
    assert not set(JUDGING) & set(SETS)
    tasks = [TABLES[name].task for name in JUDGING]
    assert tasks.count("regression") == len(tasks) / 2


def test_a_search_goes_on_from_what_is_kept(tmp_path: Path) -> None:
    kept, words = tmp_path / "kept", ("--tables", "wine", "--seeds", "2", "--trials-at-once", "9")
    first = ran("samplers", tmp_path, *words, "--trials", "12", "--runs", str(kept))
    assert "| 25 |" not in first
    files = sorted((kept / "wine").glob("*.json"))
    assert len(files) == 8
    before = {file: json.loads(file.read_text())["trials"] for file in files}
    page = ran("samplers", tmp_path, *words, "--trials", "25", "--runs", str(kept))
    assert re.search(r"\| 25 \| search \| 2 \| \d+\.\d\d \| [+-]\d+\.\d\d ± \d+\.\d\d \|", page)
    for file, trials in before.items():
        now = json.loads(file.read_text())["trials"]
        assert now[: len(trials)] == trials
        assert len(now) == (25 if "-1-" in file.name else 9)
