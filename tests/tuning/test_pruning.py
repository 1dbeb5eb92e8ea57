"""Which pruner "auto" means: by rows, epochs and trials, so that the same study has the same."""

from typing import Any

import pytest

from search import Budget, Int
from search.tuning.pruning import settled
from tests.runs import small_study


@pytest.mark.parametrize(
    ("rows", "trials", "epochs", "expected"),
    [
        (600, 100, 100, "none"),
        (10_000, 40, 100, "curve"),
        (9_999, 40, 100, "none"),
        (10_000, 39, 100, "median"),
        (float("inf"), 40, 1, "curve"),
    ],
)
def test_auto_is_what_rows_epochs_and_trials_say(
    rows: float, trials: int, epochs: int, expected: str
) -> None:
    study = small_study(pruner="auto", budget=Budget(trials=trials, epochs=epochs))
    assert settled(study, "binary", rows).pruner == expected


def test_trials_of_different_lengths_are_compared_by_the_median_rule() -> None:
    def build(units: int, epochs: int) -> Any:
        del units, epochs

    study = small_study(
        pruner="auto",
        model=build,
        space={"units": Int(4, 64), "epochs": Int(10, 100)},
        budget=Budget(trials=50, epochs=100),
    )
    assert settled(study, "binary", 1e6).pruner == "median"


@pytest.mark.parametrize("asked", ["curve", "median", "hyperband", "none"])
def test_what_was_asked_for_stays(asked: str) -> None:
    assert settled(small_study(pruner=asked), "binary", 1e9).pruner == asked
