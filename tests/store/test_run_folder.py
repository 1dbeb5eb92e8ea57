"""The run folder keeps what was told, whole, whoever is killed."""

import math
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from search import InputError, RunError, State
from search.store.files import Files
from search.store.folder import Folder, free_name
from search.store.journal import FORMAT, Journal
from search.store.lock import Lock, is_held
from search.store.recorder import Recorder
from search.store.run import load_run
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


HALF_CLOSED = """
import os, sys
from pathlib import Path
from search.store.journal import Journal
from tests.runs import recorder_for, small_study
recorder = recorder_for(small_study(), Path(sys.argv[1]))
db = recorder._journal._db
db.execute("PRAGMA journal_mode=DELETE")
db.execute("PRAGMA cache_size=1")  # so that pages are written before the end
db.execute("BEGIN")
for number in range(100):
    db.execute("INSERT INTO documents VALUES (?, ?)", (str(number), "x" * 9000))
os._exit(9)
"""


def test_a_study_whose_writer_was_killed_while_it_closed_is_read(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HALF_CLOSED, str(tmp_path)],
        env=environment(),
        check=False,
        timeout=60,
    )
    assert done.returncode == 9
    assert (tmp_path / "small" / "study.db-journal").exists()
    run = load_run(tmp_path / "small")
    assert run.trials() == ()
    assert run._journal.document("0") is None


def test_an_error_inside_a_transaction_takes_all_of_it_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "study.db", writable=True, new=True)

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
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        recorder.save_arrays("grid", {"x1": np.arange(3.0)})
        run = load_run(recorder.path)
        np.testing.assert_array_equal(run.arrays("grid")["x1"], [0.0, 1.0, 2.0])
        assert run.arrays("held_out") == {}
        pickled = BytesIO()
        np.savez(pickled, x=np.array([{"an": "object"}], dtype=object))
        Files(recorder.folder, recorder._journal).save(
            recorder.folder.arrays("points"), pickled.getvalue()
        )
    with pytest.raises(RunError, match="cannot be read"):
        run.arrays("points")


