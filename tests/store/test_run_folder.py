"""The run folder keeps what was told, whole, whoever is killed."""

import math
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from search import InputError, RunError, State, load_run
from search.store.folder import Folder, free_name
from search.store.journal import Journal
from search.store.lock import Lock, is_held
from search.store.recorder import Recorder
from search.study.trial import Outcome
from search.tuning.sampler import distributions
from tests.functional.command import environment
from tests.runs import recorder_for, small_study

CURVE = {"loss": [0.7, 0.6], "val_accuracy": [0.5, 0.625], "val_loss": [0.71, math.inf]}


def ask(recorder: Recorder) -> int:
    return recorder.study.ask(distributions(small_study().parameters)).number


def test_what_is_told_is_read_back(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        ask(recorder)
        recorder.tell(0, Outcome(State.COMPLETE, 0.625, curve=CURVE, weights=21), "7@here")
        ask(recorder)
        recorder.tell(1, Outcome(State.FAIL, reason="by its own fault"))
        ask(recorder)
        run = load_run(recorder.path)
        complete, failed, running = run.trials()
        assert run.state == "running"
    assert (complete.value, complete.weights, complete.worker) == (0.625, 21, "7@here")
    assert complete.curve == CURVE
    assert complete.epochs == 2
    assert (failed.state, failed.value, failed.reason) == (State.FAIL, None, "by its own fault")
    assert running.state is State.RUNNING
    assert run.state == "interrupted"


def test_the_frame_has_a_row_a_trial_and_a_column_a_parameter(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        ask(recorder)
        recorder.tell(0, Outcome(State.COMPLETE, 0.625, curve=CURVE, weights=21))
        frame = load_run(recorder.path).frame()
    assert len(frame) == 1
    assert {"number", "state", "value", "layers", "units", "learning_rate", "reason"} <= set(frame)
    assert frame.loc[0, "value"] == 0.625


def test_a_run_has_one_driver(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        with pytest.raises(InputError, match="another process is running"):
            Recorder(Folder(recorder.path))
        assert is_held(recorder.folder.lock)
    assert not is_held(tmp_path / "small" / "lock")


def test_a_killed_driver_leaves_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = (
        "import os, pathlib; from search.store.lock import Lock; "
        f"held = Lock(pathlib.Path({str(lock)!r})); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), check=False, timeout=60)
    assert done.returncode == 9
    assert not is_held(lock)
    Lock(lock).release()


KILLED = """
import os, sys
from pathlib import Path
from search import State
from search.study.trial import Outcome
from tests.runs import recorder_for, small_study
from search.tuning.sampler import distributions
recorder = recorder_for(small_study(), Path(sys.argv[1]))
for number in range(3):
    recorder.study.ask(distributions(small_study().parameters))
    recorder.tell(number, Outcome(State.COMPLETE, number / 4, curve={"loss": [1.0]}))
recorder.study.ask(distributions(small_study().parameters))
with recorder.transaction():
    recorder.tell(3, Outcome(State.COMPLETE, 1.0, curve={"loss": [0.0]}))
    os._exit(9)
"""


def test_a_kill_loses_nothing_told_and_keeps_no_half_of_a_tell(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], env=environment(), check=False, timeout=60
    )
    assert done.returncode == 9
    trials = load_run(tmp_path / "small").trials()
    assert [t.value for t in trials] == [0.0, 0.25, 0.5, None]
    assert [t.state for t in trials] == [*[State.COMPLETE] * 3, State.RUNNING]
    assert [bool(t.curve) for t in trials] == [True, True, True, False]


def test_an_error_inside_a_transaction_takes_all_of_it_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "study.db", writable=True)

    def fails_halfway() -> None:
        with journal.transaction():
            journal.append_logs([{"a": 1}])
            journal.save_curve(0, {"loss": [1.0]})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_halfway()
    assert list(journal.read_logs(0)) == []
    assert journal.curves() == {}
    journal.append_logs([{"a": 1}, {"b": 2}])
    assert list(journal.read_logs(1)) == [{"b": 2}]
    journal.close()


def test_arrays_come_back_and_nothing_is_unpickled(tmp_path: Path) -> None:
    folder = Folder.create(tmp_path, "a")
    folder.save_arrays(folder.arrays("grid"), {"x1": np.arange(3.0)})
    np.testing.assert_array_equal(folder.load_arrays(folder.arrays("grid"))["x1"], [0.0, 1.0, 2.0])
    assert folder.load_arrays(folder.arrays("held_out")) == {}
    np.savez(folder.arrays("points"), x=np.array([{"an": "object"}], dtype=object))
    with pytest.raises(RunError, match="cannot be read"):
        folder.load_arrays(folder.arrays("points"))


def test_a_look_is_written_before_it_is_taken(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        assert recorder.look(trials=6) == 1
        assert len(load_run(recorder.path).manifest.looks) == 1
        assert recorder.look(trials=9) == 2


@pytest.mark.parametrize("damage", [b"", b"{", b'{"name": 3}'])
def test_a_damaged_manifest_is_told(tmp_path: Path, damage: bytes) -> None:
    recorder_for(small_study(), tmp_path).close()
    (tmp_path / "small" / "manifest.json").write_bytes(damage)
    with pytest.raises(RunError, match=r"manifest\.json: this file of the run cannot be read"):
        load_run(tmp_path / "small")


def test_a_damaged_study_is_told(tmp_path: Path) -> None:
    recorder_for(small_study(), tmp_path).close()
    (tmp_path / "small" / "study.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(RunError, match=r"study\.db: the study cannot be opened"):
        load_run(tmp_path / "small")


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder.create(tmp_path, "a")
    folder.save(folder.manifest, b"first")

    def fails(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space left"):
        folder.save(folder.manifest, b"second")
    assert folder.manifest.read_bytes() == b"first"
    assert sorted(p.name for p in folder.path.iterdir()) == ["finals", "manifest.json", "space"]


def test_names_are_free_and_fit_to_be_files(tmp_path: Path) -> None:
    first = free_name(tmp_path, "<script>alert(1)</script>")
    assert first.startswith("script-alert-1-script-")
    Folder.create(tmp_path, first)
    assert free_name(tmp_path, "<script>alert(1)</script>") != first
