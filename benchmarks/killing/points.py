"""Every moment at which a process changes a disk, seen from outside of what changes it.

SQLite's own writes are among them: its interface to the system can be replaced call by call, so a
page of its log can be cut in half. A flush alone is no moment of its own for a kill, as what was
written stays with the kernel.
"""

import _sqlite3
import ctypes
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS = ("fsync", "replace", "unlink", "mkdir", "rmdir", "chmod")
"""Of `os`, through which paths and temporary files go too."""
WRITES = ("pwrite64", "pwrite", "write")
"""Of SQLite's table of system calls, whichever it was built with."""
SECTOR = 512
"""Bytes of a write from which on it is a moment: a page's header is one with the page after it."""
STEPS = ("BEGIN", "COMMIT")
"""Statements that are moments, by their first word: in between nothing leaves the memory."""


class Points:
    """Counts the moments of this process, and kills it at one of them.

    What comes after a moment is before the next one, since nothing is written in between.

    Args:
        last: At which to die, counted from 0; None to live and count.

    Attributes:
        names: Of all moments so far, such as "half of pwrite64 study.db-wal".
    """

    def __init__(self, last: int | None = None) -> None:
        self.names: list[str] = []
        self._last = last
        self._kept: list[Any] = []

    def reach(self, name: str, half: Callable[[], object] = lambda: None) -> None:
        """Note a moment; where it is the last, do half of the work and die."""
        self.names.append(name)
        if len(self.names) - 1 == self._last:
            half()
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """From here on, in this process, until it ends."""
        for name in CALLS:
            self._watch_call(name)
        self._watch_files()
        self._watch_statements()
        self._watch_pages()

    def _watch_call(self, name: str) -> None:
        plain = getattr(os, name)

        def watched(what: Any, *rest: Any, **named: Any) -> Any:
            self.reach(f"{name} {_file(what)}")
            return plain(what, *rest, **named)

        setattr(os, name, watched)

    def _watch_files(self) -> None:
        plain = os.fdopen

        def watched(handle: int, *rest: Any, **named: Any) -> Any:
            return _File(plain(handle, *rest, **named), self)

        os.fdopen = watched  # type: ignore[assignment]

    def _watch_statements(self) -> None:
        points, plain = self, sqlite3.connect

        class Watched(sqlite3.Connection):
            def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
                points._statement(sql)
                return super().execute(sql, *rest)

            def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
                points._statement(sql)
                return super().executemany(sql, *rest)

        def watched(*rest: Any, **named: Any) -> sqlite3.Connection:
            return plain(*rest, factory=Watched, **named)

        sqlite3.connect = watched  # type: ignore[assignment]

    def _statement(self, sql: str) -> None:
        first = sql.split(maxsplit=1)[:1]
        if first and first[0] in STEPS:
            self.reach(" ".join(sql.split()[:3]))

    def _watch_pages(self) -> None:
        """Put ourselves between SQLite and the system."""
        library = ctypes.CDLL(_sqlite3.__file__)  # finds what it is linked with, too
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_System)
        at = library.sqlite3_vfs_find(None)
        for name in WRITES:
            self._replace(at, name, _WRITE if name == "write" else _PWRITE, self._write)
        self._replace(at, "ftruncate", _TRUNCATE, self._plainly)
        self._replace(at, "unlink", _UNLINK, self._plainly)

    def _replace(self, at: Any, name: str, kind: Any, how: Callable[..., Any]) -> None:
        address = at.contents.get(at, name.encode())
        if not address:
            return  # SQLite was built without it
        plain = kind(address)

        def watched(what: Any, *rest: Any) -> int:
            done: int = how(name, plain, what, *rest)
            return done

        ours = kind(watched)
        self._kept.append(ours)
        at.contents.set(at, name.encode(), ctypes.cast(ours, ctypes.c_void_p))

    def _write(self, name: str, plain: Any, *call: Any) -> int:
        handle, content, size, *rest = call
        file = _file(handle)
        if size >= SECTOR:
            self.reach(f"{name} {file}")
            self.reach(f"half of {name} {file}", lambda: plain(handle, content, size // 2, *rest))
        done: int = plain(*call)
        return done

    def _plainly(self, name: str, plain: Any, what: Any, *rest: Any) -> int:
        self.reach(f"{name} {_file(what)}")
        done: int = plain(what, *rest)
        return done


class _File:
    """A file whose writes are moments."""

    def __init__(self, file: Any, points: Points) -> None:
        self._file = file
        self._points = points

    def __enter__(self) -> "_File":
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, content: bytes) -> None:
        name = _file(self._file.fileno())
        self._points.reach(f"write {name}")
        self._points.reach(f"half of write {name}", lambda: self._half(content))
        self._file.write(content)

    def _half(self, content: bytes) -> None:
        self._file.write(content[: len(content) // 2])
        self._file.flush()


def _file(what: Any) -> str:
    """The name of a path or of an open file, without what differs from run to run."""
    if isinstance(what, int):
        try:
            what = Path(f"/dev/fd/{what}").resolve()
        except OSError:
            return "a file"
    name = os.fsdecode(what).rpartition("/")[2]
    return name.rpartition("-")[0] if name.startswith(".part-") else name


_PWRITE = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64
)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int64)
_UNLINK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)


class _System(ctypes.Structure):
    """SQLite's `sqlite3_vfs`, version 3."""


_System._fields_ = [
    ("version", ctypes.c_int),
    ("file_size", ctypes.c_int),
    ("longest", ctypes.c_int),
    ("following", ctypes.c_void_p),
    ("name", ctypes.c_char_p),
    ("data", ctypes.c_void_p),
    *((f"method_{place}", ctypes.c_void_p) for place in range(13)),
    (
        "set",
        ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_System), ctypes.c_char_p, ctypes.c_void_p),
    ),
    (
        "get",
        ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_System), ctypes.c_char_p),
    ),
    ("next", ctypes.c_void_p),
]
