"""The table of what trackers cost is made of pairs of windows of one run."""

import math

import pytest

from benchmarks.standings import ratio
from benchmarks.trackers import Counted, Took, Window, lines, paired


def test_a_ratio_is_of_pairs_and_has_an_interval() -> None:
    mean, low, high = ratio([11.0, 22.0, 33.0], [10.0, 20.0, 30.0])
    assert (mean, low, high) == (pytest.approx(1.1), pytest.approx(1.1), pytest.approx(1.1))
    mean, low, high = ratio([10.0, 22.0], [10.0, 20.0])
    assert low < mean < high
    assert mean == pytest.approx(math.sqrt(1.1))
    assert math.isnan(ratio([1.0], [1.0])[1])


def test_a_trial_counts_in_the_window_in_which_it_ended_but_not_behind_a_switch() -> None:
    windows = [Window(False, 1.0, 6.0, cpu=8.0), Window(True, 7.0, 12.0, cpu=5.0)]
    windows += [Window(True, 13.0, 18.0, cpu=4.0), Window(False, 19.0, 24.0, cpu=9.0)]
    ends = [0.5, 2.0, 3.0, 6.5, 7.0, 14.0, 20.0, 21.0, 22.0, 24.0]
    assert paired(windows, ends) == [
        (Counted(2 / 5, 4.0), Counted(1 / 5, 5.0)),
        (Counted(3 / 5, 3.0), Counted(1 / 5, 4.0)),
    ]
    with pytest.raises(SystemExit, match="no trial ended"):
        paired(windows[:2], [2.0])


def test_each_tracker_has_its_verdicts() -> None:
    def took(cpu: float, *rates: tuple[float, float]) -> Took:
        pairs = [(Counted(one, 0.04), Counted(other, 0.04 * 1.1)) for one, other in rates]
        return Took(pairs, cpu, 60.0)

    free, unclear = took(1.2, (50.0, 50.0), (40.0, 40.0)), took(3.0, (55.0, 50.0), (40.0, 40.0))
    slow = took(30.0, (60.0, 50.0), (48.0, 40.0))
    header, _, jsonl, mlflow, wandb, *_ = lines({"jsonl": free, "mlflow": unclear, "wandb": slow})
    assert header.count("| ≤ 1.03 |") == 2
    dearer = "1.100 (1.100 to 1.100) | no"
    assert jsonl == (
        f"| jsonl | 2 | 45.0 | 45.0 | 1.000 (1.000 to 1.000) | yes | {dearer} | 1.20 of 60.0 |"
    )
    assert f"| not shown | {dearer} |" in mlflow
    assert f"| 1.200 (1.200 to 1.200) | no | {dearer} |" in wandb
