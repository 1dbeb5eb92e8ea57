"""A run begins with those of another run's trials that mean the same in both, and no others."""

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from search import InputError, Trial
from search.jobs.messages import Assignment, AssignmentResult, Rung
from search.loading.space_file import override
from search.store.folder import Folder
from search.store.journal import FORMAT
from search.store.optuna_compat import frozen_trial
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.trial import seed_of
from search.tuning.sampler import EVEN_START
from search.tuning.search_loop import SearchLoop
from search.tuning.warm_start import Taken, _held
from tests.functional.command import environment
from tests.warm_starts import (
    FAILED,
    MIXED,
    SPACE,
    Told,
    at,
    begin,
    completed,
    curve,
    searched,
    space_of,
    taken_by,
)

FINITE = SPACE.replace("Int(4, 64)", "Int(1, 4)").replace("Float(1e-4, 1e-1, log=True)", "0.01")


def told(taken: Taken) -> str:
    return str(taken.warm_start)


def ending(job: Assignment, value: float | None = 0.5) -> AssignmentResult:
    outcome = completed(value) if value is not None else FAILED
    return AssignmentResult({trial_job.number: outcome for trial_job in job.trial_jobs})


def play(search_loop: SearchLoop, value: float | None = 0.5) -> list[dict[str, Any]]:
    """Let every trial end alike; returns the configurations in order."""
    seen = []
    while (job := search_loop.next()) is not None:
        seen += [dict(trial_job.configuration.params) for trial_job in job.trial_jobs]
        search_loop.ended(job, ending(job, value), "1@here")
    return seen


def test_what_is_taken_is_the_same_to_the_bit(tmp_path: Path) -> None:
    old = load_run(searched(SPACE, tmp_path, MIXED))
    kept = [number for number in range(4) if number != 1]
    before = [old.trials()[number] for number in kept]
    _, recorder = begin(SPACE, tmp_path, taken_by(SPACE, old.folder.path))
    with closing(recorder):
        after = recorder.trials()
        reports = frozen_trial(recorder.study, 1).intermediate_values
    assert [trial.taken for trial in after] == [f"old trial {number}" for number in kept]
    assert [replace(t, number=n, taken="") for t, n in zip(after, kept, strict=True)] == before
    assert reports == {3: 0.1 + 0.2}
    assert load_run(recorder.path).trials() == after


