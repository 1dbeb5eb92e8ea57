"""Run folders that nobody's search left: each does something to a finished run."""

import io
import json
import os
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np

from search.store.journal import _crc

DEEP = "[" * 200_000 + "]" * 200_000
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
MAGIC = bytes.fromhex("d9d505f920a163d7")


def sql(run: Path, *statements: str) -> None:
    """Change a study by hand."""
    with closing(sqlite3.connect(run / "study.db")) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def virtual(run: Path, victim: Path) -> None:
    """In a process of its own: once TensorFlow is loaded, its SQLite answers, which has none."""
    del victim
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).close()"
    statement = "CREATE VIRTUAL TABLE more USING fts5(a)"
    command = [sys.executable, "-c", code, str(run / "study.db"), statement]
    subprocess.run(command, check=True)


def sealed(run: Path, table: str, key: object, text: object) -> None:
    """Put a row into a study, with its part of the seal."""
    with closing(sqlite3.connect(run / "study.db")) as db:
        db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (key, text))  # noqa: S608
        tables = ("log", "curves", "documents", "files")
        rows = [row for name in tables for row in db.execute(f"SELECT * FROM {name}")]  # noqa: S608
        db.execute("UPDATE seal SET sum = ?", (sum(_crc(*row) for row in rows),))
        db.commit()


