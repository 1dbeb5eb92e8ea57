"""A run as a script has it: read once, and again where it has changed."""

import os
from contextlib import closing
from pathlib import Path

import pytest

import search
from search.store.folder import Folder
from search.store.recorder import Recorder
from search.study.trial import Outcome, State
from tests.runs import recorder_for, small_study, tell

PARAMS = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.01}


def test_a_folder_is_read_once_and_again_where_it_has_changed(tmp_path: Path) -> None:
    study = small_study()
    with closing(recorder_for(study, tmp_path)) as recorder:
        tell(recorder, study, PARAMS, Outcome(State.COMPLETE, 0.75, curve={"val_loss": [0.5]}))
    database = tmp_path / "small" / "study.db"
    os.utime(database, (1e9, 1e9))  # what has just been written may change within one tick
    run = search.load_run(tmp_path / "small")
    assert run.trials is run.trials
    assert run.state == "interrupted"
    with closing(Recorder(Folder(run.folder))) as recorder:
        assert run.state == "running"
        tell(recorder, study, PARAMS, Outcome(State.COMPLETE, 0.5, curve={"val_loss": [0.7]}))
        assert [trial.value for trial in run.trials] == [0.75, 0.5]
        recorder.ended("failed")
    assert (run.state, len(run.frame()), len(run.study.trials)) == ("failed", 2, 2)


def test_what_needs_a_winner_says_so(tmp_path: Path) -> None:
    recorder_for(small_study(), tmp_path).close()
    run = search.load_run(tmp_path / "small")
    for needs in (lambda: run.predict([[0.0, 1.0]]), lambda: run.best, run.winner):
        with pytest.raises(search.InputError, match="this run has no answer yet"):
            needs()


def test_runs_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        recorder_for(small_study(), tmp_path / "runs").close()
        Path("runs/small").rename(f"runs/{name}")
    found = search.compare(["a", "runs/b"])
    assert str(found).startswith("Their winners cannot be compared: ")
    assert found.page.read_text().count("search compare runs/a runs/b") == 1
    with pytest.raises(search.InputError, match="runs/a is a run"):
        search.compare(["a", "b"], name="a")
    with pytest.raises(search.InputError, match="two run folders or more"):
        search.compare(["a"])
