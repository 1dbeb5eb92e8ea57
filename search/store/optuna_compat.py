"""All that this package uses of Optuna without a promise of Optuna's: nothing else may.

`tests/store/test_optuna_compat.py` fails where a new version changes one of them.
"""

from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial


def storage_of(study: optuna.Study) -> BaseStorage:
    """Where a study's trials are."""
    return study._storage


def frozen_trial(study: optuna.Study, number: int) -> FrozenTrial:
    """Optuna's own record of a trial, without a walk through all of them."""
    storage = study._storage
    return storage.get_trial(
        storage.get_trial_id_from_study_id_trial_number(study._study_id, number)
    )


def reread(study: optuna.Study, trial: FrozenTrial) -> FrozenTrial:
    """A trial as it is now, by its identity, for which the store need not look."""
    return study._storage.get_trial(trial._trial_id)


def trial_of(study: optuna.Study, trial: FrozenTrial | optuna.Trial) -> optuna.Trial:
    """A trial to go on with, which has read nothing of the store yet."""
    return optuna.Trial(study, trial._trial_id)


def add_trial(study: optuna.Study, trial: FrozenTrial) -> optuna.Trial:
    """Add a trial that another study had, or one that begins now.

    `Study.ask` looks through all trials for enqueued ones at each call, and `Study.add_trial` gives
    nothing back.
    """
    return optuna.Trial(study, study._storage.create_new_trial(study._study_id, trial))


def suggest(trial: optuna.Trial, name: str, distribution: BaseDistribution) -> Any:
    """Draw a value from any distribution."""
    return trial._suggest(name, distribution)


def contains(distribution: BaseDistribution, value: float) -> bool:
    """Whether a value, in Optuna's inner form, could have been drawn."""
    return distribution._contains(value)


def report(study: optuna.Study, trial: optuna.Trial, step: int, value: float) -> None:
    """As `Trial.report`, which however passes over a step that an earlier attempt reported."""
    study._storage.set_trial_intermediate_value(trial._trial_id, step, value)


def note(study: optuna.Study, trial: FrozenTrial, name: str, value: Any) -> None:
    """Set a user attribute of a trial, which `FrozenTrial` keeps to itself."""
    study._storage.set_trial_user_attr(trial._trial_id, name, value)


def take_logarithms_by_scipy() -> None:
    """Let TPE take its logarithms by SciPy.

    Optuna, which does without SciPy, takes them one by one in Python, which was 7 of the 10 ms of
    an ask in a long search. Both agree to 5e-8.
    """
    from optuna.samplers._tpe import _truncnorm
    from scipy.special import log_ndtr

    _truncnorm._log_ndtr = log_ndtr  # type: ignore[assignment]
