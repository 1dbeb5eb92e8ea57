"""By which of its epochs a training counts, and when it has waited long enough."""

import math

import pytest

from search.loading.warnings import losses_apart
from search.study.goal import Goal, Progress
from search.study.trial import GrowingCurve

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


def stood_still(losses: list[float]) -> dict[str, list[float]]:
    """Accuracy as on few rows, where only the loss moves."""
    return {"val_accuracy": [0.7, *[0.8] * (len(losses) - 1)], "val_loss": losses}


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([0.9, 0.8, 0.7, 0.6, 0.7], 3),  # of equal accuracies the lowest loss
        ([0.9, 0.8, 0.8, 0.9, 0.8], 1),  # of equal losses the first
        ([0.1, 0.8, 0.9, 0.9, 0.9], 1),  # the loss alone does not decide
    ],
)
def test_of_epochs_that_tie_by_the_objective_the_lowest_loss_counts(
    losses: list[float], expected: int
) -> None:
    goal = Goal("val_accuracy", "maximize", 3)
    assert goal.place(stood_still(losses)) == expected
    assert goal.value(stood_still(losses)) == 0.8


def waited(curve: dict[str, list[float]], goal: Goal) -> list[int]:
    """Epochs without progress after each epoch, told one by one."""
    progress, found = Progress(goal), []
    for epochs in range(1, len(curve["val_loss"]) + 1):
        progress.follow({name: values[:epochs] for name, values in curve.items()})
        found.append(progress.waited)
    assert progress.place == goal.place(curve)
    return found


def test_progress_is_where_either_the_objective_or_the_loss_gets_better() -> None:
    goal = Goal("val_accuracy", "maximize", 2)
    assert waited(stood_still([0.9, 0.8, 0.7, 0.7, 0.71, 0.6]), goal) == [0, 0, 0, 1, 2, 0]
    rising = {"val_accuracy": [0.5, 0.6, 0.6, 0.7], "val_loss": [0.5, 0.9, 0.9, 0.9]}
    assert waited(rising, goal) == [0, 0, 1, 0]


def test_it_is_over_after_as_many_epochs_without_progress() -> None:
    losses = [3.0, 1.0, 2.0, 1.0]

    def over(patience: int | None) -> list[bool]:
        goal = Goal("val_loss", "minimize", patience)
        curves = [{"val_loss": losses[:epochs]} for epochs in range(1, 5)]
        return [Progress(goal).follow(curve).is_over for curve in curves]

    assert over(2) == [False, False, False, True]
    assert over(None) == [False] * 4


def test_what_is_not_measured_is_told_with_the_mend() -> None:
    curve = {"loss": [1.0], "mae": [1.0], "val_loss": [1.0], "val_mae": [1.0]}
    with pytest.raises(ValueError, match=r"no auc, only loss, mae; .* metrics=\['auc'\]"):
        Goal("val_auc", "maximize").value(curve)


@pytest.mark.parametrize(
    ("names", "objective", "told"),
    [
        (["units", "loss"], "val_loss", True),
        (["loss_fn"], "val_loss", True),
        (["loss"], "val_mae", False),
        (["gloss", "loss_weight"], "val_loss", False),
    ],
)
def test_losses_of_several_kinds_are_no_one_measure(
    names: list[str], objective: str, told: bool
) -> None:
    assert bool(list(losses_apart(names, objective))) is told


def test_a_curve_that_grows_is_copied_by_whole_epochs() -> None:
    curve = GrowingCurve.of({"loss": [3.0], "val_loss": [4.0]})
    curve.grow({"loss": [2.0, 1.0], "val_loss": [3.0, 2.0]})
    assert curve.copied() == {"loss": [3.0, 2.0, 1.0], "val_loss": [4.0, 3.0, 2.0]}
    curve["loss"].append(0.5)  # as another thread may meet it
    assert curve.copied() == {"loss": [3.0, 2.0, 1.0], "val_loss": [4.0, 3.0, 2.0]}
