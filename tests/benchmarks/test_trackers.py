"""The table of what trackers cost is made of pairs of windows of one run."""

import math

import pytest

from benchmarks.standings import ratio
from benchmarks.trackers import SETTLES, Took, Window, lines, paired


def test_a_ratio_is_of_pairs_and_has_an_interval() -> None:
    mean, low, high = ratio([11.0, 22.0, 33.0], [10.0, 20.0, 30.0])
    assert (mean, low, high) == (pytest.approx(1.1), pytest.approx(1.1), pytest.approx(1.1))
    mean, low, high = ratio([10.0, 22.0], [10.0, 20.0])
    assert low < mean < high
    assert mean == pytest.approx(math.sqrt(1.1))
    assert math.isnan(ratio([1.0], [1.0])[1])


def test_a_trial_counts_in_the_window_in_which_it_ended_but_not_behind_a_switch() -> None:
    windows = [Window(False, 0.0, 6.0), Window(True, 6.0, 12.0)]
    windows += [Window(True, 12.0, 18.0), Window(False, 18.0, 24.0)]
    behind = SETTLES / 2
    ends = [behind, 2.0, 3.0, 6.0 + behind, 7.0, 14.0, 20.0, 21.0, 22.0, 24.0]
    assert paired(windows, ends) == [(2 / 5, 1 / 5), (3 / 5, 1 / 5)]
    with pytest.raises(SystemExit, match="no trial ended"):
        paired(windows[:2], [2.0])


def test_each_tracker_has_its_verdict() -> None:
    free = Took([(50.0, 50.0), (40.0, 40.0)], 1.2, 60.0)
    unclear = Took([(55.0, 50.0), (40.0, 40.0)], 3.0, 60.0)
    slow = Took([(60.0, 50.0), (48.0, 40.0)], 30.0, 60.0)
    header, _, jsonl, mlflow, wandb, *_ = lines({"jsonl": free, "mlflow": unclear, "wandb": slow})
    assert header.endswith("| ≤ 1.03 |")
    assert jsonl == "| jsonl | 2 | 45.0 | 45.0 | 1.000 (1.000 to 1.000) | 1.20 of 60.0 | yes |"
    assert mlflow.endswith("| not shown |")
    assert wandb.startswith("| wandb | 2 | 54.0 | 45.0 | 1.200 (1.200 to 1.200) |")
    assert wandb.endswith("| no |")
