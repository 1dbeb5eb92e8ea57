"""Trials that forecasts give up are paused, and go on where a later forecast has hope for them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Budget, Choice, DenseSpace, Finals, Float, InputError, Int, State, Study
from search.app.status import facts
from search.display.progress import ProgressDisplay
from search.display.screen import bar
from search.display.status import sentences
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.job_source import JobSource, pass_on
from search.jobs.messages import Assignment, AssignmentResult, Rung, WorkerMessage
from search.jobs.phases import Phases
from search.loading.space_file import SpaceSource
from search.store.optuna_compat import frozen_trial
from search.store.recorder import Recorder
from search.store.run import load_run
from search.store.trials import read_trial
from search.study.trial import Curve, Forecast, Outcome, Pause, Trial, epochs_in, seed_of
from search.tuning import paused
from search.tuning.curve_pruner import LEAST_CHANCE, CurvePruner
from search.tuning.paused import PausedTrials, in_turn
from search.tuning.runner import InProcessRunner
from search.tuning.search_loop import SearchLoop
from search.tuning.warm_start import MisfitError, _copy, _placed
from tests.runs import recorder_for, small_study

EPOCHS = 27
OBJECTIVE = "val_accuracy"


def study_with(trials: int = 60, **changes: Any) -> Study:
    budget = Budget(trials=trials, epochs=EPOCHS)
    settings = {"pruner": "curve", "audit": 0.0, "resume_paused": True, "budget": budget}
    return small_study(**{**settings, "finals": Finals(top=3), **changes})


def curve_of(key: object) -> dict[str, list[float]]:
    """Rises towards a level; one in three begins low and rises late, which is learnt on the way."""
    draw = np.random.default_rng(seed_of(key))
    level, at = draw.uniform(0.5, 0.95), np.arange(1, EPOCHS + 1)
    late = draw.uniform() < 0.35
    way = 1 / (1 + np.exp(-(at - 14) / 3)) if late else 1 - 0.5 / at
    rising = 0.3 + (level - 0.3) * way + 0.004 * draw.normal(size=EPOCHS)
    return {
        "loss": (1 - rising).tolist(),
        OBJECTIVE: rising.tolist(),
        "val_loss": (1 - rising).tolist(),
    }


class Driver:
    """The search loop of a run, which may be left and taken up again at any message."""

    def __init__(self, study: Study, root: Path) -> None:
        self.study = study
        self._recorder: Recorder | None = recorder_for(study, root)
        self.folder = self._recorder.folder
        self.starts: list[tuple[int, int, int]] = []
        self.params: dict[int, list[tuple[str, Any]]] = {}

    def played(self, break_every: int = 0) -> tuple[Trial, ...]:
        """All trials; with breaks, each driver handles so many messages."""
        while True:
            recorder = self._recorder or Recorder(self.folder)
            self._recorder = None
            with closing(recorder):
                if self.session(recorder, break_every):
                    return recorder.trials()

    def session(self, recorder: Recorder, most: int) -> bool:
        loop = SearchLoop(self.study, recorder, 1)
        handled = 0
        while (job := loop.next()) is not None:
            (trial_job,) = job.trial_jobs
            self.params[trial_job.number] = sorted(trial_job.configuration.params.items())
            begun = trial_job.kept.epoch if trial_job.kept else 0
            trials = recorder.trials()
            self.starts.append((trial_job.number, begun, len(trials)))
            of_it = trials[trial_job.number].pauses
            assert begun == (of_it[-1].epoch if of_it else 0)
            for said in trained(job):
                if most and handled == most:
                    return False
                handled += 1
                if not pass_on(loop, job, said, "1@here"):
                    break
        return loop.over()


def trained(job: Assignment) -> Iterator[WorkerMessage]:
    """What a worker says of a trial whose curve hangs on its values, from where it was kept."""
    (trial_job,) = job.trial_jobs
    whole = curve_of(sorted(trial_job.configuration.params.items()))
    kept = trial_job.kept
    if kept is not None:
        assert kept.state["epoch"] == kept.epoch
        assert kept.curve == {name: values[: kept.epoch] for name, values in whole.items()}
    for epoch in range(kept.epoch + 1 if kept else 1, EPOCHS + 1):
        curve = {name: values[:epoch] for name, values in whole.items()}
        value = curve[OBJECTIVE][-1]
        if epoch == EPOCHS:
            yield AssignmentResult(
                {trial_job.number: Outcome(State.COMPLETE, value, "", curve, 10, 0.1)}
            )
        elif epoch in job.rungs:
            state = {"epoch": np.array(epoch)}
            yield (
                Rung(trial_job.number, epoch, value, curve, 10, 0.1, state=lambda s=state: s)
                if job.pausing
                else Rung(trial_job.number, epoch, value, curve, 10, 0.1),
            )


@pytest.fixture(scope="module")
def lively() -> Study:
    """A study of which trials are paused, go on, are paused again, and some reach their end."""
    finals = Finals(top=8, seeds=1)
    return study_with(90, seed=4, sampler="random", finals=finals, audit=0.05)


@pytest.fixture(scope="module")
def whole(lively: Study, tmp_path_factory: pytest.TempPathFactory) -> tuple[Driver, list[Trial]]:
    driver = Driver(lively, tmp_path_factory.mktemp("whole"))
    return driver, without_times(driver.played())


def without_times(trials: tuple[Trial, ...]) -> list[Trial]:
    return [replace(trial, started=None, ended=None, attempts=1) for trial in trials]


def test_what_is_given_up_waits_and_goes_on_where_there_is_hope_again(
    whole: tuple[Driver, list[Trial]], lively: Study
) -> None:
    driver, trials = whole
    assert {trial.state for trial in trials} == {State.COMPLETE, State.PRUNED}
    waited = [trial for trial in trials if trial.pauses]
    gone_on = [trial for trial in waited if trial.pauses[0].went_on]
    assert len(waited) > len(gone_on) > 3
    assert any(trial.state is State.COMPLETE for trial in gone_on)
    assert any(len(trial.pauses) > 1 for trial in waited)
    for trial in trials:
        whole_curve = curve_of(driver.params[trial.number])
        assert trial.curve == {name: v[: trial.epochs] for name, v in whole_curve.items()}
        assert all(pause.chance < LEAST_CHANCE for pause in trial.pauses)
        assert all(pause.went_on for pause in trial.pauses[:-1])
        assert all(pause.bytes > 0 for pause in trial.pauses)
        if trial.state is State.PRUNED:
            assert trial.forecast is not None
            assert (trial.epochs, trial.value) == (trial.forecast.epoch, trial.curve[OBJECTIVE][-1])
        if trial.state is State.PRUNED and trial.pauses and not trial.pauses[-1].went_on:
            assert f"after epoch {trial.epochs}, where it was paused until " in trial.reason
    begun = Counter(number for number, epoch, _ in driver.starts if epoch == 0)
    assert begun == Counter(range(lively.budget.trials))  # each from its start once
    legs = Counter((number, epoch) for number, epoch, _ in driver.starts)
    assert set(legs.values()) == {1}  # and from each pause once
    assert not list(driver.folder.states.glob("*"))


def test_a_paused_trial_goes_on_by_a_chance_that_follows_from_the_curves_that_ended(
    whole: tuple[Driver, list[Trial]], lively: Study
) -> None:
    driver, trials = whole
    seen = 0
    for place, (number, epoch, asked) in enumerate(driver.starts):
        if epoch == 0 or asked == lively.budget.trials:
            continue
        ended = {n for n, _, _ in driver.starts[:place]}
        known = [t for t in trials if t.state is State.COMPLETE and t.number in ended]
        legs_later = {n for n, _, _ in driver.starts[place:]}
        pruner = CurvePruner(lively)
        for trial in known:
            if trial.number not in legs_later:
                pruner.learn(trial.number, State.COMPLETE, trial.curve)
        for _ in range(asked - len([t for t in known if t.number not in legs_later]) - 1):
            pruner.learn(-1, State.PRUNED, {})  # all others wait or were ended: these count alike
        cut = {name: values[:epoch] for name, values in trials[number].curve.items()}
        pruner.pause(number, cut)
        assert pruner.promising(1) == number
        seen += 1
    assert seen > 2


def test_a_new_trial_comes_between_two_that_go_on_while_there_are_any(
    whole: tuple[Driver, list[Trial]], lively: Study
) -> None:
    driver, _ = whole
    asked = [count for _, epoch, count in driver.starts if epoch and count < lively.budget.trials]
    assert len(asked) == len(set(asked)) > 2


@pytest.mark.parametrize(
    "every", [11, *(pytest.param(n, marks=pytest.mark.long) for n in (12, 13, 17))]
)
def test_a_run_with_breaks_pauses_as_one_without(
    whole: tuple[Driver, list[Trial]], lively: Study, tmp_path: Path, every: int
) -> None:
    driver = Driver(lively, tmp_path)
    assert without_times(driver.played(break_every=every)) == whole[1]


def taught(loop: SearchLoop, trials: int = 8) -> None:
    """Let the first trials come to their end."""
    for number in range(trials):
        job = loop.next()
        assert job is not None
        curve = curve_at(0.9 - 0.01 * number, EPOCHS)
        outcome = Outcome(State.COMPLETE, curve[OBJECTIVE][-1], "", curve, 10, 0.1)
        loop.ended(job, AssignmentResult({number: outcome}), "1@here")


@contextmanager
def searching(study: Study, root: Path) -> Iterator[tuple[Recorder, SearchLoop]]:
    """A run whose first trials came to their end."""
    with closing(recorder_for(study, root)) as recorder:
        loop = SearchLoop(study, recorder, 1)
        taught(loop)
        yield recorder, loop


def curve_at(level: float, epochs: int) -> dict[str, list[float]]:
    rising = (level - 0.3 / np.arange(1, EPOCHS + 1)).tolist()[:epochs]
    return {OBJECTIVE: rising, "val_loss": [1 - value for value in rising]}


def paused_at(loop: SearchLoop, level: float, epoch: int = 4, state: Any = None) -> int:
    """Hand out a trial that is given up after an epoch; returns its number."""
    job = loop.next()
    assert job is not None
    (trial_job,) = job.trial_jobs
    assert job.pausing
    kept = {"epoch": np.array(epoch)} if state is None else state
    curve = curve_at(level, epoch)
    rung = Rung(trial_job.number, epoch, curve[OBJECTIVE][-1], curve, 10, 0.1, state=lambda: kept)
    assert not loop.at_rung(job, (rung,))
    return trial_job.number


def the_trial(recorder: Recorder, number: int) -> Trial:
    return recorder.trials()[number]


def test_a_paused_trial_is_seen_as_such_with_its_curve_and_what_its_state_takes(
    tmp_path: Path,
) -> None:
    study = study_with()
    with searching(study, tmp_path) as (recorder, loop):
        number = paused_at(loop, 0.6)
        trial = the_trial(recorder, number)
        assert (trial.state, trial.epochs) == (State.PAUSED, 4)
        assert trial.value == trial.curve[OBJECTIVE][3]
        assert (trial.weights, trial.seconds, trial.reason) == (10, 0.1, "")
        (pause,) = trial.pauses
        (file,) = recorder.folder.states.glob("*")
        assert trial.forecast is not None
        assert pause == Pause(4, trial.value or 0, trial.forecast.chance, 0.1, file.stat().st_size)
        assert [t.state for t in load_run(recorder.path).trials()][number] is State.PAUSED
        job = loop.next()
        assert job is not None
        assert job.trial_jobs[0].number == number + 1
        assert not loop.over()


@pytest.mark.parametrize("how", ["finish", "late"])
def test_a_search_that_is_cut_short_ends_what_is_paused(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = replace(study_with(), budget=Budget(trials=60, epochs=EPOCHS, seconds=60))
    with searching(study, tmp_path) as (recorder, loop):
        number = paused_at(loop, 0.6)
        under_way = loop.next()
        assert under_way is not None
        if how == "finish":
            loop.finish()
        else:
            monkeypatch.setattr(SearchLoop, "_late", True)
        assert loop.next() is None
        assert the_trial(recorder, number).state is State.PAUSED  # another is under way
        curve = curve_at(0.9, EPOCHS)
        outcome = Outcome(State.COMPLETE, curve[OBJECTIVE][-1], "", curve, 10, 0.1)
        loop.ended(under_way, AssignmentResult({number + 1: outcome}), "1@here")
        assert loop.next() is None
        assert loop.over()
        trial = the_trial(recorder, number)
        assert (trial.state, trial.epochs, trial.value) == (State.PRUNED, 4, trial.pauses[0].value)
        assert trial.reason.startswith("a chance of ")
        assert trial.reason.endswith("after epoch 4, where it was paused until the search ended")
        assert not list(recorder.folder.states.glob("*"))


def test_a_search_that_is_interrupted_leaves_what_is_paused_for_the_next_session(
    tmp_path: Path,
) -> None:
    study = study_with()
    with searching(study, tmp_path) as (recorder, loop):
        number = paused_at(loop, 0.6)
        loop.stop()
        assert loop.next() is None
        assert loop.over()
        again = SearchLoop(study, recorder, 1)
        job = again.next()
        assert job is not None
        assert job.trial_jobs[0].number == number + 1  # it is not run again from its start
        assert the_trial(recorder, number).state is State.PAUSED


def test_no_more_than_so_many_are_kept_those_with_the_best_chances(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paused, "MOST", 3)
    study = study_with()
    with searching(study, tmp_path) as (recorder, loop):
        given_up = [paused_at(loop, level) for level in (0.66, 0.64, 0.62, 0.6, 0.7)]
        trials = [the_trial(recorder, number) for number in given_up]
        chances = [trial.forecast.chance for trial in trials if trial.forecast is not None]
        assert sorted(chances) == [chances[4], *chances[:4]]
        assert [trial.state for trial in trials] == [
            State.PRUNED, State.PAUSED, State.PAUSED, State.PAUSED, State.PRUNED,
        ]  # fmt: skip
        assert trials[0].reason.endswith("paused until others with more of a chance took its place")
        assert not trials[4].pauses  # it found no room
        assert len(list(recorder.folder.states.glob("*"))) == 3


def test_their_states_take_no_more_than_so_many_bytes_but_for_one() -> None:
    kept = PausedTrials(None, ())
    kept.add(0, Pause(3, 0.5, 0.01, bytes=paused.ROOM + 1), {})
    assert kept.too_many() == []
    kept.add(1, Pause(3, 0.5, 0.02, bytes=2), {})
    assert kept.too_many() == [0]
    kept.drop(0)
    kept.add(2, Pause(3, 0.5, 0.01, bytes=paused.ROOM - 2), {})
    assert kept.too_many() == []
    kept.add(3, Pause(3, 0.5, 0.015, bytes=1), {})
    assert kept.too_many() == [2]


def test_a_state_that_went_with_its_worker_leaves_the_trial_to_its_next_attempt(
    tmp_path: Path,
) -> None:
    study = study_with()
    with searching(study, tmp_path) as (recorder, loop):
        job = loop.next()
        assert job is not None
        curve = curve_at(0.6, 4)
        rung = Rung(8, 4, curve[OBJECTIVE][-1], curve, 10, 0.1, state=lambda: None)
        assert loop.at_rung(job, (rung,))
        assert the_trial(recorder, 8).state is State.RUNNING
        assert the_trial(recorder, 8).forecast is None
        loop.lost(job, "its worker died")
        assert paused_at(loop, 0.6) == 8


def test_what_cannot_go_on_from_a_state_is_ended_as_without_pauses(tmp_path: Path) -> None:
    study = study_with()
    with searching(study, tmp_path) as (recorder, loop):
        job = loop.next()
        assert job is not None
        curve = curve_at(0.6, 4)
        assert not loop.at_rung(job, (Rung(8, 4, curve[OBJECTIVE][-1], curve, 10, 0.1),))
        trial = the_trial(recorder, 8)
        assert (trial.state, trial.pauses) == (State.PRUNED, ())
        assert trial.reason.endswith(" to be among the best, after epoch 4")


def test_trials_under_way_are_taken_up_in_the_order_in_which_they_were_handed_out() -> None:
    def gone_on(number: int, asked: int, turn: int) -> Trial:
        pauses = (Pause(3, 0.5, 0.01, asked=asked, turn=turn),)
        return Trial(number, State.RUNNING, {}, pauses=pauses)

    new = [Trial(number, State.RUNNING, {}) for number in (7, 8)]
    trials = [*new, gone_on(2, 8, 1), gone_on(1, 9, 2), gone_on(0, 9, 3)]
    assert [trial.number for trial in sorted(trials, key=in_turn)] == [7, 2, 8, 1, 0]


def test_tpe_sees_a_paused_trial_as_one_that_was_pruned_where_it_stands(tmp_path: Path) -> None:
    """So suggestions are those of a search that ended the trial there."""
    params = []
    for name, resume in (("ended", False), ("paused", True)):
        study = study_with(resume_paused=resume)
        with closing(recorder_for(study, tmp_path / name)) as recorder:
            loop = SearchLoop(study, recorder, 1)
            taught(loop, 18)
            job = loop.next()
            assert job is not None
            curve = curve_at(0.6, 4)
            state = (lambda: {"epoch": np.array(4)}) if resume else None
            rung = Rung(18, 4, curve[OBJECTIVE][-1], curve, 10, 0.1, state=state)
            assert not loop.at_rung(job, (rung,))
            assert the_trial(recorder, 18).state is (State.PAUSED if resume else State.PRUNED)
            job = loop.next()
            assert job is not None
            params.append(job.trial_jobs[0].configuration.params)
    assert params[0] == params[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pruner": "median"}, r'only pruner="curve" pauses trials, and this is pruner=\'median\''),
        ({"pruner": "auto"}, r'give pruner="curve", or leave resume_paused out'),
        ({"resume_paused": 1}, "resume_paused=1: give True or False"),
        ({"callbacks": lambda: []}, "with callbacks= a training is one call"),
    ],
)
def test_where_no_trial_can_be_paused_that_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        study_with(**changes)


class Fickle(CurvePruner):
    """Gives every trial up after epochs 1 and 4, and has hope again for each at the next look."""

    def given_up(self, number: int, curve: Curve) -> Forecast | None:
        epoch = epochs_in(curve)
        return Forecast(epoch, 0.5, 0.4, 0.6, 0.9, 0.01) if epoch in (1, 4) else None

    def promising(self, most: int) -> int | None:
        return min(self._paused, default=None)


@pytest.mark.parametrize(
    ("engine", "patience"),
    [
        ("numpy", None),
        ("numpy", 2),
        pytest.param("in-graph", None, marks=pytest.mark.keras),
        pytest.param("fit", None, marks=[pytest.mark.keras, pytest.mark.long]),
    ],
)
def test_a_trial_that_was_paused_has_the_numbers_of_one_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, patience: int | None
) -> None:
    monkeypatch.setattr("search.tuning.search_loop.CurvePruner", Fickle)
    space = DenseSpace(
        layers=Int(1, 2),
        units=Int(4, 16),
        dropout=Float(0.1, 0.3),
        batch_norm=True,
        optimizer=Choice("adam", "sgd"),
    )
    budget = Budget(trials=4, epochs=6, patience=patience)
    trials = {}
    for resume, pruner in ((False, "none"), (True, "curve")):
        study = study_with(
            resume_paused=resume, pruner=pruner, space=space, budget=budget, sampler="random"
        )
        data = study.data.load()
        rows = DataSplit.of(study.split.parts(data), data)
        context = WorkerContext(SpaceSource("small.py", "small.py", {}), rows, engine)
        with closing(recorder_for(study, tmp_path / pruner)) as recorder:
            InProcessRunner(context, study).run(SearchLoop(study, recorder, 1))
            trials[pruner] = recorder.trials()
    assert [trial.engine.name for trial in trials["curve"]] == [engine] * 4
    for trial in trials["curve"]:
        assert [pause.epoch for pause in trial.pauses] == [e for e in (1, 4) if e <= trial.epochs]
        assert all(pause.went_on and pause.seconds > 0 for pause in trial.pauses)
        assert trial.seconds_in_all > (trial.seconds or 0) > 0
    same = [replace(trial, params={}, pauses=(), forecast=None) for trial in trials["curve"]]
    for one, other in zip(same, trials["none"], strict=True):
        assert (one.state, one.value, one.curve) == (other.state, other.value, other.curve)


def test_what_was_ended_stays_so_when_more_trials_are_wanted(tmp_path: Path) -> None:
    study = study_with(10)
    with searching(study, tmp_path) as (recorder, loop):
        ended = [paused_at(loop, level) for level in (0.6, 0.62)]
        assert loop.next() is None
        assert loop.over()
        more = SearchLoop(replace(study, budget=Budget(trials=14, epochs=EPOCHS)), recorder, 1)
        job = more.next()
        assert job is not None
        assert job.trial_jobs[0].number == 10
        assert {the_trial(recorder, number).state for number in ended} == {State.PRUNED}


class One(JobSource):
    """A work of one job, which it hands out for ever."""

    def __init__(self, job: Assignment) -> None:
        self.job = job

    def next(self) -> Assignment:
        return self.job

    def over(self) -> bool:
        return False


def test_the_finals_follow_at_once_where_the_last_trials_were_paused(tmp_path: Path) -> None:
    study = study_with(9)
    with searching(study, tmp_path) as (recorder, loop):
        number = paused_at(loop, 0.6)
        job = Assignment((), (1,), study.goal)
        phases = Phases(lambda: loop, lambda: One(job))
        assert phases.next() is job
        assert the_trial(recorder, number).state is State.PRUNED


def test_a_cluster_without_workers_ends_no_trial_that_may_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_with(9)
    with searching(study, tmp_path) as (recorder, loop):
        number = paused_at(loop, 0.6)
        monkeypatch.setattr(CurvePruner, "promising", lambda *_: number)
        loop.staffed(0)
        assert loop.next() is None
        assert not loop.over()
        loop.staffed(1)
        job = loop.next()
        assert job is not None
        (trial_job,) = job.trial_jobs
        assert trial_job.number == number
        assert trial_job.kept is not None
        assert trial_job.kept.epoch == 4
        assert trial_job.kept.state == {"epoch": 4}
        assert the_trial(recorder, number).state is State.RUNNING
        loop.returned(job)  # as where its machine is gone: it goes on from there once more
        again = SearchLoop(study, recorder, 1).next()
        assert again is not None
        assert again.trial_jobs[0].kept is not None
        assert (the_trial(recorder, number).attempts, the_trial(recorder, number).deaths) == (2, 0)


def test_status_and_the_live_table_say_what_is_paused(tmp_path: Path) -> None:
    study = study_with()
    with searching(study, tmp_path) as (recorder, loop):
        number = paused_at(loop, 0.6)
        trials = recorder.trials()
        progress = ProgressDisplay.at(60, study.goal, trials)
        assert bar(progress).endswith(" · 1 paused")
        assert (progress.ended, progress.epochs[number]) == (8, 4)
        progress.note(replace(trials[number], state=State.RUNNING), 4)
        assert "paused" not in bar(progress)
    run = load_run(recorder.path)  # nobody drives it: what runs is unfinished, what waits waits
    told = facts(run)
    assert told["states"] == {"complete": 8, "paused": 1}
    assert told["trials"][number]["state"] == "paused"
    assert "8 of 60 trials finished (8 complete, 1 paused)" in "\n".join(sentences(run, told))
    with pytest.raises(MisfitError, match="paused"):
        _placed(study, {}, trials[number], trials[number].params)


def test_another_run_takes_no_pauses_with_a_trial(tmp_path: Path) -> None:
    study = study_with(9)
    with searching(study, tmp_path) as (recorder, loop):
        number = paused_at(loop, 0.6)
        assert loop.next() is None
        old = frozen_trial(recorder.study, number)
    assert len(read_trial(old, {}).pauses) == 1
    copy = _copy(old, (old.params, old.distributions), old.intermediate_values, "old trial 8")
    assert (read_trial(copy, {}).pauses, copy.value) == ((), old.value)


@pytest.mark.parametrize(
    "said",
    [
        "often",
        [{"epoch": 3}],
        [{"epoch": -1, "value": 0.5, "chance": 0.01}],
        [{"epoch": 3, "value": 0.5, "chance": 0.01, "bytes": 10**400}],
        [{"epoch": 3, "value": float("nan"), "chance": 0.01}],
    ],
)
def test_what_a_space_of_yours_notes_as_pauses_is_none(tmp_path: Path, said: Any) -> None:
    with closing(recorder_for(study_with(), tmp_path)) as recorder:
        recorder.study.ask().set_user_attr("pauses", said)
        assert (the_trial(recorder, 0).state, the_trial(recorder, 0).pauses) == (State.RUNNING, ())
