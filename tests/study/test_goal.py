"""By which of its epochs a training counts, and when it has waited long enough."""

import math

import pytest

from search.study.goal import Goal

NAN = math.nan


def place(values: list[float], direction: str, patience: int | None) -> int:
    return Goal("val_loss", direction, patience).place({"val_loss": values})


@pytest.mark.parametrize(
    ("values", "direction", "patience", "expected"),
    [
        ([3, 1, 2], "minimize", None, 2),
        ([3, 1, 2], "minimize", 5, 1),
        ([3, 1, 2], "maximize", 5, 0),
        ([2, 1, 1], "minimize", 5, 1),
        ([NAN, 4, 5], "minimize", 5, 1),
        ([NAN, NAN], "minimize", 5, 1),
        ([], "minimize", 5, -1),
    ],
)
def test_without_patience_the_last_epoch_counts_and_with_it_the_first_best(
    values: list[float], direction: str, patience: int | None, expected: int
) -> None:
    assert place(values, direction, patience) == expected


def test_it_is_over_after_as_many_epochs_without_a_better_one() -> None:
    goal = Goal("val_loss", "minimize", 2)
    over = [goal.is_over({"val_loss": [3.0, 1.0, 2.0, 1.0][:epochs]}) for epochs in range(1, 5)]
    assert over == [False, False, False, True]
    assert not Goal("val_loss", "minimize").is_over({"val_loss": [1.0] * 99})


def test_what_is_not_measured_is_told_with_the_mend() -> None:
    curve = {"loss": [1.0], "mae": [1.0], "val_loss": [1.0], "val_mae": [1.0]}
    with pytest.raises(ValueError, match=r"no auc, only loss, mae; .* metrics=\['auc'\]"):
        Goal("val_auc", "maximize").value(curve)
