"""The table of what trackers cost is made of pairs of one round."""

import math

import pytest

from benchmarks.trackers import Took, lines, ratio


def test_a_ratio_is_of_pairs_and_has_an_interval() -> None:
    mean, low, high = ratio([11.0, 22.0, 33.0], [10.0, 20.0, 30.0])
    assert (mean, low, high) == (pytest.approx(1.1), pytest.approx(1.1), pytest.approx(1.1))
    mean, low, high = ratio([10.0, 22.0], [10.0, 20.0])
    assert low < mean < high
    assert mean == pytest.approx(math.sqrt(1.1))
    assert math.isnan(ratio([1.0], [1.0])[1])


def test_each_tracker_has_its_verdict() -> None:
    base = [Took(100.0, 110.0, 0.0, 80.0), Took(50.0, 60.0, 0.0, 40.0)]
    slow = [Took(110.0, 120.0, 3.0, 80.0), Took(52.0, 60.0, 3.0, 40.0)]
    runs = {"none": base, "jsonl": base, "mlflow": slow}
    header, _, none, jsonl, mlflow, *_ = lines(runs)
    assert header.endswith("| ≤ 1.03 |")
    assert none.endswith("| – | – | – | – |")
    assert jsonl.endswith("| 1.000 (1.000 to 1.000) | 1.000 | 1.000 | yes |")
    assert mlflow.startswith("| mlflow | 81.0 | 90.0 | 3.00 | 60.0 |")
    assert mlflow.endswith("| 1.000 | not shown |")
    slower = [Took(120.0, 130.0, 3.0, 80.0), Took(60.0, 70.0, 3.0, 40.0)]
    assert lines({"none": base, "wandb": slower})[3].endswith("| no |")
