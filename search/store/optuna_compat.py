"""All that this package uses of Optuna without a promise of Optuna's: nothing else may.

`tests/store/test_optuna_compat.py` fails where a new version changes one of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.study._tell import _tell_with_warning
from optuna.trial import FrozenTrial, TrialState

from search.study.function_study import FunctionMistakeError


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


class WatchedTrial(optuna.Trial):
    """A trial of a study in memory, for a function to ask.

    It says which mistake is in what is asked, and keeps choices that no JSON holds, such as tuples,
    by their text.

    Args:
        study: Whose.
        number: Of the trial, which is there.
    """

    def __init__(self, study: optuna.Study, number: int) -> None:
        super().__init__(study, frozen_trial(study, number)._trial_id)
        # A storage in memory knows those of trials that were asked in it alone.
        self._known = {
            name: distribution
            for trial in study.get_trials(deepcopy=False)
            for name, distribution in trial.distributions.items()
        }

    def fix(self, name: str, choices: Sequence[Any], place: int) -> None:
        """Have a choice be that at a place, whatever the sampler would say."""
        self._fixed_params[name] = [*(_labels(choices) or choices)][place]

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of the choices."""
        labels = _labels(choices)
        chosen = super().suggest_categorical(name, list(labels) or choices)
        return labels[chosen] if labels else chosen

    def _suggest(self, name: str, distribution: BaseDistribution) -> Any:
        before = self._cached_frozen_trial.distributions.get(name)
        if before is not None and before != distribution:
            raise FunctionMistakeError(
                f"{name!r} is asked for twice in one trial, with another range the second time; "
                "give the second another name"
            )
        try:
            check_distribution_compatibility(self._known.get(name, distribution), distribution)
        except ValueError:
            raise FunctionMistakeError(
                f"{name!r} is asked for with other choices, or as another kind of number, than in "
                "an earlier trial, which Optuna cannot compare; give it another name"
            ) from None
        return super()._suggest(name, distribution)


def _labels(choices: Sequence[Any]) -> dict[str, Any]:
    """Text → choice, where one of them is no plain value; else nothing."""
    if all(choice is None or isinstance(choice, bool | int | float | str) for choice in choices):
        return {}
    return {str(choice): choice for choice in choices}


def study_in_memory(
    name: str,
    trials: Sequence[FrozenTrial],
    direction: str,
    sampler: BaseSampler,
    pruner: BasePruner,
) -> optuna.Study:
    """A study that has these trials, as one under way sees them.

    Args:
        name: By which Optuna's Hyperband puts a trial into its bracket.
        trials: By number from 0, without a gap.
        direction: "maximize" or "minimize".
        sampler: That suggests.
        pruner: That is asked at each report.
    """
    way = StudyDirection[direction.upper()]
    study = optuna.create_study(study_name=name, direction=way, sampler=sampler, pruner=pruner)
    for trial in trials:
        study._storage.create_new_trial(study._study_id, trial)
    study._thread_local.in_optimize_loop = True  # so that a function may call `study.stop()`
    return study


def tell(study: optuna.Study, trial: optuna.Trial, value: float | None, state: TrialState) -> None:
    """As `Study.tell`, which however returns a copy of the trial with all that was noted in it.

    A model that a function notes may be large, or cannot be copied.
    """
    _tell_with_warning(study, trial, value, state)


def was_stopped(study: optuna.Study) -> bool:
    """Whether `study.stop()` was called."""
    return study._stop_flag


def attributes_of(study: optuna.Study) -> dict[str, Any]:
    """What samplers keep beside the trials."""
    return study._storage.get_study_system_attrs(study._study_id)


def set_attributes(study: optuna.Study, attributes: Mapping[str, Any]) -> None:
    """Put that back."""
    for name, value in attributes.items():
        study._storage.set_study_system_attr(study._study_id, name, value)


def fill(study: optuna.Study, number: int, told: FrozenTrial) -> None:
    """Write into a running trial what it asked for and reported elsewhere.

    Raises:
        ValueError: It asked for a name with choices that another trial had otherwise.
    """
    storage, known = study._storage, frozen_trial(study, number)._trial_id
    for name, distribution in told.distributions.items():
        value = distribution.to_internal_repr(told.params[name])
        storage.set_trial_param(known, name, value, distribution)
    for step, value in told.intermediate_values.items():
        storage.set_trial_intermediate_value(known, step, value)
    for name, value in told.user_attrs.items():
        storage.set_trial_user_attr(known, name, value)
    for name, value in told.system_attrs.items():
        storage.set_trial_system_attr(known, name, value)
