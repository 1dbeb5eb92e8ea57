"""The ledger hands out the budget exactly, and writes every ending with its reason."""

import math
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Budget, Choice, DenseSpace, Int, State
from search.jobs.messages import Assignment, AssignmentResult, Checkpoint, Rung
from search.study.study import Study
from search.study.trial import Outcome
from search.tuning.search_loop import SearchLoop
from tests.runs import recorder_for, small_study


def complete(number: int, value: float) -> AssignmentResult:
    curve = {"loss": [0.5], "val_accuracy": [value], "val_loss": [0.4]}
    return AssignmentResult({number: Outcome(State.COMPLETE, value, curve=curve, weights=21)})


def complete_all(numbers: Sequence[int], value: float) -> AssignmentResult:
    return AssignmentResult({n: complete(n, value).outcomes[n] for n in numbers})


def number_of(job: Assignment | None) -> int:
    assert job is not None
    return job.trial_jobs[0].number


def play(search_loop: SearchLoop, value: float = 0.5) -> list[dict[str, Any]]:
    """Let every trial complete; returns the configurations in order."""
    seen = []
    while (job := search_loop.next()) is not None:
        seen.append(dict(job.trial_jobs[0].configuration.params))
        search_loop.ended(job, complete(number_of(job), value), "1@here")
    return seen


