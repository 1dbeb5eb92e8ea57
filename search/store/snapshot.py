"""A study as of one moment, in memory: SQLite never opens a file of a run that is only read.

Opened in place, SQLite would act on what lies beside: take back a journal and delete the file that
it names, make a log and its index, wait for locks, and follow links. So the bytes are read here.
Where a log or a journal lies beside, SQLite puts them together in a private folder.

The copy is of one moment although a writer goes on. What SQLite copies from its log into the study
stays in the log until the log begins anew, which its header tells. So the study is read first, then
the log, and both again where the header has changed.
"""

import os
import sqlite3
import sys
import time
import weakref
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.store.opening import StrangeError, looked_at, opened, read, too_large
from search.store.scratch import scratch_folder
from search.study.errors import RunError

MOST = 1 << 30
"""Bytes of a study, of its log and of its journal; 10,000 trials take some 40 MB."""
LONGEST = 1 << 26
"""Bytes of a text in it."""
PATIENCE = 120.0
"""Seconds that one question may take; a study of 10,000 trials is checked and read in two."""
_STEPS = 20_000
"""Of SQLite's machine between two looks at clock and signals: less than a millisecond."""
_TRIES, _REST = 50, 0.01
_FRESH = 50_000_000
"""Nanoseconds: a file that changed so lately can change again with the same time."""
_HEADER = 32
"""Bytes of a log that are written when it begins anew, with a number that is another each time."""
_SUPERIOR = bytes.fromhex("d9d505f920a163d7")
"""At the end of a journal that names another file, which SQLite deletes with it. None of ours does,
since a run is one file."""


@dataclass(frozen=True)
class _Mark:
    """How a file is known to be the same.

    Attributes:
        place: Its inode.
        size: In bytes.
        changed: When, in nanoseconds.
        header: Its first bytes, of a log.
    """

    place: int
    size: int
    changed: int
    header: bytes = b""


@dataclass(frozen=True)
class Marks:
    """How the files of a study are known to be the same; None for one that is absent or empty."""

    study: _Mark | None
    log: _Mark | None
    journal: _Mark | None

    @classmethod
    def of(cls, path: Path) -> "Marks":
        """As they are now."""
        log = wal(path)
        return cls(_mark(path), _mark(log, _HEADER), _mark(journal(path)))

    @property
    def settled(self) -> bool:
        """Whether a later change shows."""
        marks = (self.study, self.log, self.journal)
        latest = max((mark.changed for mark in marks if mark is not None), default=0)
        return latest < time.time_ns() - _FRESH

    def same_moment(self, later: "Marks") -> bool:
        """Whether what was read between the two is of one moment."""
        if self.journal != later.journal or self.study is None or later.study is None:
            return False
        if self.log is None or later.log is None:
            return self == later
        places = (self.study.place, self.log.place, self.log.header)
        return places == (later.study.place, later.log.place, later.log.header)


@dataclass(frozen=True)
class _Files:
    """What was read of a study."""

    study: bytes
    log: bytes
    journal: bytes


def wal(path: Path) -> Path:
    """SQLite's log beside a database."""
    return path.with_name(path.name + "-wal")


def journal(path: Path) -> Path:
    """SQLite's rollback journal beside a database."""
    return path.with_name(path.name + "-journal")


