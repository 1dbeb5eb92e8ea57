"""What the page says holds on made rows whose truth is known; `benchmarks.honesty` in short."""

import pytest

from benchmarks.honesty import (
    coverage_by,
    coverage_of_accuracy,
    coverage_of_average_precision,
    coverage_of_class_f1,
    coverage_of_f1,
    coverage_of_macro_f1,
    coverage_of_r2,
    differences,
    losses,
    losses_over_splits,
    ties,
    ties_by,
    ties_over_splits,
)
from tests.forms import long_but


@pytest.mark.parametrize("rows", [50, 200, 1000])
def test_wilsons_interval_holds_the_truth_as_often_as_it_says(rows: int) -> None:
    assert coverage_of_accuracy(rows) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    "coverage", [coverage_of_r2, pytest.param(coverage_of_f1, marks=pytest.mark.long)]
)
def test_bootstrapped_intervals_do_too(coverage: type) -> None:
    assert coverage(rows=200, times=60) >= 0.9


def test_those_of_ranks_and_classes_do_too() -> None:
    assert coverage_of_class_f1(rows=200, times=300) == pytest.approx(0.95, abs=0.04)
    assert coverage_of_macro_f1(rows=200, times=60) >= 0.88
    assert coverage_of_average_precision(rows=200, times=60, share=0.3) >= 0.88


def test_over_splits_equal_models_are_ties_and_a_clearly_better_one_is_not() -> None:
    assert ties_over_splits(rows=200, times=40)[0] >= 0.85
    assert ties_over_splits(rows=200, times=10, gap=0.15)[0] <= 0.1


def test_fresh_splits_choose_better_than_the_best_single_value_too() -> None:
    single, seeds, splits = losses_over_splits(rows=100, times=100)
    assert max(seeds, splits) < 0.75 * single


def test_equal_models_are_called_ties_and_a_clearly_better_one_is_not() -> None:
    assert ties(rows=200, times=60)[0] >= 0.9
    assert ties(rows=200, times=20, gap=0.1)[0] <= 0.1


@pytest.mark.parametrize("rows", [100, 200, 1000])
def test_fresh_seeds_choose_better_than_the_best_single_value(rows: int) -> None:
    single, finals = losses(rows, times=300)
    assert finals < 0.7 * single


@pytest.mark.parametrize("name", ["auc", "average precision", "precision", "mae", "own"])
def test_intervals_of_other_objectives_hold_the_truth(name: str) -> None:
    assert coverage_by(name, rows=400, times=60) >= 0.88


@pytest.mark.parametrize(
    "name", long_but(["f1", "mae"], {name: name for name in ("auc", "f1", "mae", "own")})
)
def test_by_other_objectives_too_equal_models_are_ties(name: str) -> None:
    assert ties_by(name, rows=400, times=20)[0] >= 0.85


def test_equal_models_are_seldom_said_to_differ_on_held_out() -> None:
    equal, apart = differences(200, times=40), differences(200, times=20, gap=2.0)
    assert max(equal.values()) <= 0.15
    # F1 tells a third of such pairs apart on 200 rows: too few to be held to a half.
    assert min(apart[name] for name in ("auc", "average precision", "mae", "own")) >= 0.5
