"""Trials are given up by what their forecasts say, and the same ones whatever came between."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Budget, Finals, InputError, State, Study
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.job_source import pass_on
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Configuration,
    Rung,
    WorkerMessage,
)
from search.jobs.models import Models
from search.loading.space_file import SpaceSource
from search.store.recorder import Recorder
from search.study.goal import Goal, Progress
from search.study.trial import Outcome, Trial, seed_of
from search.tuning.curve_pruner import LEAST_CHANCE, START_UP, CurvePruner
from search.tuning.pruning import rungs
from search.tuning.runner import InProcessRunner
from search.tuning.search_loop import SearchLoop
from tests.runs import recorder_for, small_study

EPOCHS = 27
OBJECTIVE = "val_accuracy"


def study_with(audit: float = 0.0, patience: int | None = None, **changes: Any) -> Study:
    budget = Budget(trials=40, epochs=EPOCHS, patience=patience)
    return small_study(pruner="curve", audit=audit, budget=budget, finals=Finals(top=3), **changes)


def curve_of(key: object, epochs: int = EPOCHS) -> dict[str, list[float]]:
    """Rises towards a level of its own, with noise."""
    draw = np.random.default_rng(seed_of(key))
    level, at = draw.uniform(0.5, 0.95), np.arange(1, EPOCHS + 1)
    rising = level - 0.3 / at + 0.005 * draw.normal(size=EPOCHS)
    accuracy, loss = rising.tolist()[:epochs], (1 - rising).tolist()[:epochs]
    return {"loss": loss, "val_accuracy": accuracy, "val_loss": loss}


def taught(study: Study, trials: int = 20) -> CurvePruner:
    found = CurvePruner(study)
    for number in range(trials):
        found.learn(number, State.COMPLETE, curve_of(number))
    return found


def like(level: float, epochs: int = 6) -> dict[str, list[float]]:
    """A curve without noise."""
    rising = (level - 0.3 / np.arange(1, epochs + 1)).tolist()
    return {"val_accuracy": rising, "val_loss": [0.5] * epochs}


def test_the_hopeless_is_given_up_and_the_promising_goes_on() -> None:
    found = taught(study_with())
    assert found.given_up(20, like(0.95)) is None
    poor = found.given_up(20, like(0.55))
    assert poor is not None
    assert (poor.epoch, poor.audited) == (6, False)
    assert poor.low < 0.55 < poor.high < poor.bar
    assert poor.low < poor.middle < poor.high
    assert poor.chance < LEAST_CHANCE
    ends = sorted((curve_of(number)[OBJECTIVE][-1] for number in range(20)), reverse=True)
    assert poor.bar == ends[1]  # 21 of 40 trials: of the best three, two are expected by now


def test_less_may_be_better() -> None:
    def mirrored(curve: Mapping[str, list[float]]) -> dict[str, list[float]]:
        return {"val_loss": [1 - value for value in curve[OBJECTIVE]]}

    plain, other = taught(study_with()), CurvePruner(study_with(objective="val_loss"))
    for number in range(20):
        other.learn(number, State.COMPLETE, mirrored(curve_of(number)))
    found, turned = plain.given_up(20, like(0.55)), other.given_up(20, mirrored(like(0.55)))
    assert found is not None
    assert turned is not None
    told = (1 - turned.middle, 1 - turned.high, 1 - turned.low, 1 - turned.bar, turned.chance)
    assert told == pytest.approx((found.middle, found.low, found.high, found.bar, found.chance))
    assert other.given_up(20, mirrored(like(0.95))) is None


def test_no_trial_is_given_up_before_enough_have_ended_by_themselves() -> None:
    found = taught(study_with(), START_UP - 1)
    found.learn(50, State.PRUNED, curve_of(50, 3))
    found.learn(51, State.FAIL, {})
    assert found.given_up(20, like(0.51)) is None
    found.learn(START_UP, State.COMPLETE, curve_of(START_UP))
    assert found.given_up(20, like(0.51)) is not None


def test_the_order_in_which_trials_ended_does_not_matter() -> None:
    study = study_with()
    turned = CurvePruner(study)
    for number in reversed(range(20)):
        turned.learn(number, State.COMPLETE, curve_of(number))
    assert turned.given_up(20, like(0.6)) == taught(study).given_up(20, like(0.6))


def test_a_share_of_those_given_up_is_audited_and_always_the_same() -> None:
    def audited(audit: float, seed: int = 0) -> list[int]:
        found = taught(study_with(audit=audit, seed=seed))
        given_up = {number: found.given_up(number, like(0.55)) for number in range(400)}
        return [number for number, by in given_up.items() if by is not None and by.audited]

    assert audited(0.0) == []
    assert len(audited(1.0)) == 400
    assert 10 <= len(audited(0.05)) <= 32
    assert audited(0.05) == audited(0.05) != audited(0.05, seed=1)


def test_what_has_no_number_is_not_judged_and_teaches_nothing() -> None:
    found, study = taught(study_with()), study_with()
    assert found.given_up(20, {OBJECTIVE: [0.1, float("nan")]}) is None
    other = taught(study)
    broken = curve_of(77)
    broken[OBJECTIVE][3] = float("nan")
    other.learn(77, State.COMPLETE, broken)
    other.learn(78, State.COMPLETE, {})
    known, same = found.ending(like(0.55)), other.ending(like(0.55))
    assert known == same


def test_trials_of_another_run_count_where_they_end_as_these_do() -> None:
    shorter, longer, own = (taught(study_with()) for _ in range(3))
    shorter.learn(90, State.COMPLETE, curve_of(90, 9), taken=True)
    longer.learn(90, State.COMPLETE, {OBJECTIVE: [*curve_of(90)[OBJECTIVE], 0.1, 0.1]}, taken=True)
    own.learn(90, State.COMPLETE, curve_of(90))
    assert shorter.ending(like(0.6)) == taught(study_with()).ending(like(0.6))
    assert longer.ending(like(0.6)) == own.ending(like(0.6)) != shorter.ending(like(0.6))


def test_with_patience_a_trial_that_ended_sooner_says_nothing_of_later_epochs() -> None:
    found = CurvePruner(study_with(patience=4))
    for number in range(20):
        found.learn(number, State.COMPLETE, curve_of(number, 5 if number < 16 else EPOCHS))
    assert found.ending(like(0.55, 4)) is not None
    assert found.ending(like(0.55, 6)) is None  # four went on beyond it


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (1, (1,)),
        (2, (1, 2)),
        (20, (2, 3, 4, 6, 8, 11, 15, 20)),
        (81, (6, 8, 11, 15, 20, 27, 36, 47, 62, 81)),
    ],
)
def test_forecasts_are_made_soon_and_then_at_growing_distances(
    epochs: int, expected: tuple[int, ...]
) -> None:
    assert rungs(study_with())[-1] == EPOCHS
    assert rungs(replace(study_with(), budget=Budget(trials=9, epochs=epochs))) == expected


@pytest.mark.parametrize("audit", [-0.1, 1.5, True, "5 %", None, float("nan")])
def test_an_audit_is_a_share(audit: Any) -> None:
    with pytest.raises(InputError, match="give a share from 0 to 1"):
        study_with(audit=audit)


class Driver:
    """The search loop of a run, which may be left and taken up again at any message."""

    def __init__(self, study: Study, root: Path) -> None:
        self._study = study
        self._recorder: Recorder | None = recorder_for(study, root)
        self._folder = self._recorder.folder
        self.messages = 0

    def played(self, break_every: int = 0) -> tuple[Trial, ...]:
        """All trials; with breaks, each driver handles so many messages."""
        while True:
            recorder = self._recorder or Recorder(self._folder)
            self._recorder = None
            with closing(recorder):
                if self._session(SearchLoop(self._study, recorder, 1), break_every):
                    return recorder.trials()

    def _session(self, loop: SearchLoop, most: int) -> bool:
        handled = 0
        while (job := loop.next()) is not None:
            for said in trained(job):
                if most and handled == most:
                    return False
                handled += 1
                self.messages += 1
                if not pass_on(loop, job, said, "1@here"):
                    break
        return loop.over()


def trained(job: Assignment) -> Iterator[WorkerMessage]:
    """What a worker says of a trial whose curve hangs on its values."""
    (trial_job,) = job.trial_jobs
    whole = curve_of(sorted(trial_job.configuration.params.items()))
    progress = Progress(job.goal)
    for epoch in range(1, EPOCHS + 1):
        curve = {name: values[:epoch] for name, values in whole.items()}
        progress.follow(curve)
        if epoch == EPOCHS or progress.is_over:
            outcome = Outcome(State.COMPLETE, progress.value, "", curve, 10)
            yield AssignmentResult({trial_job.number: outcome})
            return
        if epoch in job.rungs:
            yield (Rung(trial_job.number, epoch, progress.value, curve, 10),)


def without_times(trials: tuple[Trial, ...]) -> list[Trial]:
    return [replace(trial, started=None, ended=None, attempts=1) for trial in trials]


@pytest.mark.parametrize("patience", [None, 5])
def test_a_run_with_breaks_decides_as_one_without(tmp_path: Path, patience: int | None) -> None:
    study = study_with(audit=0.2, patience=patience)
    driver = Driver(study, tmp_path / "whole")
    whole = driver.played()
    broken = Driver(study, tmp_path / "broken").played(break_every=11)
    assert without_times(broken) == without_times(whole)
    stopped = [trial for trial in whole if trial.state is State.PRUNED]
    audited = [trial for trial in whole if trial.forecast is not None and trial.forecast.audited]
    assert len(stopped) > 10
    assert audited
    assert {trial.state for trial in audited} == {State.COMPLETE}
    for trial in stopped:
        assert trial.forecast is not None
        assert trial.forecast.epoch == trial.epochs in rungs(study)
        chance = trial.forecast.chance
        told = f"{100 * chance:.1f} %" if chance >= 0.001 else "under 0.1 %"
        told = f"a chance of {told} to be among the best, after epoch {trial.epochs}"
        assert trial.reason == told
    goal = Goal(OBJECTIVE, "maximize", patience)
    assert all(trial.value == goal.value(trial.curve) for trial in whole)
    whole_epochs = sum(len(curve_of(sorted(t.params.items()))[OBJECTIVE]) for t in whole)
    assert sum(trial.epochs for trial in whole) < 0.7 * whole_epochs


def test_real_trainings_are_given_up_at_rungs_with_the_curve_that_they_had(tmp_path: Path) -> None:
    budget = Budget(trials=20, epochs=20)
    study = small_study(pruner="curve", audit=0.3, budget=budget, objective="val_loss")
    data = study.data.load()
    rows = DataSplit.of(study.split.parts(data), data)
    context = WorkerContext(SpaceSource("small.py", "small.py", {}), rows, "numpy")
    with closing(recorder_for(study, tmp_path)) as recorder:
        InProcessRunner(context, study).run(SearchLoop(study, recorder, 1))
        trials = recorder.trials()
    stopped = [trial for trial in trials if trial.state is State.PRUNED]
    assert len(trials) == 20
    assert stopped
    known = [trial for trial in trials if trial.state is State.COMPLETE]
    assert {trial.epochs for trial in known} == {20}
    models = Models(context, study)
    for trial in stopped:
        assert trial.forecast is not None
        assert trial.epochs in rungs(study)
        seed = seed_of(study.seed, "trial", trial.number)
        params = {**study.fixed, **trial.params}
        training = models.begin(Configuration(params, seed), models.plan(study.goal, 20))
        assert training.advance(trial.epochs)["val_loss"] == list(trial.curve["val_loss"])
        before = [t for t in trials if t.number < trial.number]
        pruner = CurvePruner(study)
        for other in before:
            pruner.learn(other.number, other.state, other.curve)
        assert pruner.given_up(trial.number, trial.curve) == trial.forecast