def test_the_budget_is_exact(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        search_loop = SearchLoop(small_study(), recorder, 2)
        assert len(play(search_loop)) == 6
        assert search_loop.over()
        assert [t.state for t in recorder.trials()] == [State.COMPLETE] * 6


def test_no_more_are_under_way_than_there_are_workers(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        search_loop = SearchLoop(small_study(), recorder, 2)
        first, second = search_loop.next(), search_loop.next()
        assert (number_of(first), number_of(second)) == (0, 1)
        assert search_loop.next() is None
        assert not search_loop.over()


def test_a_trial_that_takes_two_workers_with_it_fails_with_what_it_had_reached(
    tmp_path: Path,
) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        search_loop = SearchLoop(small_study(), recorder, 1)
        curve = {"loss": [0.6], "val_accuracy": [0.7], "val_loss": [0.6]}
        for attempt in (1, 2):
            job = search_loop.next()
            assert job is not None
            assert number_of(job) == 0
            assert search_loop.at_rung(job, (Rung(0, 1, 0.7, curve, 21),))
            search_loop.lost(job, "its worker died")
            trial = recorder.trials()[0]
            assert (trial.deaths, trial.attempts) == (attempt, attempt)
        assert (trial.state, trial.reason, trial.value) == (State.FAIL, "its worker died", None)
        assert trial.curve == curve
        assert number_of(search_loop.next()) == 1


def test_a_job_of_a_lost_node_runs_again_however_often_and_is_not_blamed(tmp_path: Path) -> None:
    study = small_study(pruner="none")
    with closing(recorder_for(study, tmp_path, together=2)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        for attempt in range(1, 6):
            job = search_loop.next()
            assert job is not None
            assert [trial_job.number for trial_job in job.trial_jobs] == [0, 1]
            search_loop.returned(job)
            assert [(t.deaths, t.attempts) for t in recorder.trials()] == [(0, attempt)] * 2
        assert len(play_all(search_loop)) == 6
        assert [t.state for t in recorder.trials()] == [State.COMPLETE] * 6


def play_all(search_loop: SearchLoop) -> list[int]:
    """Let every trial of every assignment complete; returns their numbers."""
    seen: list[int] = []
    while (job := search_loop.next()) is not None:
        numbers = [trial_job.number for trial_job in job.trial_jobs]
        search_loop.ended(job, complete_all(numbers, 0.5), "1@here")
        seen += numbers
    return seen


def test_as_many_are_under_way_as_a_changing_cluster_has_workers(tmp_path: Path) -> None:
    study = small_study(pruner="none", budget=Budget(trials=40, epochs=9))
    with closing(recorder_for(study, tmp_path, together=4)) as recorder:  # planned for two workers

        def handed_out() -> list[int]:
            sizes = []
            while (job := search_loop.next()) is not None:
                sizes.append(len(job.trial_jobs))
                jobs.append(job)
            return sizes

        jobs: list[Assignment] = []
        search_loop = SearchLoop(study, recorder, 2)
        assert handed_out() == [4, 4]
        search_loop.staffed(2, 1)  # one waits for a place
        assert handed_out() == [4]
        search_loop.staffed(8, 0)  # as many trials under way as planned, in smaller assignments
        assert handed_out() == []
        search_loop.staffed(16, 0)
        assert handed_out() == [1] * 4
        search_loop.staffed(0, 0)
        for job in jobs:
            search_loop.returned(job)
        assert handed_out() == []
        assert not search_loop.over()
        search_loop.staffed(1, 0)
        assert handed_out() == [4]


def test_an_attempt_reports_over_the_one_before(tmp_path: Path) -> None:
    study = small_study(budget=Budget(trials=8, epochs=9))
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        for i in range(7):
            job = search_loop.next()
            assert job is not None
            curve = {"val_accuracy": [0.5], "val_loss": [0.5]}
            assert search_loop.at_rung(job, (Rung(i, job.rungs[0], 0.5, curve, 21),))
            search_loop.ended(job, complete(i, 0.5), "1@here")
        for value, goes_on in ((0.9, True), (0.1, False)):
            job = search_loop.next()
            assert job is not None
            curve = {"val_accuracy": [value], "val_loss": [0.5]}
            rung = Rung(7, job.rungs[0], value, curve, 21)
            assert search_loop.at_rung(job, (rung,)) is goes_on
            if goes_on:
                search_loop.lost(job, "its worker died")
        assert (recorder.trials()[7].state, recorder.trials()[7].value) == (State.PRUNED, 0.1)


def test_what_took_a_worker_with_it_is_alone_in_the_next_session_too(tmp_path: Path) -> None:
    study = small_study(pruner="none")
    with closing(recorder_for(study, tmp_path, together=3)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        job = search_loop.next()
        assert job is not None
        search_loop.lost(job, "its worker died")
        again = SearchLoop(study, recorder, 1)
        jobs = []
        while (job := again.next()) is not None:
            jobs.append([trial_job.number for trial_job in job.trial_jobs])
            again.ended(job, complete_all(jobs[-1], 0.5), "1@here")
        assert jobs == [[0], [1], [2], [3, 4, 5]]


def test_what_was_not_trained_because_of_its_neighbour_is_run_again(tmp_path: Path) -> None:
    study = small_study(pruner="none")
    with closing(recorder_for(study, tmp_path, together=4)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        job = search_loop.next()
        assert job is not None
        params = [trial_job.configuration for trial_job in job.trial_jobs]
        late = "it took longer than trial_seconds=3 (8 s, in epoch 1)"
        first = complete(0, 0.5).outcomes
        search_loop.ended(
            job, AssignmentResult({**first, 1: Outcome(State.FAIL, reason=late)}), "1@here"
        )
        again = search_loop.next()
        assert again is not None
        assert [trial_job.number for trial_job in again.trial_jobs] == [2, 3, 4, 5]
        assert [trial_job.configuration for trial_job in again.trial_jobs[:2]] == params[2:]
        search_loop.ended(again, complete_all([2, 3, 4, 5], 0.5), "2@here")
        assert search_loop.over()
        trials = recorder.trials()
    assert [(t.number, t.reason, t.deaths) for t in trials if t.state is State.FAIL] == [
        (1, late, 0)
    ]
    assert sum(t.state is State.COMPLETE for t in trials) == 5


def failed(number: int, reason: str) -> AssignmentResult:
    return AssignmentResult({number: Outcome(State.FAIL, reason=reason)})


def endings(study: Study, root: Path, reasons: Sequence[str]) -> SearchLoop:
    """Let trials end with these reasons, empty for a good end, as long as there are any."""
    with closing(recorder_for(study, root)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        for reason in reasons:
            job = search_loop.next()
            if job is None:
                break
            number = number_of(job)
            search_loop.ended(
                job, failed(number, reason) if reason else complete(number, 0.5), "1@h"
            )
        return search_loop


def test_a_storm_of_one_failure_ends_the_search(tmp_path: Path) -> None:
    study = small_study(budget=Budget(trials=40, epochs=2))
    search_loop = endings(study, tmp_path, ["no such layer"] * 10)
    assert search_loop.over()
    assert search_loop.why_ended == "the first 10 trials all failed: no such layer"


@pytest.mark.parametrize(
    "reasons",
    [["no such layer"] * 9, ["no such layer"] * 9 + ["other"], ["", *["no such layer"] * 20]],
)
def test_other_failures_do_not_end_it(tmp_path: Path, reasons: list[str]) -> None:
    study = small_study(budget=Budget(trials=40, epochs=2))
    search_loop = endings(study, tmp_path, reasons)
    assert not search_loop.over()
    assert search_loop.why_ended == ""


def test_a_search_out_of_time_begins_no_more(tmp_path: Path) -> None:
    study = small_study(budget=Budget(trials=40, epochs=2, seconds=60))
    with closing(recorder_for(study, tmp_path)) as recorder:
        recorder.spent("search", 59.9)
        search_loop = SearchLoop(study, recorder, 1)
        job = search_loop.next()
        assert job is not None
        time.sleep(0.2)
        assert search_loop.next() is None
        assert not search_loop.over()
        search_loop.ended(job, complete(0, 0.5), "1@here")
        assert search_loop.over()
        assert search_loop.why_ended == "its budget of 60 seconds is spent"


def test_a_search_that_used_up_its_trials_was_not_cut_short_by_time(tmp_path: Path) -> None:
    study = small_study(budget=Budget(trials=6, epochs=2, seconds=60))
    with closing(recorder_for(study, tmp_path)) as recorder:
        assert len(play(SearchLoop(study, recorder, 1))) == 6
        recorder.spent("search", 61)
        search_loop = SearchLoop(study, recorder, 1)
        assert search_loop.over()
        assert search_loop.why_ended == ""


def test_a_small_space_is_tried_once_and_ends_the_search(tmp_path: Path) -> None:
    space = DenseSpace(layers=Int(1, 3), units=Int(2, 8, step=2), activation=Choice("relu", "tanh"))
    study = small_study(space=space, budget=Budget(trials=60, epochs=2))
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        seen = [tuple(sorted(params.items())) for params in play(search_loop)]
        assert search_loop.over()
        assert len(seen) == len(set(seen)) == 24
        assert search_loop.why_ended == "the space has 24 configurations, and all were tried"


def test_a_width_without_a_layer_makes_no_new_configuration_and_is_not_shown(
    tmp_path: Path,
) -> None:
    space = DenseSpace(layers=Int(1, 2), units=[Choice(2, 4), Choice(2, 4, 8)])
    study = small_study(space=space, budget=Budget(trials=60, epochs=2))
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        assert len(play(search_loop)) == 8
        assert search_loop.why_ended == "the space has 8 configurations, and all were tried"
        shown = [tuple(trial.params.items()) for trial in recorder.trials()]
    assert len(shown) == len(set(shown)) == 8
    assert all(("units_2" in dict(params)) == (dict(params)["layers"] == 2) for params in shown)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_no_trial_completes_with_a_value_that_is_no_number(
    tmp_path: Path, value: float | None
) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        search_loop = SearchLoop(small_study(), recorder, 1)
        job = search_loop.next()
        assert job is not None
        search_loop.ended(job, AssignmentResult({0: Outcome(State.COMPLETE, value)}), "1@here")
        trial = recorder.trials()[0]
        assert (trial.state, trial.reason) == (State.FAIL, "the objective is not finite")


def test_a_trial_behind_the_others_is_pruned_with_its_last_value(tmp_path: Path) -> None:
    study = small_study(budget=Budget(trials=8, epochs=9))
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        went_on = []
        for i in range(8):
            job = search_loop.next()
            assert job is not None
            value = 0.1 if i == 7 else 0.9
            curve = {"val_accuracy": [value], "val_loss": [0.5]}
            went_on.append(search_loop.at_rung(job, (Rung(i, job.rungs[0], value, curve, 21),)))
            if went_on[-1]:
                search_loop.ended(job, complete(i, value), "1@here")
        assert went_on == [True] * 7 + [False]
        pruned = recorder.trials()[7]
        assert (pruned.state, pruned.value) == (State.PRUNED, 0.1)
        assert "behind the others" in pruned.reason
        assert search_loop.over()


def test_the_same_seed_asks_the_same_and_another_does_not(tmp_path: Path) -> None:
    def asked(seed: int, folder: str) -> list[dict[str, Any]]:
        study = small_study(seed=seed, budget=Budget(trials=24, epochs=2))
        with closing(recorder_for(study, tmp_path / folder)) as recorder:
            return play(SearchLoop(study, recorder, 1))

    assert asked(1, "a") == asked(1, "b")
    assert asked(1, "c") != asked(2, "d")


def test_a_second_session_asks_as_if_there_had_been_no_break(tmp_path: Path) -> None:
    study = small_study(budget=Budget(trials=24, epochs=2))
    with closing(recorder_for(study, tmp_path / "whole")) as recorder:
        whole = play(SearchLoop(study, recorder, 1))

    recorder = recorder_for(study, tmp_path / "broken")
    search_loop = SearchLoop(study, recorder, 1)
    seen = []
    for _ in range(19):
        job = search_loop.next()
        assert job is not None
        seen.append(dict(job.trial_jobs[0].configuration.params))
        search_loop.ended(job, complete(number_of(job), 0.5), "1@here")
    left_under_way = search_loop.next()
    recorder.close()

    with closing(type(recorder)(recorder.folder)) as again:
        rest = play(SearchLoop(study, again, 1))
        trials = again.trials()
    assert seen + rest == whole
    assert number_of(left_under_way) == 19
    assert [t.attempts for t in trials if t.number in (18, 19, 20)] == [1, 2, 1]


def test_points_to_try_first_come_first_and_count(tmp_path: Path) -> None:
    point = {"layers": 2, "units": 5, "activation": "tanh", "learning_rate": 0.01}
    study = small_study(first=[point])
    with closing(recorder_for(study, tmp_path)) as recorder:
        asked = play(SearchLoop(study, recorder, 1))
    assert asked[0].items() >= point.items()
    assert len(asked) == 6


def test_no_configuration_is_tried_twice_while_there_are_others(tmp_path: Path) -> None:
    from search import Choice, DenseSpace

    space = DenseSpace(layers=Choice(1, 2, 3), activation=Choice("relu", "tanh", "elu"), units=8)
    study = small_study(space=space, budget=Budget(trials=9, epochs=1))
    with closing(recorder_for(study, tmp_path)) as recorder:
        asked = play(SearchLoop(study, recorder, 1))
    assert len({(a["layers"], a["activation"]) for a in asked}) == 9


def test_an_error_in_a_conditional_spaces_function_fails_that_trial(tmp_path: Path) -> None:
    calls: list[int] = []

    def suggest(trial: Any) -> None:
        calls.append(trial.suggest_int("units", 1, 1000))
        if len(calls) % 2:
            raise ZeroDivisionError("by my own fault")

    def build(units: int) -> None: ...

    study = small_study(space=suggest, model=build)
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        play(search_loop)
        trials = recorder.trials()
        assert search_loop.over()
    assert [t.state for t in trials] == [State.FAIL, State.COMPLETE] * 3
    assert "ZeroDivisionError" in trials[0].reason
    assert "by my own fault" in trials[0].reason


def test_a_stopped_ledger_asks_no_more_and_leaves_trials_to_be_run_again(tmp_path: Path) -> None:
    study: Study = small_study()
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 2)
        job = search_loop.next()
        assert job is not None
        search_loop.stop()
        assert search_loop.next() is None
        assert search_loop.over()
        assert not search_loop.at_rung(job, (Rung(0, 1, 0.7, {}, 21),))
        assert recorder.trials()[0].state is State.RUNNING


def test_a_finishing_ledger_asks_no_more_and_ends_what_is_under_way_at_its_rung(
    tmp_path: Path,
) -> None:
    study = small_study(budget=Budget(trials=8, epochs=9))
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 2)
        first, second = search_loop.next(), search_loop.next()
        assert first is not None
        assert second is not None
        search_loop.finish()
        assert (search_loop.next(), search_loop.over()) == (None, False)
        curve = {"val_accuracy": [0.9], "val_loss": [0.5]}
        rung = Rung(number_of(first), first.rungs[0], 0.9, curve, 21)
        assert not search_loop.at_rung(first, (rung,), "1@here")
        search_loop.ended(second, complete(number_of(second), 0.9), "2@here")
        assert search_loop.over()
        assert search_loop.why_ended == "`search finish` ended it"
        assert [trial.state for trial in recorder.trials()] == [State.PRUNED, State.COMPLETE]
        assert [trial.worker for trial in recorder.trials()] == ["1@here", "2@here"]
        assert recorder.trials()[0].reason.startswith("`search finish` ended it, after epoch")


def test_the_next_attempt_goes_on_from_what_was_kept(tmp_path: Path) -> None:
    study = small_study()
    kept = Checkpoint(
        0, 4, {"loss": [0.6, 0.1 + 0.2]}, {"network 0": np.arange(3, dtype=np.float32)}
    )
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        job = search_loop.next()
        assert job is not None
        assert job.trial_jobs[0].kept is None
        search_loop.keep(kept)
        again = SearchLoop(study, recorder, 1).next()
        assert again is not None
        found = again.trial_jobs[0].kept
        assert found is not None
        assert (found.number, found.epoch, found.curve) == (0, 4, kept.curve)
        np.testing.assert_array_equal(found.state["network 0"], kept.state["network 0"])
        search_loop.ended(job, complete(0, 0.5), "1@here")
        assert not list((recorder.path / "states").iterdir())


def test_a_damaged_state_is_as_good_as_none(tmp_path: Path) -> None:
    study = small_study()
    with closing(recorder_for(study, tmp_path)) as recorder:
        search_loop = SearchLoop(study, recorder, 1)
        search_loop.next()
        search_loop.keep(Checkpoint(0, 4, {"loss": [0.6]}, {"network 0": np.ones(30)}))
        (file,) = (recorder.path / "states").iterdir()
        whole = file.read_bytes()
        for length in range(0, len(whole), 97):
            file.write_bytes(whole[:length])
            assert recorder.kept(0) is None
