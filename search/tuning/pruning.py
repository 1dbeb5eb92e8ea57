"""When a hopeless trial is stopped: the rungs where it is asked, and the pruner that answers."""

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner
from optuna.trial import FrozenTrial

from search.study.arguments import EPOCHS
from search.study.study import Study

CURVE = "curve"
"""The pruner that is not Optuna's; see `search.tuning.curve_pruner`."""
FACTOR = 3
"""A rung has three times the epochs of the one before."""
FINE, SOON = 1.3, 0.06
"""The same where forecasts are made, and fraction of a trial's epochs before the first of them."""
MANY = 40
"""Trials from which on forecasts are better than the median rule: with 20 they were not, since the
first six are trained to their end. Nor are they for trials of different lengths."""
WARM_UP = 0.1
"""Fraction of a trial's epochs before it may be stopped. With the median rule and 5 trials of
start-up, eight tabular benchmarks took 38 % of the epochs and lost 0.06 points of accuracy."""
LONG = 1_000_000
"""Rows that a trial sees in all its epochs before it is worth asking whether to stop it: below, a
trial lasts about a second, most of it tracing, and nothing is saved."""


def settled(study: Study, task: str, rows: float) -> Study:
    """The study with "auto" replaced by the objective and the pruner that it means.

    Args:
        study: As it was read.
        task: Of its data.
        rows: That train; infinity where nobody knows.

    Raises:
        InputError: The objective does not fit the task.
    """
    study = study.for_task(task)
    if study.pruner != "auto":
        return study
    if rows * study.budget.epochs < LONG:
        return replace(study, pruner="none")
    many = study.budget.trials >= MANY and EPOCHS not in study.parameters
    return replace(study, pruner=CURVE if many else "median")


def rungs(study: Study) -> tuple[int, ...]:
    """Epochs after which a trial is compared with others; the last is its whole budget."""
    epochs = study.budget.epochs
    if study.pruner == "none":
        return (epochs,)
    found = [epochs]
    if study.pruner == CURVE:
        while (sooner := math.floor(found[0] / FINE)) >= max(1, SOON * epochs):
            found.insert(0, sooner)
        return tuple(found)
    while found[0] / FACTOR >= max(1.0, WARM_UP * epochs):
        found.insert(0, math.ceil(found[0] / FACTOR))
    return tuple(found)


def pruner(study: Study) -> BasePruner:
    """Optuna's pruner of the study's name; one that stops nothing where Optuna has none."""
    match study.pruner:
        case "median":
            return MedianPruner(n_startup_trials=5, n_warmup_steps=0)
        case "hyperband":
            return _Hyperband(study)
        case _:
            return NopPruner()


class _Hyperband(HyperbandPruner):
    """Optuna's, whose brackets hang on the name of its study, and so on that of the run.

    Here they hang on the study's seed, so that the same seed gives the same trials.
    """

    def __init__(self, study: Study) -> None:
        super().__init__(rungs(study)[0], study.budget.epochs, FACTOR)
        self._named: Any = SimpleNamespace(study_name=f"seed {study.seed}")

    def _get_bracket_id(self, study: Any, trial: FrozenTrial) -> int:
        del study
        return super()._get_bracket_id(self._named, trial)
