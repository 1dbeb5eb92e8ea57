"""Which figures `train.py` sets beside the page's."""

import numpy as np
import pytest

from search.app.winner_recipe import figures_of, measured
from search.data.scaling import Scale
from search.study.answer import Interval, Measured, Score
from search.study.outputs import OF_LOSS, PROBABILITIES

BY_LOSS = Measured("loss (poisson, the model's own)", 1.5, None, own=True, maximize=False)


def of_numbers(kind: str, goal: Measured | None) -> Score:
    return Score(200, -3.0, Interval(-4, -2), None, measure="R²", goal=goal, kind=kind)


@pytest.mark.parametrize(
    ("kind", "goal", "measures"),
    [
        (PROBABILITIES, BY_LOSS, [BY_LOSS.measure, "R²"]),
        (OF_LOSS, BY_LOSS, [BY_LOSS.measure]),
        (PROBABILITIES, None, ["R²"]),
    ],
)
def test_numbers_in_the_scale_of_a_loss_have_no_r2(
    kind: str, goal: Measured | None, measures: list[str]
) -> None:
    figures = figures_of(of_numbers(kind, goal), "val_loss", "regression", None)
    assert [figure.measure for figure in figures] == measures


def test_errors_of_several_targets_are_divided_by_their_deviations() -> None:
    goal = Measured("MAE", 0.25, None, unit="standard deviations of each target", maximize=False)
    scale = Scale(np.zeros(2, np.float32), np.array([2, 40], np.float32))
    first, plain = figures_of(of_numbers(PROBABILITIES, goal), "val_mae", "regression", scale)
    assert (first.measure, first.deviations) == (
        "MAE, in standard deviations of each target",
        (2, 40),
    )
    assert plain.deviations == ()


@pytest.mark.parametrize(("value", "objective"), [(0.43, ["rap"]), (None, [])])
def test_of_a_loop_what_the_page_has_a_value_of_is_measured_again(
    value: float | None, objective: list[str]
) -> None:
    """And not what the loop alone reports, which no model measures."""
    goal = Measured("rap", value, None, own=True)
    score = Score(200, 0.9, Interval(0.8, 1), None, goal=goal)
    figures = measured(figures_of(score, "val_rap", "binary", None))
    assert [figure.measure for figure in figures] == [*objective, "accuracy"]
