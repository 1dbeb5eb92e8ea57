"""The statistics of the finals: intervals, scores, orders, ties."""

from statistics import fmean

import numpy as np
import pytest

from search.finals.verdict import in_order, median_of, with_ties
from search.study.answer import Finalist, Fit
from search.study.dataset import Array

LOST = Fit(seed=9, curve={}, value=None, loss=None, reason="loss became NaN in epoch 1")


def fit(value: float, loss: float = 0.5) -> Fit:
    return Fit(seed=0, curve={}, value=value, loss=loss)


def finalist(number: int, *fits: Fit, weights: int = 10) -> Finalist:
    values = [f.value for f in fits if f.value is not None]
    return Finalist(
        number=number,
        params={},
        weights=weights,
        search_value=1.0,
        fits=fits,
        mean=fmean(values) if values else None,
        tied=False,
    )


def numbers(finalists: list[Finalist]) -> list[int]:
    return [f.number for f in finalists]


def test_the_best_mean_comes_first_in_either_direction() -> None:
    low, high = finalist(1, fit(0.2)), finalist(2, fit(0.8))
    assert numbers(in_order([low, high], "maximize")) == [2, 1]
    assert numbers(in_order([high, low], "minimize")) == [1, 2]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_equal_means_go_by_loss_and_equal_losses_by_fewer_weights(direction: str) -> None:
    large = finalist(1, fit(1.0, 0.1), weights=900)
    small = finalist(2, fit(1.0, 0.1), weights=9)
    unsure = finalist(3, fit(1.0, 0.2), weights=1)
    assert numbers(in_order([unsure, large, small], direction)) == [2, 1, 3]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_who_has_no_sound_fit_comes_last(direction: str) -> None:
    lost, sound = finalist(1, LOST, LOST, weights=1), finalist(2, fit(0.5), LOST)
    assert numbers(in_order([lost, sound], direction)) == [2, 1]


@pytest.mark.parametrize(
    "values", [(0.1, 0.5, 0.9), (0.1, 0.4, 0.6, 0.9), (0.1, 0.2, 0.5, 0.8, 0.9)]
)
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_fit_that_is_shown_is_neither_the_luckiest_nor_the_unluckiest(
    values: tuple[float, ...], direction: str
) -> None:
    mixed = [fit(value) for value in (*values[1:], values[0])]
    median = median_of(mixed, direction)
    assert median is not None
    shown = median.value
    assert shown is not None
    assert shown in sorted(values)[1:-1]
    assert sum(v < shown for v in values) - sum(v > shown for v in values) in (-1, 0, 1)


def test_failed_fits_do_not_move_the_median() -> None:
    assert median_of([LOST, fit(0.9), LOST, fit(0.5), fit(0.1), LOST], "maximize") == fit(0.5)
    assert median_of([LOST, fit(0.3), LOST], "maximize") == fit(0.3)
    assert median_of([LOST], "maximize") is None


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_among_equal_values_the_median_is_of_loss(direction: str) -> None:
    fits = [fit(1.0, 0.3), fit(1.0, 0.01), fit(1.0, 0.1)]
    assert median_of(fits, direction) == fit(1.0, 0.1)


def right_rows(count: int, rows: int = 200) -> Array:
    return (np.arange(rows) < count).astype(float)


def ties(*right: int) -> list[bool]:
    """Which of the finalists tie with the first, by how many of 200 rows each has right."""
    finalists = [finalist(number, fit(1.0)) for number in range(len(right))]
    rowwise = {number: right_rows(count) for number, count in enumerate(right)}
    return [f.tied for f in with_ties(finalists, rowwise, seed=0)]


def test_equals_and_those_a_row_apart_tie_and_the_clearly_worse_do_not() -> None:
    assert ties(198, 198, 197, 170, 100) == [False, True, True, False, False]


def test_rows_are_compared_in_pairs() -> None:
    # Accuracies are 0.55 and 0.5 both times: a lead in the same ten rows counts, luck does not.
    generator = np.random.default_rng(0)
    finalists = [finalist(0, fit(0.55)), finalist(1, fit(0.5))]
    nested = {0: right_rows(110), 1: right_rows(100)}
    apart = {0: generator.permutation(right_rows(110)), 1: generator.permutation(right_rows(100))}
    assert not with_ties(finalists, nested, seed=0)[1].tied
    assert with_ties(finalists, apart, seed=0)[1].tied


def test_who_has_no_fit_ties_with_nobody() -> None:
    finalists = [finalist(0, fit(1.0)), finalist(1, LOST)]
    assert not with_ties(finalists, {0: right_rows(200), 1: None}, seed=0)[1].tied
    assert not with_ties(finalists, {0: None, 1: right_rows(200)}, seed=0)[1].tied


def test_the_only_finalist_ties_with_nobody() -> None:
    assert ties(150) == [False]
