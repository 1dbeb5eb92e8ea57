"""The statistics of the finals: intervals, scores, orders, ties."""

from statistics import fmean

import numpy as np
import pytest

from search.data.dataset import Array
from search.finals.verdict import Seen, in_order, median_of, with_ties
from search.metrics.intervals import Draws
from search.metrics.measures import measure_of
from search.study.answer import Finalist, Fit

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


def by_rows(right: Array | None) -> Seen:
    if right is None:
        return Seen(None)
    column = right[:, None]
    return Seen(Draws.of(len(right)).means(column).T, column)


def ties(*right: int) -> list[bool | None]:
    """Which of the finalists tie with the first, by how many of 200 rows each has right."""
    finalists = [finalist(number, fit(count / 200)) for number, count in enumerate(right)]
    seen = {number: by_rows(right_rows(count)) for number, count in enumerate(right)}
    return [f.tied for f in with_ties(finalists, seen, "maximize")]


def test_equals_and_those_a_row_apart_tie_and_the_clearly_worse_do_not() -> None:
    assert ties(198, 198, 197, 170, 100) == [False, True, True, False, False]


def test_rows_are_compared_in_pairs() -> None:
    # Accuracies are 0.55 and 0.5 both times: a lead in the same ten rows counts, luck does not.
    generator = np.random.default_rng(0)
    finalists = [finalist(0, fit(0.55)), finalist(1, fit(0.5))]
    nested = {0: right_rows(110), 1: right_rows(100)}
    apart = {0: generator.permutation(right_rows(110)), 1: generator.permutation(right_rows(100))}
    for seen, tied in ((nested, False), (apart, True)):
        told = {number: by_rows(right) for number, right in seen.items()}
        assert with_ties(finalists, told, "maximize")[1].tied is tied


def test_who_has_no_fit_ties_with_nobody() -> None:
    finalists = [finalist(0, fit(1.0)), finalist(1, LOST)]
    seen = {0: by_rows(right_rows(200)), 1: by_rows(None)}
    assert not with_ties(finalists, seen, "maximize")[1].tied


def test_an_objective_that_cannot_be_drawn_anew_is_no_tie_and_no_defeat() -> None:
    finalists = [finalist(0, fit(1.0)), finalist(1, fit(0.2))]
    seen = {0: Seen(None), 1: by_rows(right_rows(40))}
    assert with_ties(finalists, seen, "maximize")[1].tied is None


def test_a_difference_of_rounding_is_no_defeat() -> None:
    values = (1.25e6, 1.25e6 * (1 + 1e-14), 1.25e6 * (1 + 4e-7))  # a loss of large numbers, float32
    finalists = [finalist(number, fit(value)) for number, value in enumerate(values)]
    seen = {n: Seen(np.full((1, 50), v), resolution=1e-6 * v) for n, v in enumerate(values)}
    told = with_ties(finalists, seen, "minimize")
    assert [other.tied for other in told[1:]] == [True, True]


def test_three_rows_that_differ_are_too_few_to_be_behind() -> None:
    assert ties(200, 197) == [False, True]
    assert ties(200, 196) == [False, True]
    assert ties(200, 190) == [False, False]


def test_losses_that_differ_by_rounding_are_a_tie() -> None:
    finalists = [finalist(0, fit(1e-8)), finalist(1, fit(1e-8 + 1e-14))]
    draws = np.full((1, 1000), 1e-8)
    told = {0: Seen(draws), 1: Seen(draws + 1e-14)}
    assert with_ties(finalists, told, "minimize")[1].tied


def test_by_auc_a_finalist_of_better_loss_and_worse_auc_is_behind_for_its_auc() -> None:
    """And one of worse loss and equal AUC is not behind at all."""
    draw = np.random.default_rng(0)
    y = (np.arange(400) % 5 == 0).astype(int)
    ranks = 2.5 * y + draw.normal(size=400)
    winner = 1 / (1 + np.exp(-3 * (ranks + 0.2)))  # it ranks well and is sure of too much
    low = 0.999 + 0.0009 * winner  # the same order of rows, and a worse loss
    mixed = draw.permutation(400) % 2 == 0
    worse = np.where(mixed, 0.2, np.clip(y * 0.9, 0.02, 0.95))  # a better loss, half is unranked
    said = [np.column_stack([1 - p, p]) for p in (winner, low, worse)]
    auc, loss = measure_of("val_auc", "binary"), measure_of("val_loss", "binary")
    assert auc is not None
    assert loss is not None
    draws = Draws.of(400)
    found = [auc.estimate(of, y, draws) for of in said]
    losses = [loss.estimate(of, y, draws).value for of in said]
    assert losses[2] < losses[0] < losses[1]
    assert found[2].value < found[0].value == found[1].value
    finalists = [finalist(n, fit(of.value, losses[n])) for n, of in enumerate(found)]
    told = {n: Seen(of.drawn[None]) for n, of in enumerate(found)}
    order = in_order(finalists, "maximize")
    assert numbers(order) == [0, 1, 2]
    assert [f.tied for f in with_ties(order, told, "maximize")] == [False, True, False]


def test_the_only_finalist_ties_with_nobody() -> None:
    assert ties(150) == [False]
