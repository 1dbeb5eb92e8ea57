"""What the best trials of a function left, as files of a run."""

import zipfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from search.store.model_file import unpacked
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.errors import RunError
from search.study.function_study import CHECKPOINT, MODEL, Left
from tests.runs import recorder_for, small_study


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A run of which trials 0 and 2 are kept; the file of 1 was dropped, that of 3 not taken."""
    with closing(recorder_for(small_study(), tmp_path / "runs")) as recorder:
        recorder.keep_left(0, Left(MODEL, b"zero"), [0])
        recorder.keep_left(1, Left(MODEL, b"one"), [0, 1])
        recorder.keep_left(2, Left(CHECKPOINT, b"two"), [2, 0])
        recorder.keep_left(3, Left(MODEL, b"three"), [2, 0])
        return recorder.path


def test_files_are_kept_of_the_best_alone(path: Path) -> None:
    run = load_run(path)
    assert run.left() == {
        0: path / "models" / "trial-0.keras", 2: path / "models" / "trial-2.zip",
    }  # fmt: skip
    assert [run.read_left(file) for file in run.left().values()] == [b"zero", b"two"]
    assert len([*(path / "models").iterdir()]) == 2


def test_what_is_not_vouched_for_is_not_read_and_taken_away(path: Path) -> None:
    stray = path / "models" / "trial-9.keras"
    stray.write_bytes(b"of a killed driver")
    assert 9 not in load_run(path).left()
    Recorder(load_run(path).folder).close()
    assert not stray.exists()
    assert set(load_run(path).left()) == {0, 2}


def test_a_damaged_file_is_told(path: Path) -> None:
    run = load_run(path)
    run.left()[0].write_bytes(b"other")
    with pytest.raises(RunError, match=r"trial-0\.keras: is not what was written"):
        run.read_left(run.left()[0])
    assert run.damaged() == [run.left()[0]]


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "a/../../out.txt", "a//b"])
def test_a_checkpoint_is_unpacked_nowhere_else(name: str, path: Path) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(RunError, match="this checkpoint cannot be read"):
        unpacked(path, packed.getvalue())
    with pytest.raises(RunError, match="this checkpoint cannot be read"):
        unpacked(path, b"no archive")
