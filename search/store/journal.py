"""Optuna's log of operations in SQLite, and beside it all that is small enough to be told with it.

One table, one transaction an append: measured at 2 ms a trial over Optuna's memory storage, where
its SQL storage takes 45–60 ms more. A kill loses nothing that was told, and no torn line can brick
it.
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from optuna.storages.journal import BaseJournalBackend
from pydantic import TypeAdapter, ValidationError

from search.store.opening import looked_at
from search.store.snapshot import Snapshot, check_beside, wal
from search.study.errors import RunError
from search.study.trial import Curve

_TABLES = """
CREATE TABLE log (number INTEGER PRIMARY KEY, operation TEXT NOT NULL);
CREATE TABLE curves (trial INTEGER PRIMARY KEY, curve TEXT NOT NULL);
CREATE TABLE documents (name TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE files (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
CREATE TABLE seal (sum INTEGER NOT NULL);
"""
_KEYS = {"log": "number", "curves": "trial", "documents": "name", "files": "name"}
FORMAT = 2
"""Of a run folder, kept as SQLite's own number for it."""


class NotWrittenError(RunError):
    """The disk takes no more.

    Args:
        path: What cannot be written.
        why: In the system's words.
        begun: Whether there is a run to go on with.
    """

    def __init__(self, path: Path, why: str, *, begun: bool = True) -> None:
        self.path, self.why = path, why
        room = "make room or get permission to write there, then"
        fix = (
            f"what was finished is kept: {room} go on with `search resume`"
            if begun
            else f"no run was begun: {room} start it again"
        )
        super().__init__(f"{path}: cannot be written ({why}); {fix}")


class NotBegunError(RunError):
    """There is nothing in a study."""


class Journal(BaseJournalBackend):
    """A backend for Optuna's `JournalStorage` in one SQLite file.

    A writer keeps its connection; a reader has a copy in memory and holds nothing of the run.

    Args:
        path: The file.
        writable: Whether this process is the one that writes.
        new: Whether the file shall be made where there is none.

    Raises:
        RunError: The file is missing, damaged, of another version or no study.
    """

    def __init__(self, path: Path, *, writable: bool, new: bool = False) -> None:
        self._path = path
        self._guard = threading.RLock()
        self._depth = 0
        self._later: list[Callable[[], object]] = []
        self._writer: sqlite3.Connection | None = None
        # Operations that are known to be there: Optuna asks for new ones at its every look, and
        # there is nobody else who writes.
        self._last: int | None = None
        self._snapshot: Snapshot | None = None
        try:
            if not new and is_empty(path):
                # SQLite would take it for a new database, and throw away what lies in its log.
                raise NotBegunError(
                    f"{path}: the trials of this run were here, and the file is empty"
                )
            if writable:
                self._begin_writing(new)
            else:
                self._look()
        except sqlite3.Error as error:
            self._let_go()
            raise self._unreadable(error) from None
        except BaseException:
            self._let_go()
            raise

    def _begin_writing(self, new: bool) -> None:
        check_beside(self._path)
        mode = "rwc" if new else "rw"
        address = f"{self._path.absolute().as_uri()}?mode={mode}"
        self._writer = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False
        )
        weakref.finalize(self, self._writer.close)  # as a reader's
        self._db.execute("PRAGMA trusted_schema=OFF")
        if not new:
            self._check(self._raw)
        # NORMAL in WAL: safe against any kill of a process; a power cut may take the last tells.
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        if new:
            self._make()

    @property
    def is_current(self) -> bool:
        """Whether a reader's last look is surely of the study as it is now."""
        return self._snapshot is not None and self._snapshot.is_current

    def _look(self) -> Snapshot:
        """The study as it is now, for a reader: looked at anew where its files have changed."""
        if self._snapshot is None or not self.is_current:
            snapshot = Snapshot(self._path)
            try:
                self._check(snapshot.rows)
            except BaseException:
                snapshot.close()
                raise
            before, self._snapshot = self._snapshot, snapshot
            if before is not None:
                before.close()
        return self._snapshot

    def _check(self, rows: Callable[..., list[Any]]) -> None:
        """Look for what is no study of ours, and for damage.

        First of all, whether tables are tables: a view in the place of one is a program.

        Raises:
            RunError: It is not one that can be read.
        """
        ((version,),) = rows("PRAGMA user_version")
        found = set(rows("SELECT type, name, tbl_name, sql FROM sqlite_master"))
        if not found:
            raise NotBegunError(f"{self._path}: there are no trials in this file")
        if version != FORMAT:
            raise RunError(
                f"{self._path}: the run is of format {version} and this version of keras-search "
                f"reads format {FORMAT}; open it with the version that wrote it"
            )
        expected = _schema()
        if strange := sorted(str(name) for _, name, *_ in found ^ expected):
            raise self._damaged(f"{strange[0]!r} is not as in a run")
        ((told,),) = rows("PRAGMA quick_check(1)")
        if told != "ok":
            raise self._damaged(told.splitlines()[-1])
        ((count, last),) = rows("SELECT count(*), max(number) FROM log")
        if count != (last or 0):
            raise self._damaged(f"{last - count} rows missing")
        if rows("SELECT sum FROM seal") != [(_sum(rows),)]:
            raise self._damaged("a row is not what was written")

    def _damaged(self, how: str) -> RunError:
        return RunError(
            f"{self._path}: the study is damaged ({how}); bring back a copy of the run folder, or "
            "start a new run"
        )

    def _unreadable(self, error: sqlite3.Error) -> RunError:
        return RunError(f"{self._path}: the study cannot be opened ({error})")

    def _rows(self, query: str, *values: int | str) -> list[Any]:
        with self._guard:
            if self._writer is not None:
                return self._raw(query, *values)
            try:
                return self._look().rows(query, *values)
            except sqlite3.Error as error:
                raise self._unreadable(error) from None

    def _raw(self, query: str, *values: int | str) -> list[Any]:
        return self._db.execute(query, values).fetchall()

    @property
    def _db(self) -> sqlite3.Connection:
        if self._writer is None:
            raise RuntimeError("this study was opened for reading")
        return self._writer

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is appended inside reaches the disk together, or not at all.

        Raises:
            RunError: It cannot be written: the disk is full, or the folder read-only.
        """
        with self._guard:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._later = []
                    self._db.execute("BEGIN IMMEDIATE")
                yield
                if self._depth == 1:
                    self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise NotWrittenError(self._path, str(error)) from None
            finally:
                self._depth -= 1
                if self._depth == 0 and self._db.in_transaction:  # SQLite may have taken it back
                    self._db.execute("ROLLBACK")
                    self._last = None
            if self._depth == 0:
                later, self._later = self._later, []
                for does in later:
                    does()

    def then(self, does: Callable[[], object]) -> None:
        """Do what may be done only when all that was appended is on disk: after the transaction."""
        if self._depth:
            self._later.append(does)
        else:
            does()

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        """Operations from `log_number_from`, counted from 0."""
        if log_number_from == self._last:
            return []
        query = "SELECT operation FROM log WHERE number > ? ORDER BY number"
        rows = self._rows(query, log_number_from)
        if self._writer is not None:
            self._last = log_number_from + len(rows)
        return [self._read(operation, dict) for (operation,) in rows]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append operations in one transaction."""
        with self.transaction():
            ((last,),) = self._rows("SELECT coalesce(max(number), 0) FROM log")
            for number, log in enumerate(logs, last + 1):
                self._put("log", number, json.dumps(log, separators=(",", ":")))
            self._last = None

    def save_curve(self, number: int, curve: Curve) -> None:
        """Keep a trial's curve, over an older one of the same trial."""
        text = json.dumps({name: list(values) for name, values in curve.items()})
        self._put("curves", number, text)

    def _put(self, table: str, key: int | str, text: str | None) -> None:
        """Write a row over an older one, None takes it away; and its part of the seal."""
        of_it = f"FROM {table} WHERE {_KEYS[table]} = ?"
        with self.transaction():
            before = self._rows(f"SELECT * {of_it}", key)
            after = [] if text is None else [(key, text)]
            self._db.execute(f"DELETE {of_it}", (key,))
            self._db.executemany(f"INSERT INTO {table} VALUES (?, ?)", after)  # noqa: S608
            more = sum(_crc(*row) for row in after) - sum(_crc(*row) for row in before)
            self._db.execute("UPDATE seal SET sum = sum + ?", (more,))

    def curves(self) -> dict[int, Curve]:
        """Every kept curve, by trial number."""
        rows = self._rows("SELECT trial, curve FROM curves")
        return {number: self._read(curve, Curve) for number, curve in rows}

    def curve(self, number: int) -> Curve:
        """A trial's kept curve; empty where there is none."""
        rows = self._rows("SELECT curve FROM curves WHERE trial = ?", number)
        return self._read(rows[0][0], Curve) if rows else {}

    def _read(self, text: str, kind: Any) -> Any:
        """A text of JSON as what it has to be."""
        try:
            return _adapter(kind).validate_json(text)
        except ValidationError:
            raise self._damaged("a row is of another kind") from None

    def save_document(self, name: str, text: str | None) -> None:
        """Keep a text under a name, over an older one; None takes it away."""
        self._put("documents", name, text)

    def document(self, name: str) -> str | None:
        """The text under a name; None where there is none."""
        rows = self._rows("SELECT text FROM documents WHERE name = ?", name)
        return rows[0][0] if rows else None

    def save_hash(self, name: str, sha256: str | None) -> None:
        """Vouch for a file of the run folder; None takes that back."""
        self._put("files", name, sha256)

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every file that is vouched for, by its name in the run folder."""
        return dict(self._rows("SELECT name, sha256 FROM files"))

    def _make(self) -> None:
        """Make an empty study, all at once."""
        with self.transaction():
            for table in _TABLES.split(";"):
                self._db.execute(table)
            self._db.execute("INSERT INTO seal VALUES (0)")
            self._db.execute(f"PRAGMA user_version={FORMAT}")

    def close(self) -> None:
        """Let go of the file; a writer first leaves all of it in the one file.

        Out of WAL, since in it even a reader makes files beside, which in a read-only folder it
        may not.
        """
        if self._writer is not None:
            with suppress(sqlite3.Error):  # on a full disk, or while it is read: it stays beside
                self._writer.execute("PRAGMA journal_mode=DELETE")
        self._let_go()

    def _let_go(self) -> None:
        for held in (self._writer, self._snapshot):
            if held is not None:
                held.close()


def is_empty(path: Path) -> bool:
    """Whether there is no file or nothing in it."""
    found = looked_at(path, path.parent)
    return found is None or found.st_size == 0


def is_begun(path: Path) -> bool:
    """Whether a study at `path` was begun, as far as can be seen: a damaged one was."""
    try:
        if is_empty(path):
            return not is_empty(wal(path))
        journal = Journal(path, writable=False)
        return journal.document("manifest") is not None
    except NotBegunError:
        return False
    except RunError:
        return True


@cache
def _schema() -> frozenset[tuple[str, str, str, str | None]]:
    """Tables and indices, as SQLite writes them down."""
    with closing(sqlite3.connect(":memory:")) as db:
        for table in _TABLES.split(";"):
            db.execute(table)
        found = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
        return frozenset(found.fetchall())


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _sum(rows: Callable[..., list[Any]]) -> int:
    """What the seal holds of all rows.

    SQLite sees a damaged page, but neither a byte that has changed inside a text nor pages of
    different times.
    """
    return sum(_crc(*row) for table in _KEYS for row in rows(f"SELECT * FROM {table}"))  # noqa: S608


def _crc(key: int | str, text: str) -> int:
    return crc32(f"{key} {text}".encode())