def test_what_is_not_taken_is_told_with_its_reason(tmp_path: Path) -> None:
    run = searched(SPACE, tmp_path, [*MIXED, (at(12), FAILED), (at(3 * 16), completed(0.5))])
    with closing(Recorder(Folder(run))) as recorder:
        recorder.study.ask()
        narrower = SPACE.replace("Int(4, 64)", "Int(4, 45)")
        assert told(taken_by(narrower, run)) == (
            f"2 of 7 trials of {run} were taken; 2 not: failed; "
            "2 not: units lies outside 4…45 (such as 50); 1 not: not finished"
        )


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("Int(4, 64)", "Int(1, 256)", "3 of 4"),
        ("Int(4, 64)", "Choice(8, 16)", "2 not: units lies outside 8, 16 (such as 40)"),
        ("Int(4, 64)", "Int(4, 64, step=4)", "1 not: units lies outside 4…64, step 4 (such as 50)"),
        ("Int(4, 64)", "8", "2 not: units is fixed at 8 (such as 40)"),
        ("layers=2", "layers=Int(1, 3)", "3 of 4"),
        (
            "Choice('relu', 'tanh')",
            "Choice('relu', 'elu')",
            "lies outside relu, elu (such as tanh)",
        ),
    ],
)
def test_only_what_lies_in_the_new_space_is_taken(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    run = searched(SPACE, tmp_path, MIXED)
    text = SPACE.replace('"', "'").replace(before, after)
    assert text != SPACE.replace('"', "'")
    taken = taken_by(text, run)
    assert says in told(taken)
    _, recorder = begin(text, tmp_path, taken)
    with closing(recorder):
        assert len(recorder.trials()) == len(taken.trials)


def test_what_was_held_and_is_searched_becomes_a_parameter(tmp_path: Path) -> None:
    run = searched(SPACE, tmp_path, MIXED)
    text = SPACE.replace("layers=2", "layers=Int(1, 3)").replace("Int(4, 64)", "40")
    _, recorder = begin(text, tmp_path, taken_by(text, run))
    with closing(recorder):
        (trial,) = recorder.trials()
    assert trial.params == {"layers": 2, **{k: v for k, v in at(40).items() if k != "units"}}


def test_a_dense_run_of_before_goes_on_in_a_space_with_newer_axes(tmp_path: Path) -> None:
    run = load_run(searched(SPACE, tmp_path, MIXED)).manifest.plan
    fixed = {k: v for k, v in run.fixed.items() if k not in {"class_weight", "schedule", "warmup"}}
    assert _held(replace(run, fixed=fixed)) == run.fixed
    text = SPACE.replace(
        "layers=2", "layers=2, schedule=Choice('constant', 'cosine'), warmup=Float(0, 0.3)"
    )
    _, recorder = begin(text, tmp_path, taken_by(text, tmp_path / "old"))
    with closing(recorder):
        found = {(t.params["schedule"], t.params["warmup"]) for t in recorder.trials()}
    assert found == {("constant", 0.0)}


def test_widths_of_layers_that_are_not_there_are_taken_too(tmp_path: Path) -> None:
    text = SPACE.replace("layers=2", "layers=Int(1, 2)").replace(
        "Int(4, 64)", "[Int(4, 64), Int(4, 32)]"
    )
    study, recorder = begin(text, tmp_path)
    with closing(recorder):
        play(SearchLoop(study, recorder, 1))
        old = recorder.trials()
    assert {trial.params["layers"] for trial in old} == {1, 2}
    _, recorder = begin(text, tmp_path, taken_by(text, tmp_path / "old"))
    with closing(recorder):
        assert [trial.params for trial in recorder.trials()] == [trial.params for trial in old]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("samples=200", "samples=300", "its rows are circles, 200 rows (SHA-256 "),
        ("samples=200", "samples=200, seed=1", "and these are circles, 200 rows (SHA-256 "),
        ("pruner=", "split=Split(seed=7), pruner=", "seed=0) and this is Split("),
        ("pruner=", "objective='val_loss', pruner=", "is val_accuracy and this is val_loss; give"),
        (
            "epochs=9",
            "epochs=12",
            "have 9 epochs and these have 12; give 9 epochs, or begin without",
        ),
    ],
)
def test_a_run_whose_values_mean_something_else_is_refused(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    run = searched(SPACE, tmp_path, MIXED)
    with pytest.raises(InputError) as refused:
        taken_by(SPACE.replace(before, after), run)
    assert str(refused.value).startswith(f"continue_from={run}: its ")
    assert says in str(refused.value)


def test_a_run_of_changed_rows_is_refused(tmp_path: Path) -> None:
    run = searched(SPACE, tmp_path, MIXED)
    with closing(Recorder(Folder(run))) as recorder:
        recorder.revise(recorder.manifest.plan, data_changed=True)
    with pytest.raises(InputError, match="its rows changed between two of its sessions"):
        taken_by(SPACE, run)


def test_a_run_that_is_not_there_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"continue_from=.*none: there is no run here"):
        taken_by(SPACE, tmp_path / "none")
    run = searched(SPACE, tmp_path, MIXED)
    with closing(sqlite3.connect(run / "study.db")) as db:
        db.execute(f"PRAGMA user_version={FORMAT + 1}")
    with pytest.raises(InputError, match=f"the run is of format {FORMAT + 1}"):
        taken_by(SPACE, run)


def test_a_warm_start_of_nothing_is_refused_with_the_reasons(tmp_path: Path) -> None:
    run = searched(SPACE, tmp_path, MIXED)
    with pytest.raises(
        InputError, match=r"0 of 4 .* 3 not: units lies outside 51…64 .*1 not: fail"
    ):
        taken_by(SPACE.replace("Int(4, 64)", "Int(51, 64)"), run)
    empty = searched(SPACE, tmp_path / "empty", [])
    with pytest.raises(InputError, match="it has no trial yet"):
        taken_by(SPACE, empty)


def test_the_old_folder_is_only_read(tmp_path: Path) -> None:
    run = searched(SPACE, tmp_path, MIXED)

    def contents() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}

    before = contents()
    taken_by(SPACE, run)
    assert contents() == before


KILLED = """
import os, sys
from pathlib import Path
from search.store.journal import Journal
from tests.warm_starts import SPACE, begin, taken_by
root = Path(sys.argv[1])
taken = taken_by(SPACE, root / "old")
save_curve = Journal.save_curve
def killed(self, number, curve):
    save_curve(self, number, curve)
    if number == 1:
        os._exit(9)
Journal.save_curve = killed
begin(SPACE, root, taken)
"""


def test_a_kill_leaves_no_run_with_half_of_them(tmp_path: Path) -> None:
    searched(SPACE, tmp_path, MIXED)
    killed = [sys.executable, "-c", KILLED, str(tmp_path)]
    assert subprocess.run(killed, env=environment(), check=False, timeout=120).returncode == 9
    with pytest.raises(InputError, match="there is no run here"):
        load_run(tmp_path / "new")