def test_a_look_is_written_before_it_is_taken(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        assert recorder.look(trials=6) == 1
        assert len(load_run(recorder.path).manifest.looks) == 1
        assert recorder.look(trials=9) == 2


def test_a_damaged_study_is_told(tmp_path: Path) -> None:
    recorder_for(small_study(), tmp_path).close()
    (tmp_path / "small" / "study.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(RunError, match=r"study\.db: the study cannot be opened"):
        load_run(tmp_path / "small")


def test_a_study_that_lacks_a_row_is_told(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        ask(recorder)
    with closing(sqlite3.connect(tmp_path / "small" / "study.db")) as db:
        db.execute("DELETE FROM log WHERE number = 2")
        db.commit()
    with pytest.raises(RunError, match=r"study\.db: the study is damaged \(1 rows missing\)"):
        load_run(tmp_path / "small")


def test_a_manifest_of_another_kind_is_told(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        recorder._journal.save_document("manifest", '{"name": 3}')
    with pytest.raises(RunError, match="the manifest of this run cannot be read"):
        load_run(tmp_path / "small")


@pytest.mark.parametrize("other", [0, FORMAT - 1, FORMAT + 1])
def test_a_run_of_another_format_is_told(tmp_path: Path, other: int) -> None:
    recorder_for(small_study(), tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "small" / "study.db")) as db:
        db.execute(f"PRAGMA user_version={other}")
    with pytest.raises(
        RunError, match=f"of format {other} and this version .* reads format {FORMAT}"
    ):
        load_run(tmp_path / "small")


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        recorder.save_arrays("grid", {"x1": np.arange(3.0)})
        before = recorder.folder.arrays("grid").read_bytes()

        def fails(file: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fails)
        with pytest.raises(RunError, match=r"grid\.npz: cannot be written \(No space left"):
            recorder.save_arrays("grid", {"x1": np.arange(9.0)})
        assert recorder.folder.arrays("grid").read_bytes() == before
        assert recorder.folder.parts() == []


def test_a_file_that_was_altered_is_not_used(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        recorder.save_arrays("grid", {"x1": np.arange(3.0)})
        file = recorder.folder.arrays("grid")
    run = load_run(tmp_path / "small")
    assert run.damaged() == []
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert run.damaged() == [file]
    with pytest.raises(RunError, match=r"grid\.npz: is not what was written"):
        run.arrays("grid")
    file.unlink()
    with pytest.raises(RunError, match=r"grid\.npz: cannot be read \(No such file"):
        run.arrays("grid")


def test_a_source_that_was_altered_is_not_executed(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        (recorder.folder.space / "small.py").write_text("study = 'another'")
    with pytest.raises(RunError, match=r"small\.py: is not what was written.*bring it back"):
        load_run(tmp_path / "small").space()


def test_what_a_kill_left_before_a_run_was_begun_gives_way(tmp_path: Path) -> None:
    folder = Folder.named(tmp_path, "small").make()
    folder.save(folder.space / "small.py", b"study = ...")
    folder.study.touch()
    folder.let_go()  # as the kernel does
    with pytest.raises(InputError, match="there is no run here"):
        load_run(folder.path)
    recorder_for(small_study(), tmp_path).close()
    assert load_run(folder.path).trials() == ()


def test_a_folder_that_is_being_begun_does_not_give_way(tmp_path: Path) -> None:
    folder = Folder.named(tmp_path, "small").make()
    with pytest.raises(InputError, match="another process is running"):
        Folder.named(tmp_path, "small").make()
    folder.discard()
    assert not folder.path.exists()


def test_a_run_whose_study_was_deleted_does_not_give_way(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        recorder.save_arrays("points", {"x": np.arange(3.0)})
    (tmp_path / "small" / "study.db").unlink()
    with pytest.raises(RunError, match=r"study\.db: the trials of this run were in this file"):
        load_run(tmp_path / "small")
    with pytest.raises(InputError, match="a run of this name exists"):
        Folder.named(tmp_path, "small").make()


def test_half_written_files_go_when_the_run_goes_on(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        (recorder.folder.finals / ".part-grid.npz-abc").touch()
        recorder.keep(0, 3, {"loss": [0.1, 0.2, 0.3]}, {"w": np.arange(3.0)})
        (recorder.folder.states / ".part-0-9.npz-abc").touch()
        (recorder.folder.states / "0-9.npz").touch()  # a kill came before it was vouched for
    with closing(Recorder(Folder(tmp_path / "small"))) as recorder:
        assert recorder.folder.parts() == []
        assert [file.name for file in recorder.folder.states.iterdir()] == ["0-3.npz"]
        kept = recorder.kept(0)
        assert kept is not None
        assert kept[:2] == (3, {"loss": [0.1, 0.2, 0.3]})


def test_names_are_free_and_fit_to_be_files(tmp_path: Path) -> None:
    first = free_name(tmp_path, "<script>alert(1)</script>")
    assert first.startswith("script-alert-1-script-")
    Folder.named(tmp_path, first).make().let_go()
    assert free_name(tmp_path, "<script>alert(1)</script>") != first


def test_a_finished_run_that_is_gone_on_with_is_finished_no_more(tmp_path: Path) -> None:
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        recorder.ended("finished")
        assert recorder.manifest.ended == "finished"
        recorder.revise(replace(recorder.manifest.plan, trials=9), data_changed=False)
    run = load_run(tmp_path / "small")  # as a kill before the next end would leave it
    assert (run.state, run.manifest.plan.trials) == ("interrupted", 9)


def test_what_follows_a_transaction_waits_until_it_is_on_disk(tmp_path: Path) -> None:
    done: list[int] = []
    with closing(recorder_for(small_study(), tmp_path)) as recorder:
        recorder.keep(ask(recorder), 3, {"loss": [0.1]}, {"w": np.arange(3.0)})
        kept = recorder.folder.state(0, 3)
        with recorder.transaction():
            recorder.tell(0, Outcome(State.FAIL, reason="by its own fault"))
            recorder.then(lambda: done.append(1))
            assert kept.exists()
            assert done == []
        assert not kept.exists()
        assert done == [1]
