"""Optuna's log of operations in SQLite, and beside it all that is small enough to be told with it.

One table, one transaction an append: measured at 2 ms a trial over Optuna's memory storage, where
its SQL storage takes 45–60 ms more. A kill loses nothing that was told, and no torn line can brick
it.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from zlib import crc32

from optuna.storages.journal import BaseJournalBackend

from search.study.errors import RunError
from search.study.trial import Curve

_TABLES = """
CREATE TABLE IF NOT EXISTS log (number INTEGER PRIMARY KEY, operation TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS curves (trial INTEGER PRIMARY KEY, curve TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (name TEXT PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seal (sum INTEGER NOT NULL);
DELETE FROM seal;
"""
_KEYS = {"log": "number", "curves": "trial", "documents": "name", "files": "name"}
_ALL = """
(SELECT coalesce(sum(crc(number, operation)), 0) FROM log) +
(SELECT coalesce(sum(crc(trial, curve)), 0) FROM curves) +
(SELECT coalesce(sum(crc(name, text)), 0) FROM documents) +
(SELECT coalesce(sum(crc(name, sha256)), 0) FROM files)
"""
"""What the seal holds of all rows: SQLite sees a damaged page, but neither a byte that has changed
inside a text nor pages of different times."""

FORMAT = 2
"""Of a run folder, kept as SQLite's own number for it. 1 (0 in the file) had no documents: they lay
beside the study as manifest.json and finals/answer.json, and neither rows nor files were sealed."""


class NotWrittenError(RunError):
    """The disk takes no more.

    Args:
        path: What cannot be written.
        why: In the system's words.
        begun: Whether there is a run to go on with.
    """

    def __init__(self, path: Path, why: str, *, begun: bool = True) -> None:
        self.path, self.why = path, why
        room = "make room or get leave to write there, then"
        mend = (
            f"what was finished is kept: {room} go on with `search resume`"
            if begun
            else f"no run was begun: {room} start it again"
        )
        super().__init__(f"{path}: cannot be written ({why}); {mend}")


class NotBegunError(RunError):
    """There is nothing in a study."""


class Journal(BaseJournalBackend):
    """A backend for Optuna's `JournalStorage` in one SQLite file.

    A writer keeps its connection; a reader opens the file for each look, so it holds nothing.

    Args:
        path: The file.
        writable: Whether this process is the one that writes.
        new: Whether the file shall be made where there is none.

    Attributes:
        format: Of the run folder.

    Raises:
        RunError: The file is missing, damaged, of a newer version or no study.
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
        if not new and is_empty(path):
            # SQLite would take it for a new database, and throw away what lies in the log beside.
            raise NotBegunError(f"{path}: the trials of this run were here, and the file is empty")
        self._recover()
        try:
            if writable:
                self._writer = self._connect("rwc" if new else "rw")
            self.format = self._checked(new)
            if writable:
                # NORMAL in WAL: safe against any kill of a process; a power cut may take the
                # last tells.
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
            if new:
                self.upgrade()
        except sqlite3.Error as error:
            self._let_go()
            raise RunError(f"{path}: the study cannot be opened ({error})") from None
        except RunError:
            self._let_go()
            raise

    def _recover(self) -> None:
        """Let SQLite take back what a kill left half-done, which it does not for a reader."""
        if self._path.with_name(f"{self._path.name}-journal").exists():
            with suppress(sqlite3.Error), closing(self._connect("rw")) as db:
                db.execute("SELECT count(*) FROM sqlite_master")

    def _checked(self, new: bool) -> int:
        """The format, after a look for damage: of pages by SQLite's own check, of rows by ours."""
        ((found,),) = self._rows("PRAGMA quick_check(1)")
        if found != "ok":
            raise self._damaged(found.splitlines()[-1])
        ((version,),) = self._rows("PRAGMA user_version")
        if version > FORMAT:
            raise RunError(
                f"{self._path}: the run is of format {version} and this version reads up to "
                f"{FORMAT}; upgrade keras-search"
            )
        tables = {name for (name,) in self._rows("SELECT name FROM sqlite_master")}
        if new:
            return FORMAT
        if not tables:
            raise NotBegunError(f"{self._path}: there are no trials in this file")
        if ("seal" in tables) != (version > 1):
            raise self._damaged("it is of no format")
        ((count, last),) = self._rows("SELECT count(*), max(number) FROM log")
        if count != (last or 0):
            raise self._damaged(f"{last - count} rows missing")
        if version > 1:
            ((true, kept),) = self._rows(f"SELECT {_ALL}, (SELECT sum FROM seal)")  # noqa: S608
            if true != kept:
                raise self._damaged("a row is not what was written")
        return version or 1

    def _damaged(self, how: str) -> RunError:
        return RunError(
            f"{self._path}: the study is damaged ({how}); bring back a copy of the run folder, or "
            "start a new run"
        )

    def _connect(self, mode: str) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode={mode}"
        db = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        db.create_function("crc", 2, _crc, deterministic=True)
        return db

    def _rows(self, query: str, *values: int | str) -> list[Any]:
        with self._guard:
            if self._writer is not None:
                return self._writer.execute(query, values).fetchall()
            with closing(self._connect("ro")) as reader:
                return reader.execute(query, values).fetchall()

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
        return [json.loads(operation) for (operation,) in rows]

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
        return {number: json.loads(curve) for number, curve in rows}

    def curve(self, number: int) -> Curve:
        """A trial's kept curve; empty where there is none."""
        rows = self._rows("SELECT curve FROM curves WHERE trial = ?", number)
        kept: Curve = json.loads(rows[0][0]) if rows else {}
        return kept

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
        return dict(self._rows("SELECT name, sha256 FROM files")) if self.format > 1 else {}

    def upgrade(self) -> None:
        """Take on today's format, all at once."""
        with self.transaction():
            for table in _TABLES.split(";"):
                self._db.execute(table)
            self._db.execute(f"INSERT INTO seal SELECT {_ALL}")
            self._db.execute(f"PRAGMA user_version={FORMAT}")
        self.format = FORMAT

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
        if self._writer is not None:
            self._writer.close()


def wal(path: Path) -> Path:
    """SQLite's log beside a database."""
    return path.with_name(path.name + "-wal")


def is_empty(path: Path) -> bool:
    """Whether there is no file or nothing in it."""
    return not path.exists() or path.stat().st_size == 0


def is_begun(path: Path) -> bool:
    """Whether a study at `path` was begun, as far as can be seen: a damaged one was."""
    if is_empty(path):
        return not is_empty(wal(path))
    try:
        journal = Journal(path, writable=False)
        return journal.format < FORMAT or journal.document("manifest") is not None
    except NotBegunError:
        return False
    except (RunError, sqlite3.Error):
        return True


def _crc(key: int | str, text: str) -> int:
    return crc32(f"{key} {text}".encode())