def test_the_budget_is_of_new_trials_and_stays_exact_over_sessions(tmp_path: Path) -> None:
    run = searched(SPACE, tmp_path, MIXED)
    study, recorder = begin(SPACE, tmp_path, taken_by(SPACE, run))
    search_loop = SearchLoop(study, recorder, 1)
    first = search_loop.next()
    assert first is not None
    assert first.trial_jobs[0].number == 3
    assert first.trial_jobs[0].configuration.seed == seed_of(study.seed, "trial", 3)
    recorder.close()
    with closing(Recorder(recorder.folder)) as again:
        plan = again.manifest.plan
        search_loop = SearchLoop(override(space_of(SPACE).study, trials=plan.trials), again, 1)
        assert len(play(search_loop)) == 6
        assert search_loop.over()
        assert search_loop.why_ended == ""
        assert len(again.trials()) == plan.trials == 9
        assert not any(trial.taken for trial in again.trials()[3:])


def test_points_to_try_first_are_the_first_new_trials(tmp_path: Path) -> None:
    run = searched(SPACE, tmp_path, MIXED)
    points = [at(8), at(64)]
    text = SPACE.replace("pruner=", f"first={points!r}, pruner=")
    study, recorder = begin(text, tmp_path, taken_by(text, run))
    with closing(recorder):
        asked = play(SearchLoop(study, recorder, 1))
    assert len(asked) == 6
    for seen, point in zip(asked, points, strict=False):
        assert seen.items() >= point.items()


def test_new_trials_that_all_fail_are_a_storm(tmp_path: Path) -> None:
    text = SPACE.replace("trials=6", "trials=40")
    run = searched(text, tmp_path, MIXED)
    study, recorder = begin(text, tmp_path, taken_by(text, run))
    with closing(recorder):
        search_loop = SearchLoop(study, recorder, 1)
        assert len(play(search_loop, None)) == 10
        assert search_loop.why_ended == "the first 10 new trials all failed: no memory"


@pytest.mark.parametrize(
    ("first", "new"), [("", 5), ('first=[{"units": 1, "activation": "relu"}], ', 6)]
)
def test_a_finite_space_is_used_up_by_what_was_taken_too(
    tmp_path: Path, first: str, new: int
) -> None:
    """Eight configurations; three were tried, one of them twice."""
    point = {"units": 1, "activation": "relu"}
    others = [{"units": 2, "activation": "relu"}, {"units": 3, "activation": "tanh"}]
    trials: list[Told] = [(p, completed(0.5)) for p in (point, point, *others)]
    run = searched(FINITE, tmp_path, trials)
    text = FINITE.replace("trials=6", "trials=60").replace("pruner=", f"{first}pruner=")
    study, recorder = begin(text, tmp_path, taken_by(text, run))
    with closing(recorder):
        search_loop = SearchLoop(study, recorder, 1)
        asked = play(search_loop)
        configurations = {(t.params["units"], t.params["activation"]) for t in recorder.trials()}
    assert len(asked) == new
    assert len(configurations) == 8
    assert search_loop.over()
    assert search_loop.why_ended == "the space has 8 configurations, and all were tried"


def asked_after(
    text: str, root: Path, trials: int, units: str = "Int(4, 63)"
) -> tuple[Sequence[Trial], Sequence[Trial]]:
    """The trials of a run, and those that a run after it, in another range, asked for itself."""
    study, recorder = begin(text.replace("trials=6", f"trials={trials}"), root)
    with closing(recorder):
        play(SearchLoop(study, recorder, 1))
        old = recorder.trials()
    text = text.replace("trials=6", "trials=16").replace("Int(4, 64)", units)
    study, new = begin(text, root, taken_by(text, recorder.path))
    with closing(new):
        play(SearchLoop(study, new, 1))
        return old, [trial for trial in new.trials() if not trial.taken]


def test_the_even_start_is_over_when_as_many_were_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from search.tuning.sampler import TPESampler

    modelled: list[int] = []
    draw = TPESampler._sample

    def noted(self: Any, study: Any, trial: Any, *args: Any, **more: Any) -> Any:
        modelled.append(trial.number)
        return draw(self, study, trial, *args, **more)

    monkeypatch.setattr(TPESampler, "_sample", noted)
    old, new = asked_after(SPACE, tmp_path, EVEN_START + 2)
    assert max(t.number for t in old) == EVEN_START + 1
    assert {trial.number for trial in new} <= set(modelled)


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_the_same_seed_does_not_ask_again_what_the_old_run_asked(
    tmp_path: Path, sampler: str
) -> None:
    text = SPACE.replace("pruner=", f"sampler={sampler!r}, pruner=")
    old, new = asked_after(text, tmp_path, EVEN_START, "Int(4, 20)")
    assert new[0].number < EVEN_START
    old_rates = {trial.params["learning_rate"] for trial in old}
    assert old_rates.isdisjoint(trial.params["learning_rate"] for trial in new)


