"""The table of what searches take to the same quality counts what its note says."""

from pathlib import Path

import pytest

from benchmarks.quality.__main__ import (
    MARGIN,
    compared,
    lines,
    mean_ratio,
    ratios,
    reached,
    share_until,
)
from benchmarks.quality.searched import Ended, Searched, with_held_out
from benchmarks.quality.sets import SETS

SECONDS = 100.0


def search(*ends: tuple[float, float | None, float], epochs: int = 10) -> Searched:
    """Of each trial when it ended, its validation value, and its accuracy on held-out rows."""
    trials = [
        Ended(number, seconds, 2 * seconds, value, epochs if value is not None else 1, {})
        for number, (seconds, value, _) in enumerate(ends)
    ]
    return Searched(SECONDS, trials, {number: each[2] for number, each in enumerate(ends)})


NONE = search((10, 0.7, 0.70), (20, 0.6, 0.99), (40, 0.8, 0.79), (80, 0.9, 0.80))
FAST = search((5, 0.7, 0.70), (8, None, 0.0), (20, 0.8, 0.80 - MARGIN / 2))
NEVER = search((10, 0.7, 0.70), (50, 0.75, 0.75))
ARMS = {"none": NONE, "hyperband": NEVER, "curve": FAST}


def test_only_the_best_on_validation_counts_and_what_was_pruned_is_never_it() -> None:
    assert [best.number for best in NONE.bests] == [0, 2, 3]
    assert [best.number for best in FAST.bests] == [0, 2]
    assert NONE.final == 0.80


def test_a_quality_is_reached_with_the_first_best_that_holds_it_on_held_out_rows() -> None:
    assert reached(ARMS, "none") == ((80.0, 160.0, 40), True)
    assert reached(ARMS, "curve") == ((20.0, 40.0, 21), True)
    assert reached(ARMS, "hyperband") == ((SECONDS, 100.0, 20), False)


def test_a_search_that_never_reaches_it_makes_its_ratio_a_bound() -> None:
    assert ratios([ARMS], "none", 0) == ([4.0], "")
    assert ratios([ARMS], "none", 2) == ([40 / 21], "")
    assert ratios([ARMS], "hyperband", 0) == ([5.0], "≥")
    lost = {**ARMS, "curve": NEVER}
    assert ratios([lost], "none", 0) == ([0.8], "≤")
    assert ratios([lost], "hyperband", 0) == ([], "")
    assert ratios([ARMS, lost, {**ARMS, "hyperband": NONE}], "hyperband", 0)[1] == "≥"


def test_the_table_has_each_set_and_a_verdict_for_each_goal() -> None:
    runs = {("hastie", seed): ARMS for seed in (0, 1)}
    told = compared(runs)
    mean = told.pop(-1), told.pop(-1)
    assert told[2].startswith("| hastie | 80, 80 | > 100, > 100 | 20, 20 | 4.00 (4.00 to 4.00) |")
    assert told[-2].startswith("- against `none`: goal 2.5×, met: 4.00× (4.00 to 4.00) over 2")
    assert told[-1].startswith("- against `hyperband`: goal 1.2×, met: ≥5.00×")
    assert "`none` and `curve` are as good after 80% and 20%" in mean[1]
    assert any("| hastie | curve | 100 | 40.0 | 3.00 | 2.00 |" in line for line in lines(runs))


def test_in_the_mean_over_pairs_all_count_at_each_share_of_the_time() -> None:
    slow = search((10, 0.7, 0.70), (60, 0.9, 0.80))
    runs = [ARMS, {**ARMS, "curve": slow}]
    assert share_until(runs, "none") == pytest.approx(0.8)
    assert share_until(runs, "curve") == pytest.approx(0.6)
    assert share_until(runs, "hyperband") == 1.0
    mean, low, high = mean_ratio(runs, "none")
    assert mean == pytest.approx(0.8 / 0.6)
    assert low == pytest.approx(0.8 / 0.6)
    assert high == pytest.approx(4.0)


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    FAST.save(tmp_path / "deep" / "one.json")
    assert Searched.load(tmp_path / "deep" / "one.json") == FAST


def test_the_best_are_judged_on_the_rows_that_are_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    study = SETS["hastie"].study("none", 0)
    small = SETS["hastie"].__class__(SETS["hastie"].data, SETS["hastie"].space, 2, 1.0)
    monkeypatch.setitem(SETS, "hastie", small)  # type: ignore[arg-type]
    middle = {name: parameter.at(0.5) for name, parameter in study.parameters.items()}
    once = Searched(1.0, [Ended(3, 1.0, 1.0, 0.5, 2, middle)], {})
    first, second = with_held_out("hastie", 0, [once, once])
    assert first == second
    assert 0.0 < first.held_out[3] <= 1.0
    value = first.apart + 0.5, 0.5 - first.apart
    again = Searched(1.0, [Ended(3, 1.0, 1.0, value[0], 2, middle)], {})
    other = Searched(1.0, [Ended(3, 1.0, 1.0, value[1], 2, middle)], {})
    told = with_held_out("hastie", 0, [again, other])
    assert min(each.apart for each in told) == pytest.approx(0.0, abs=1e-9)
