"""Several trials go to a worker together, and stay each their own."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Budget, State, Study
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Configuration,
    Refit,
    Refitted,
    TrialJob,
)
from search.loading.space_file import SpaceSource
from search.study.goal import Goal
from search.study.trial import Outcome
from search.tuning.assignment import MOST, together
from search.tuning.search_loop import SearchLoop
from tests.runs import recorder_for, small_study

SIX = Budget(trials=6, epochs=9)


def study_of(**changes: Any) -> Study:
    return small_study(**{"pruner": "none", "budget": SIX, **changes})


def numbers(job: Assignment | None) -> list[int]:
    assert job is not None
    return [trial_job.number for trial_job in job.trial_jobs]


def complete(job: Assignment) -> AssignmentResult:
    curve = {"loss": [0.5], "val_accuracy": [0.5], "val_loss": [0.4]}
    done = Outcome(State.COMPLETE, 0.5, curve=curve, weights=21)
    return AssignmentResult({trial_job.number: done for trial_job in job.trial_jobs})


def test_an_assignment_has_so_many_trials_and_the_last_one_the_rest(tmp_path: Path) -> None:
    with closing(recorder_for(study_of(), tmp_path, together=4)) as recorder:
        search_loop = SearchLoop(study_of(), recorder, 1)
        first = search_loop.next()
        assert numbers(first) == [0, 1, 2, 3]
        assert search_loop.next() is None  # as many are under way as may be
        assert first is not None
        search_loop.ended(first, complete(first), "1@here")
        assert numbers(search_loop.next()) == [4, 5]
        assert [t.state for t in recorder.trials()[:4]] == [State.COMPLETE] * 4


def test_of_a_lost_assignment_each_trial_runs_again_alone(tmp_path: Path) -> None:
    with closing(recorder_for(study_of(), tmp_path, together=3)) as recorder:
        search_loop = SearchLoop(study_of(), recorder, 1)
        job = search_loop.next()
        assert job is not None
        search_loop.lost(job, "its worker process died")
        assert not search_loop.over()
        again = search_loop.next()
        assert again is not None
        assert numbers(again) == [0]
        search_loop.lost(again, "its worker process died")
        for number in (1, 2):
            job = search_loop.next()
            assert job is not None
            assert numbers(job) == [number]
            search_loop.ended(job, complete(job), "1@here")
        assert numbers(search_loop.next()) == [3, 4, 5]
        guilty, *others = recorder.trials()[:3]
    assert (guilty.state, guilty.attempts) == (State.FAIL, 2)
    assert [(t.state, t.attempts) for t in others] == [(State.COMPLETE, 2)] * 2


def test_a_resume_takes_up_the_same_assignment(tmp_path: Path) -> None:
    recorder = recorder_for(study_of(), tmp_path, together=2)
    search_loop = SearchLoop(study_of(), recorder, 1)
    job = search_loop.next()
    assert job is not None
    search_loop.ended(job, complete(job), "1@here")
    interrupted = search_loop.next()
    recorder.close()
    with closing(type(recorder)(recorder.folder)) as again:
        resumed = SearchLoop(study_of(), again, 1).next()
        assert numbers(resumed) == numbers(interrupted) == [2, 3]
        assert resumed is not None
        assert interrupted is not None
        assert resumed.trial_jobs == interrupted.trial_jobs


@pytest.mark.parametrize(
    ("trials", "workers", "expected"), [(5, 2, 1), (50, 2, 2), (200, 2, 8), (5000, 2, MOST)]
)
def test_few_are_under_way_in_a_short_search_and_more_in_a_long_one(
    trials: int, workers: int, expected: int
) -> None:
    study = study_of(budget=Budget(trials=trials, epochs=9))
    assert together(study, "numpy", workers) == expected
    assert together(study, "in-graph", workers) == 1
    assert together(study_of(pruner="median"), "numpy", workers) == 1


def test_what_goes_wrong_with_one_does_not_touch_its_neighbours() -> None:
    study = study_of()
    data = study.data.load()
    parts = study.split.parts(data)
    source = SpaceSource("small.py", "small.py", {})
    context = WorkerContext(source, DataSplit.of(parts, data), "numpy")
    sound = {**study.fixed, "layers": 1, "units": 8, "activation": "tanh", "learning_rate": 0.01}
    diverging = {**sound, "optimizer": "sgd", "learning_rate": 1e30, "activation": "exponential"}
    broken = {**sound, "activation": "no such thing"}

    def performed(*params: dict[str, Any]) -> dict[int, Outcome]:
        trial_jobs = [TrialJob(i, Configuration(p, seed=7)) for i, p in enumerate(params)]
        job = Assignment(tuple(trial_jobs), (9,), Goal("val_accuracy", "maximize"))
        (said,) = JobExecutor(context, study).perform(job)
        assert isinstance(said, AssignmentResult)
        return dict(said.outcomes)

    among = performed(diverging, sound, broken)
    assert [among[i].state for i in range(3)] == [State.FAIL, State.COMPLETE, State.FAIL]
    assert "became" in among[0].reason
    assert "KeyError" in among[2].reason
    assert among[1] == performed(sound)[0]


def test_with_patience_a_trial_ends_early_and_counts_by_its_best_epoch() -> None:
    study = study_of()
    data = study.data.load()
    parts = study.split.parts(data)
    source = SpaceSource("small.py", "small.py", {})
    context = WorkerContext(source, DataSplit.of(parts, data), "numpy")
    # Its rate is so high that it gets no better for long.
    params = {**study.fixed, "layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.3}
    configuration = Configuration(params, seed=7)
    goal = Goal("val_loss", "minimize", patience=3)

    (said,) = JobExecutor(context, study).perform(
        Assignment((TrialJob(0, configuration),), (99,), goal)
    )
    assert isinstance(said, AssignmentResult)
    outcome = said.outcomes[0]
    losses = list(outcome.curve["val_loss"])
    best = losses.index(min(losses))
    assert (outcome.state, outcome.value) == (State.COMPLETE, min(losses))
    assert len(losses) == best + 1 + 3 < 99

    (refitted,) = JobExecutor(context, study).perform(Refit("again", configuration, 99, goal))
    assert isinstance(refitted, Refitted)
    assert refitted.curve == outcome.curve
    (short,) = JobExecutor(context, study).perform(
        Refit("to the best", configuration, best + 1, replace(goal, patience=None))
    )
    assert isinstance(short, Refitted)
    np.testing.assert_array_equal(refitted.predictions, short.predictions)
