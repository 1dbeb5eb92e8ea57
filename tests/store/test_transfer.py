"""A run handed from one machine to another arrives whole, or not at all."""

import base64
import json
import sqlite3
import tarfile
from contextlib import closing
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from search.store.transfer import Arrival, hand_over, states
from search.study.errors import InputError, RunError
from search.study.trial import Outcome, State
from tests.runs import recorder_for, small_study, tell

PARAMS = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.01}


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The runs of the other machine: one, of one trial, with arrays."""
    study = small_study()
    with closing(recorder_for(study, tmp_path / "there")) as recorder:
        tell(recorder, study, PARAMS, Outcome(State.COMPLETE, 0.75, curve={"val_loss": [0.5]}))
        recorder.save_arrays("points", {"x": np.eye(2)})
        recorder.ended("finished")
    return tmp_path / "there"


def lines(root: Path, name: str = "small") -> list[str]:
    said: list[str] = []
    hand_over(root, name, said.append)
    return said


def arrived(root: Path, said: list[str]) -> Arrival:
    arrival = Arrival(root, "small")
    for line in said:
        arrival.take(line)
    return arrival


def contents(folder: Path) -> dict[str, object]:
    """Files by name; of the study its rows, since SQLite counts copies in the file's head."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    with closing(sqlite3.connect(folder / "study.db")) as db:
        rows = list(db.iterdump())
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {**found, "study.db": rows}


def packed(member: tarfile.TarInfo, content: bytes = b"x") -> list[str]:
    """The lines of a folder with one file of somebody's making."""
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        tar.addfile(member, BytesIO(content))
    first = {"runs": {"small": "finished"}, "found": True}
    return [
        f"-----RUN----- {json.dumps(first)}\n",
        f"-----PART----- {base64.b64encode(archive.getvalue()).decode()}\n",
        f"-----END----- {sha256(archive.getvalue()).hexdigest()}\n",
    ]


def test_a_run_arrives_as_it_was(there: Path, tmp_path: Path) -> None:
    first, *others = lines(there)
    noise = [first, "done\n", "a word of Ray's\n", *others]  # "done" is Base64, and none of it
    arrival = arrived(tmp_path / "here", noise)
    run = arrival.unpack()
    assert contents(run.folder.path) == contents(there / "small")
    assert (run.state, len(run.trials()), run.damaged()) == ("finished", 1, [])
    assert arrival.runs == states(there) == {"small": "finished"}
    assert arrival.remark == "a word of Ray's"
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["small"]


def test_a_run_that_goes_on_arrives_as_it_stands(tmp_path: Path) -> None:
    study = small_study()
    with closing(recorder_for(study, tmp_path / "there")) as recorder:
        tell(recorder, study, PARAMS, Outcome(State.COMPLETE, 0.75, curve={"val_loss": [0.5]}))
        arrival = arrived(tmp_path / "here", lines(tmp_path / "there"))
        tell(recorder, study, {**PARAMS, "layers": 2}, Outcome(State.FAIL, reason="x"))
    run = arrival.unpack()
    assert arrival.runs == {"small": "running"}
    assert (run.state, [trial.value for trial in run.trials()]) == ("interrupted", [0.75])
    assert list(run.folder.path.glob("study.db*")) == [run.folder.study]


def test_what_is_here_is_not_written_over(there: Path) -> None:
    before = contents(there / "small")
    with pytest.raises(InputError, match="is here already, and nothing is written over it"):
        Arrival(there, "small")
    assert contents(there / "small") == before


def test_runs_are_named_where_there_is_none_of_the_name(there: Path, tmp_path: Path) -> None:
    arrival = Arrival(tmp_path / "here", "smell")
    for line in lines(there, "smell"):
        arrival.take(line)
    with pytest.raises(InputError, match=r"no run of this name; it has small \(finished\)"):
        arrival.unpack()


@pytest.mark.parametrize("lost", [1, -1])
def test_half_a_run_is_none(there: Path, tmp_path: Path, lost: int) -> None:
    said = lines(there)
    del said[lost]
    with pytest.raises(RunError, match="did not come whole"):
        arrived(tmp_path / "here", said).unpack()
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out"])  # noqa: S108
def test_a_file_that_would_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    member.size = 1
    with pytest.raises(RunError, match="is in it, as in no run"):
        arrived(tmp_path / "here", packed(member)).unpack()
    assert list((tmp_path / "here").iterdir()) == []
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_is_refused(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("study.db")
    member.type, member.linkname = kind, "/etc/passwd"
    with pytest.raises(RunError, match="is in it, as in no run"):
        arrived(tmp_path / "here", packed(member)).unpack()
    assert list((tmp_path / "here").iterdir()) == []


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("README")
    member.size = 1
    with pytest.raises(InputError, match="there is no run here"):
        arrived(tmp_path / "here", packed(member)).unpack()
    assert list((tmp_path / "here").iterdir()) == []