class Snapshot:
    """A study in memory.

    Args:
        path: Of the study.

    Raises:
        StrangeError: What lies there is no study that is read.
        RunError: It changes all the time.
        OSError: It is gone, may not be read, or there is no room for a copy.
        sqlite3.Error: It is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        files, self._marks = _of_one_moment(path)
        self._settled = self._marks.settled
        content = _whole(path, files)
        self._reader = _Reader(path, ":memory:")
        try:
            if content:  # a journal may have taken all of it back
                self._reader.db.deserialize(content)
            self._reader.harden()
            self.rows("PRAGMA query_only=ON")
        except BaseException:
            self.close()
            raise

    @property
    def is_current(self) -> bool:
        """Whether the files are surely still those that were read."""
        return self._settled and Marks.of(self._path) == self._marks

    def rows(self, query: str, *values: int | str) -> list[Any]:
        """What a question finds.

        Raises:
            KeyboardInterrupt: It came meanwhile.
            RunError: It takes too long.
            sqlite3.Error: The study is damaged.
        """
        return self._reader.rows(query, *values)

    def close(self) -> None:
        """Let go of it."""
        self._reader.db.close()


class _Deadline:
    """When a question takes too long; SQLite holds on to it, and must not to what uses it."""

    latest = 0.0

    def is_over(self) -> bool:
        """Whether it is later than that."""
        return time.monotonic() > self.latest


class _Reader:
    """A connection that believes little of a file, and heeds signals and the clock as it works.

    Args:
        path: Of the study, for what is said.
        address: Of the copy.
    """

    def __init__(self, path: Path, address: str) -> None:
        self._path = path
        self._deadline = _Deadline()
        self.db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self.db.close)  # Python 3.13 warns of what is only let go of

    def harden(self) -> None:
        """Once the content is there."""
        self.db.set_progress_handler(self._deadline.is_over, _STEPS)
        self.db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        self.db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        if sys.version_info >= (3, 12):
            self.db.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
            self.db.setconfig(sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA, False)
        for setting in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
            self.rows(f"PRAGMA {setting}")

    def rows(self, query: str, *values: int | str) -> list[Any]:
        """See `Snapshot.rows`."""
        self._deadline.latest = time.monotonic() + PATIENCE
        try:
            return self.db.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if str(error) != "interrupted":
                raise
            if (
                not self._deadline.is_over()
            ):  # SQLite drops what a signal's handler raises in its callback
                raise KeyboardInterrupt from None
            raise RunError(f"{self._path}: cannot be read within {PATIENCE:g} s") from None


def content_of_study(path: Path) -> bytes:
    """The one file that a study would be if all of it were closed now; see `Snapshot`."""
    return _whole(path, _of_one_moment(path)[0])


def check_beside(path: Path) -> None:
    """Refuse what SQLite must not meet where it writes in place.

    Raises:
        StrangeError: A link or a pipe in the place of a file, or a journal that names another file.
    """
    for file in (path, wal(path), path.with_name(path.name + "-shm")):
        looked_at(file, path.parent)
    found = looked_at(journal(path), path.parent)
    if found is not None and found.st_size:
        with opened(journal(path), path.parent) as handle:
            end = max(0, found.st_size - len(_SUPERIOR))
            _check_journal(path, os.pread(handle, len(_SUPERIOR), end))


def _of_one_moment(path: Path) -> tuple[_Files, Marks]:
    for tried in range(_TRIES):
        before = Marks.of(path)
        if before.journal is None or tried >= _TRIES // 2:  # else a writer is about to be done
            try:
                files = _Files(
                    read(path, path.parent, MOST),
                    b"" if before.log is None else read(wal(path), path.parent, MOST),
                    b"" if before.journal is None else read(journal(path), path.parent, MOST),
                )
            except FileNotFoundError:
                if Marks.of(path).study is None:
                    raise
            else:
                if before.same_moment(Marks.of(path)):
                    return files, before
        time.sleep(_REST)
    raise RunError(f"{path}: is written to all the time; try again")


def _mark(path: Path, header: int = 0) -> _Mark | None:
    found = looked_at(path, path.parent)
    if found is None or not found.st_size:
        return None
    if found.st_size > MOST:
        raise too_large(path, found.st_size, MOST)
    begin = b""
    if header:
        try:
            with opened(path, path.parent) as file:
                begin = os.pread(file, header, 0)
        except FileNotFoundError:
            return None
    return _Mark(found.st_ino, found.st_size, found.st_mtime_ns, begin)


def _whole(path: Path, files: _Files) -> bytes:
    content = _together(path, files) if files.log or files.journal else files.study
    if content[18:20] == b"\2\2":  # out of WAL: it has no log beside it now
        content = content[:18] + b"\1\1" + content[20:]
    return content


def _together(path: Path, files: _Files) -> bytes:
    """What SQLite makes of a study with what lies beside it, out of anybody's reach."""
    _check_journal(path, files.journal)
    with scratch_folder() as scratch:
        study = scratch / "study.db"
        study.write_bytes(files.study)
        if files.log:
            wal(study).write_bytes(files.log)
        if files.journal:
            journal(study).write_bytes(files.journal)
        copy = _Reader(path, f"{study.as_uri()}?mode=rw")
        with closing(copy.db):
            copy.harden()
            copy.rows("PRAGMA user_version")  # the first to look at it has the journal taken back
            ((mode,),) = copy.rows("PRAGMA journal_mode=DELETE")
        if mode != "delete":
            raise sqlite3.DatabaseError("its log cannot be taken in")
        return read(study, study.parent, MOST)


def _check_journal(path: Path, content: bytes) -> None:
    if content.endswith(_SUPERIOR):
        raise StrangeError(
            f"{journal(path)}: names another file for SQLite to delete, as no journal of a run "
            "does, so nothing of this run is read; get a plain copy of it"
        )