def hot(run: Path, victim: Path) -> None:
    """A rollback journal that names a file which SQLite deletes with it."""
    content = (run / "study.db").read_bytes()
    page = struct.unpack(">H", content[16:18])[0]
    head = MAGIC + struct.pack(">IIIII", 0, 12345, len(content) // page, 512, page)
    name = str(victim / "thesis.txt").encode()
    tail = struct.pack(">I", 0x40000000 // page + 1) + name
    tail += struct.pack(">II", len(name), sum(name)) + MAGIC
    (run / "study.db-journal").write_bytes(head.ljust(512, b"\0") + tail)


def replaced(name: str, how: Callable[[Path, Path], object]) -> Callable[[Path, Path], None]:
    """Something else in the place of a file."""

    def does(run: Path, victim: Path) -> None:
        file = run / name
        if file.is_dir():
            shutil.rmtree(file)
        file.unlink(missing_ok=True)
        how(file, victim)

    return does


def link(to: str) -> Callable[[Path, Path], object]:
    return lambda file, victim: file.symlink_to(to.format(victim=victim))


def pipe(file: Path, victim: Path) -> None:
    os.mkfifo(file)


def folder(file: Path, victim: Path) -> None:
    file.mkdir()


def listening(file: Path, victim: Path) -> None:
    here = Path.cwd()
    os.chdir(file.parent)  # the path of a socket may not be long
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(file.name)
    finally:
        os.chdir(here)


def sparse(file: Path, victim: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(1 << 40)


def vouched(name: str, content: bytes) -> Callable[[Path, Path], None]:
    """A file that the study vouches for."""

    def does(run: Path, victim: Path) -> None:
        (run / name).unlink(missing_ok=True)
        (run / name).write_bytes(content)
        sealed(run, "files", name, sha256(content).hexdigest())

    return does


def npy(shape: str, descr: str = "<f8") -> bytes:
    """A header that claims a shape, and hardly a byte after it."""
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + b"12345678"


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def objects() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.array([{"a": 1}], dtype=object))
    return buffer.getvalue()


def claiming(size: int) -> bytes:
    """An archive whose directory claims a member of a size."""
    content = bytearray(zipped({"x.npy": b"0" * 1000, "config.json": b"{}"}))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(content)


def both(*parts: Callable[[Path, Path], object]) -> Callable[[Path, Path], None]:
    def does(run: Path, victim: Path) -> None:
        for part in parts:
            part(run, victim)

    return does


def document(name: str, text: str) -> Callable[[Path, Path], None]:
    return lambda run, victim: sealed(run, "documents", name, text)


def changed(**values: object) -> Callable[[Path, Path], None]:
    """A manifest with other values."""

    def does(run: Path, victim: Path) -> None:
        with closing(sqlite3.connect(run / "study.db")) as db:
            query = "SELECT text FROM documents WHERE name = 'manifest'"
            manifest = json.loads(db.execute(query).fetchone()[0])
        plain = {
            name: value.format(victim=victim) if isinstance(value, str) else value
            for name, value in values.items()
        }
        sealed(run, "documents", "manifest", json.dumps({**manifest, **plain}))

    return does


def written(name: str, content: bytes) -> Callable[[Path, Path], None]:
    return lambda run, victim: (run / name).write_bytes(content) and None


def view(table: str) -> Callable[[Path, Path], None]:
    """An endless view in the place of a table."""
    columns = {"log": "number, operation", "curves": "trial, curve", "seal": "sum"}
    what = columns.get(table, "name, text" if table == "documents" else "name, sha256")
    endless = f"{ENDLESS} SELECT {what} FROM former WHERE (SELECT count(*) FROM c) > 0"  # noqa: S608
    return lambda run, victim: sql(
        run, f"ALTER TABLE {table} RENAME TO former", f"CREATE VIEW {table} AS {endless}"
    )


def statements(*text: str) -> Callable[[Path, Path], None]:
    return lambda run, victim: sql(run, *text)


def bomb(run: Path, victim: Path) -> None:
    """A tree of pages that all lead to one: more rows than atoms, in a few pages."""
    content = bytearray((run / "study.db").read_bytes())
    page = struct.unpack(">H", content[16:18])[0]
    inner = bytearray(content[page : 2 * page])  # the root of "log" is page 2
    inner[0] = 5  # an inner page, of 1 cell, whose both children are itself
    inner[3:5] = struct.pack(">H", 1)
    inner[5:7] = struct.pack(">H", page - 5)
    inner[8:12] = struct.pack(">I", 2)
    inner[12:14] = struct.pack(">H", page - 5)
    inner[page - 5 :] = struct.pack(">I", 2) + b"\1"
    content[page : 2 * page] = inner
    (run / "study.db").write_bytes(content)


STRANGERS: dict[str, Callable[[Path, Path], object]] = {
    "a journal that names a file": hot,
    "a journal of noise": written("study.db-journal", b"noise" * 1000),
    "a log of noise": written("study.db-wal", b"noise" * 1000),
    "an index of noise": written("study.db-shm", b"noise" * 1000),
    "a huge log": replaced("study.db-wal", sparse),
    "a huge journal": replaced("study.db-journal", sparse),
    "a huge study": replaced("study.db", sparse),
    **{f"a view for {t}": view(t) for t in ("log", "curves", "documents", "files", "seal")},
    "a trigger": statements("CREATE TRIGGER t AFTER DELETE ON log BEGIN DELETE FROM curves; END"),
    "a virtual table": virtual,
    "a generated column": statements("ALTER TABLE log ADD COLUMN a AS (zeroblob(100000000))"),
    "an index of an expression": statements("CREATE INDEX more ON log (abs(number))"),
    "one table more": statements("CREATE TABLE more (a)"),
    "one table less": statements("DROP TABLE curves"),
    "one column more": statements("ALTER TABLE log ADD COLUMN a DEFAULT 7"),
    "statistics": statements("ANALYZE"),
    "pages in a circle": bomb,
    "text that is none": statements("UPDATE documents SET text = CAST(x'ff00ff' AS TEXT)"),
    "a blob for a text": statements("UPDATE log SET operation = x'00'"),
    "a schema that is none": statements(
        "PRAGMA writable_schema=ON", "UPDATE sqlite_master SET sql = 'CREATE TABLE log (' || name"
    ),
    **{
        f"{file} is {what}": replaced(file, how)
        for file in ("study.db", "study.db-wal", "study.db-journal", "lock", "log")
        for what, how in {
            "a link": link("{victim}/thesis.txt"),
            "a device": link("/dev/zero"),
            "a pipe": pipe,
            "a folder": folder,
            "a socket": listening,
        }.items()
    },
    "finals is a link": replaced("finals", link("{victim}")),
    "finals is a pipe": replaced("finals", pipe),
    "the winner is a link": replaced("finals/winner.keras", link("{victim}/thesis.txt")),
    "the winner is a pipe": replaced("finals/winner.keras", pipe),
    "points are a device": replaced("finals/points.npz", link("/dev/zero")),
    "held-out is a folder": replaced("finals/held_out.npz", folder),
    "a source is a pipe": replaced("space/small.py", pipe),
    "a vouched file elsewhere": lambda run, victim: sealed(run, "files", "/dev/zero", "0" * 64),
    "a vouched file above": lambda run, victim: sealed(run, "files", "../../x", "0" * 64),
    "a source elsewhere": changed(files={"/dev/zero": "0" * 64}),
    "a deep manifest": document("manifest", DEEP),
    "a deep answer": document("answer", DEEP),
    "a long number": document("manifest", "1" * 1_000_000),
    "a large answer": document("answer", "[" + "[]," * 15_000_000 + "[]]"),
    "a deep curve": lambda run, victim: sealed(run, "curves", 0, DEEP),
    "a curve of words": lambda run, victim: sealed(run, "curves", 0, '{"loss": ["a"]}'),
    "a deep operation": lambda run, victim: sealed(run, "log", 1, DEEP),
    "an operation of no kind": lambda run, victim: sealed(run, "log", 1, '{"op_code": 99}'),
    "an operation without all": lambda run, victim: sealed(run, "log", 1, '{"op_code": 4}'),
    "a title that a terminal obeys": changed(title="\x1b]0;gotcha\x07\x1b[2J"),
    "a log that a terminal obeys": written("log", b"\x1b[2J\x1b]0;gotcha\x07\r\n"),
    "points that claim terabytes": vouched(
        "finals/points.npz", zipped({"x.npy": npy("(1000000000000,)")})
    ),
    "points without a byte": vouched(
        "finals/points.npz", zipped({"x.npy": npy("(1000000000000, 0)")})
    ),
    "points of objects": vouched("finals/points.npz", objects()),
    "points that unpack to gigabytes": vouched("finals/points.npz", claiming(0xFFFFFFF0)),
    "a winner that unpacks to gigabytes": vouched("finals/winner.keras", claiming(0xFFFFFFF0)),
    "a winner of deep text": vouched("finals/winner.keras", zipped({"config.json": DEEP.encode()})),
}


def states(run: Path, victim: Path) -> None:
    (run / "states").symlink_to(victim)


def fits(run: Path, victim: Path) -> None:
    """Fits that nobody vouches for, which whoever goes on takes away, in a folder of others."""
    shutil.copytree(run / "finals", victim / "finals")
    (victim / "finals" / "fit-mine.npz").write_text("years of work")
    shutil.rmtree(run / "finals")
    (run / "finals").symlink_to(victim / "finals")


ELSEWHERE: dict[str, Callable[[Path, Path], object]] = {
    "states elsewhere": states,
    "fits elsewhere": fits,
    "a request to finish elsewhere": replaced("finish", link("{victim}/thesis.txt")),
    "half a file elsewhere": replaced("finals/.part-x", link("{victim}/thesis.txt")),
}
"""What leads whoever writes in a run folder to others."""
