"""Runs to be damaged: a finished one, and what a SIGKILL leaves; with all that they once were."""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.fail_points import SHORT
from benchmarks.killing.journeys import RUN
from benchmarks.killing.points import Points
from tests.functional.command import ROOT, environment

EVERYTHING = """
SELECT 'log', * FROM log UNION ALL
SELECT 'curve', * FROM curves UNION ALL
SELECT 'document', * FROM documents UNION ALL
SELECT 'file', * FROM files
"""
"""In one statement, and so of one moment."""
POSITIONS = 64


@dataclass(frozen=True)
class Left:
    """A run folder as a session left it.

    Attributes:
        folder: To be copied, never to be opened.
        history: Of each state that its study was ever in, in order: how it is known again.
    """

    folder: Path
    history: tuple[str, ...]

    def copied(self, root: Path) -> Path:
        """A fresh copy, below a folder to work in."""
        shutil.rmtree(root / RUN.parent, ignore_errors=True)
        return Path(shutil.copytree(self.folder, root / RUN))


def content(study: Path) -> str:
    """How the content of a study is known again."""
    with closing(sqlite3.connect(f"{study.absolute().as_uri()}?mode=ro", uri=True)) as db:
        rows = db.execute(EVERYTHING).fetchall()
    return hashlib.sha256(json.dumps(sorted(rows, key=str)).encode()).hexdigest()


def left_by(root: Path, point: str = "") -> Left:
    """A run that ended by itself, or that was killed at the middle one of such points.

    Args:
        root: A folder to work in.
        point: Such as "half of write .part-1-3.npz"; with "last " before it, among those after the
            last transaction.
    """
    root.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.damaging", str(root), point],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == (-signal.SIGKILL if point else 0), done.stderr
    left = Left(root / RUN, tuple((root / "history").read_text().split()))
    return replace(left, history=(*left.history, content(left.copied(root / "last") / "study.db")))


class Recording(Points):
    """Writes down every state that the study of a journey was in."""

    def __init__(self, root: Path, last: int | None) -> None:
        super().__init__(last)
        self._study = root / RUN / "study.db"
        self._history = root / "history"

    def reach(self, name: str, *rest: object) -> None:
        if name.startswith("BEGIN"):
            with suppress(sqlite3.Error), self._history.open("a") as file:  # before it has tables
                file.write(f"{content(self._study)}\n")
        super().reach(name, *rest)  # type: ignore[arg-type]


def main(root: Path, point: str) -> None:
    """Walk, and die where it is asked for."""
    last = _last_at(root, point) if point else None
    points = Recording(root, last)
    points.watch()
    with chdir(root):
        SHORT.session(lambda _: None)


def _last_at(root: Path, point: str) -> int:
    """Which moment it is, counted in a child of one's own."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        (root / "counted").mkdir()
        os.chdir(root / "counted")
        points = Recording(root / "counted", None)
        points.watch()
        SHORT.session(lambda _: None)
        os.write(writing, "\n".join(points.names).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        names = said.read().split("\n")
    first = len(names) - names[::-1].index("COMMIT") if point.startswith("last ") else 0
    name = point.removeprefix("last ")
    found = [place for place, what in enumerate(names) if what == name and place >= first]
    return found[len(found) // 2]


def cut(file: Path) -> Iterator[str]:
    """Cut a file at evenly spread places, from the end, then to nothing, then take it away."""
    whole = file.read_bytes()
    for place in range(POSITIONS - 1, -1, -1):
        size = len(whole) * place // POSITIONS
        file.write_bytes(whole[:size])
        yield f"cut to {size} of {len(whole)} bytes"
    file.unlink()
    yield "deleted"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
