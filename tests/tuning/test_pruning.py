"""Which pruner "auto" means, and that the same study has the same decisions whatever its run is."""

from typing import Any

import numpy as np
import optuna
import pytest

from search import Budget, Int
from search.tuning.pruning import pruner, rungs, settled
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


def ended_at(name: str, seed: int) -> list[int]:
    """Epochs of the trials of a run of this name, whose values depend on their number alone."""
    study = small_study(pruner="hyperband", budget=Budget(trials=40, epochs=27), seed=seed)
    run = optuna.create_study(study_name=name, direction="maximize", pruner=pruner(study))
    found = []
    for value in np.random.default_rng(0).random(40):
        trial = run.ask()
        for epoch in rungs(study):
            trial.report(value, epoch)
            if epoch == 27 or trial.should_prune():
                break
        pruned = epoch < 27
        state = optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.COMPLETE
        run.tell(trial, None if pruned else value, state=state)
        found.append(epoch)
    return found


def test_brackets_of_hyperband_hang_on_the_seed_and_not_on_the_name_of_a_run() -> None:
    found = ended_at("first", 3)
    assert len(set(found)) > 1
    assert ended_at("second", 3) == found
    assert ended_at("first", 4) != found