def test_the_same_warm_start_asks_the_same_twice(tmp_path: Path) -> None:
    once, twice = (asked_after(SPACE, tmp_path / name, 6)[1] for name in ("a", "b"))
    assert [trial.params for trial in once] == [trial.params for trial in twice]


def test_new_trials_are_weighed_against_what_a_run_without_a_pruner_left(tmp_path: Path) -> None:
    trials: list[Told] = [(at(units), completed(0.1 * units)) for units in range(4, 10)]
    run = searched(SPACE.replace("median", "none"), tmp_path, trials)
    study, recorder = begin(SPACE, tmp_path, taken_by(SPACE, run))
    with closing(recorder):
        search_loop = SearchLoop(study, recorder, 1)
        for value, goes_on in ((0.9, True), (0.8, True), (0.01, False)):
            job = search_loop.next()
            assert job is not None
            reached = curve(value)["val_accuracy"][: job.rungs[0]]
            number = job.trial_jobs[0].number
            rung = Rung(number, job.rungs[0], reached[-1], {"val_accuracy": reached}, 21)
            assert search_loop.at_rung(job, (rung,)) is goes_on
            if goes_on:
                search_loop.ended(job, ending(job, value), "1@here")


MODEL = """
from search import Budget, Choice, Float, Int, Study, circles
def build(units, depth=1):
    return (units, depth)
def suggest(trial):
    if trial.suggest_int("units", 4, 64) < 32:
        trial.suggest_int("depth", 1, 3)
study = Study(data=circles(samples=200), space=suggest, model=build, pruner="none",
              budget=Budget(trials=6, epochs=9))
"""
DECLARED = MODEL.replace("space=suggest", 'space={"units": Int(4, 64), "depth": Int(1, 3)}')
BRANCHES: list[Told] = [
    ({"units": 8, "depth": 3}, completed(0.4)),
    ({"units": 16, "depth": 1}, completed(0.5)),
    ({"units": 40}, completed(0.6)),
]


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (MODEL, "3 of 3"),
        (MODEL.replace('"depth", 1, 3', '"depth", 1, 2'), "depth lies outside 1…2 (such as 3)"),
        (MODEL.replace("< 32", "< 10"), "1 not: the new space does not suggest depth (such as 1)"),
        (MODEL.replace("< 32", "< 50"), "1 not: no value for depth"),
        (DECLARED, "2 of 3"),
        (DECLARED, "1 not: no value for depth"),
    ],
)
def test_a_conditional_space_takes_what_it_would_have_asked_for(
    tmp_path: Path, new: str, says: str
) -> None:
    run = searched(MODEL, tmp_path, BRANCHES)
    taken = taken_by(new, run)
    assert says in told(taken)
    _, recorder = begin(new, tmp_path, taken)
    recorder.close()


def test_a_declared_spaces_trials_fit_into_a_function_too(tmp_path: Path) -> None:
    run = searched(DECLARED, tmp_path, BRANCHES[:2])
    assert "2 of 2" in told(taken_by(MODEL, run))


def test_a_function_that_fails_on_a_trial_is_its_reason(tmp_path: Path) -> None:
    run = searched(MODEL, tmp_path, BRANCHES)
    text = MODEL.replace("< 32:", "< 32:\n        assert trial.suggest_int('units', 4, 64) != 8")
    assert "1 not: AssertionError in the space's function: " in told(taken_by(text, run))


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("return (units, depth)", "return (units, depth, 1)", "the model function changed since"),
        (
            MODEL,
            SPACE,
            "its models are made by a function and these are dense networks",
        ),
    ],
)
def test_another_model_is_refused(tmp_path: Path, before: str, after: str, says: str) -> None:
    run = searched(MODEL, tmp_path, BRANCHES)
    with pytest.raises(InputError, match=says):
        taken_by(MODEL.replace(before, after), run)


def test_looks_at_the_same_held_out_rows_go_on_being_counted(tmp_path: Path) -> None:
    run = searched(SPACE, tmp_path, MIXED)
    with closing(Recorder(Folder(run))) as recorder:
        recorder.look(4)
    _, recorder = begin(SPACE, tmp_path, taken_by(SPACE, run))
    with closing(recorder):
        assert recorder.look(9) == 2
