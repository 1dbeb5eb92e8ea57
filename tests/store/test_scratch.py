"""Temporary folders: what a killed process leaves is removed, and what a living one uses is not."""

import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from search.store.scratch import remove_left, scratch_folder
from search.store.snapshot import Snapshot, wal

KILLED_WHILE_COPYING = """
import os, signal, sys
from pathlib import Path
from search.store.snapshot import Snapshot

def hook(event, given):
    if event == "sqlite3.connect" and "study.db" in str(given[0]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
Snapshot(Path(sys.argv[1]))
"""
REMOVES = "from search.store.scratch import remove_left; remove_left()"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, of this process and those that it starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Path]:
    """A study that a writer has open, so that a log lies beside it."""
    path = tmp_path / "study.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE numbers AS SELECT 7 AS number")
        assert wal(path).stat().st_size
        yield path


def test_the_next_reader_removes_the_copy_of_a_killed_one(temporary: Path, study: Path) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_COPYING, str(study)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    (left,) = temporary.iterdir()
    assert (left / "study.db").is_file(), "it was killed as it copied"
    with closing(Snapshot(study)) as snapshot:
        assert snapshot.rows("SELECT number FROM numbers") == [(7,)]
    assert not list(temporary.iterdir())


def test_what_is_in_use_or_of_others_stays(temporary: Path) -> None:
    others = temporary / "keras-search-abc123"
    others.mkdir()
    with scratch_folder() as mine:
        remove_left()
        subprocess.run([sys.executable, "-c", REMOVES], check=True)
        with scratch_folder() as another:
            assert mine.is_dir()
            assert another.is_dir()
    assert list(temporary.iterdir()) == [others]


def test_a_link_is_not_followed(temporary: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (temporary / "keras-search-scratch-link").symlink_to(kept)
    remove_left()
    assert kept.is_dir()


def test_a_study_that_is_let_go_of_is_closed(study: Path) -> None:
    snapshot = Snapshot(study)
    connection = snapshot._reader.db
    assert connection.execute("SELECT number FROM numbers").fetchall() == [(7,)]
    del snapshot
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT number FROM numbers")
