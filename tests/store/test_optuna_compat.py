"""What is used of Optuna without its promise is there, and does what it is used for."""

import math
import threading

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial
from scipy.stats import norm

from search.store import optuna_compat as compat

RATE = FloatDistribution(1e-3, 1.0, log=True)


@pytest.fixture
def study() -> optuna.Study:
    return optuna.create_study()


def test_a_trial_begins_takes_values_and_is_reread(study: optuna.Study) -> None:
    trial = compat.add_trial(study, create_trial(state=TrialState.RUNNING))
    value = compat.suggest(trial, "rate", RATE)
    frozen = compat.frozen_trial(study, trial.number)
    assert frozen.state is TrialState.RUNNING
    assert frozen.params == {"rate": value}
    study.tell(trial, 0.5)
    assert compat.reread(study, frozen).value == 0.5
    assert compat.storage_of(study).get_all_studies()[0].study_name == study.study_name


def test_a_second_attempt_reports_a_step_anew(study: optuna.Study) -> None:
    trial = compat.add_trial(study, create_trial(state=TrialState.RUNNING))
    for value in (0.5, 0.25):
        compat.report(study, trial, 3, value)
        trial = compat.trial_of(study, trial)
    assert compat.frozen_trial(study, trial.number).intermediate_values == {3: 0.25}


def test_a_frozen_trial_takes_a_note(study: optuna.Study) -> None:
    trial = study.ask()
    compat.note(study, compat.frozen_trial(study, trial.number), "deaths", 2)
    assert study.trials[0].user_attrs == {"deaths": 2}


def test_a_trial_is_told_without_a_copy_of_what_is_noted(study: optuna.Study) -> None:
    lock = threading.Lock()  # which cannot be copied
    trial = study.ask()
    trial.set_user_attr("lock", lock)
    compat.tell(study, trial, 0.5, TrialState.COMPLETE)
    told = compat.frozen_trial(study, 0)
    assert (told.value, told.state, told.user_attrs["lock"]) == (0.5, TrialState.COMPLETE, lock)


@pytest.mark.parametrize(("value", "inside"), [(4, True), (5, False), (8, True), (10, False)])
def test_a_distribution_says_what_it_holds(value: int, inside: bool) -> None:
    assert compat.contains(IntDistribution(4, 8, step=2), value) is inside


def test_logarithms_are_those_of_scipy_and_right() -> None:
    from optuna.samplers._tpe import _truncnorm

    compat.take_logarithms_by_scipy()
    x = np.linspace(-30, 5, 50)
    found = _truncnorm._log_gauss_mass(np.full(50, -math.inf), x)
    assert found == pytest.approx(norm.logcdf(x), rel=1e-6)
