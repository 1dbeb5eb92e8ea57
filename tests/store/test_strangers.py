"""Whatever lies in a run folder: who reads it changes, deletes, makes and executes nothing."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.killing.journeys import GOLD
from search import SearchError
from search.commands.command_line import run as command
from search.store.folder import Folder
from search.store.recorder import Recorder
from search.store.run import load_run
from tests.functional.command import COMMAND, ROOT, environment
from tests.store.strangers import STRANGERS, view

LONG = 60.0
"""Seconds that one look may take, on a machine with much else to do."""


def looked(root: Path) -> dict[str, tuple[object, ...]]:
    """All that is below a folder: kind, inode, size, time and content."""
    found = {}
    for path in sorted(root.rglob("*")):
        stat = path.lstat()
        small = path.is_file() and not path.is_symlink() and stat.st_size < 1 << 26
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if small else ""
        # A folder's own time is as telling as its files.
        found[str(path)] = (stat.st_mode, stat.st_ino, stat.st_size, stat.st_mtime_ns, digest)
    return found


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    return mine


@pytest.fixture
def stranger(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLD / "format-2", tmp_path / "runs" / "strange"))


def test_there_are_many_kinds() -> None:
    assert len(STRANGERS) >= 40


@pytest.mark.parametrize("kind", STRANGERS)
def test_reading_a_strangers_folder_touches_nothing(  # noqa: PLR0913, PLR0917 - fixtures
    kind: str,
    stranger: Path,
    victim: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    STRANGERS[kind](stranger, victim)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    before = looked(tmp_path)
    for arguments in (["status", str(stranger)], ["logs", str(stranger)]):
        begun = time.monotonic()
        code = command(arguments)
        told = capsys.readouterr()
        assert time.monotonic() - begun < LONG
        assert "\x1b" not in told.out
        assert code in {0, 1, 2}
        if code:
            assert told.err.startswith("search: ")
            assert told.err.count("\n") == 1
    try:
        run = load_run(stranger)
        run.damaged()
        for name in ("points", "held_out", "grid"):
            try:
                run.arrays(name)
            except SearchError:
                continue
        run.sources()
        run.model()
        run.answer()
    except SearchError:
        pass
    assert looked(tmp_path) == before


@pytest.mark.parametrize("kind", STRANGERS)
def test_page_comparison_and_predictions_make_nothing_but_their_own_output(  # noqa: PLR0913, PLR0917
    kind: str,
    stranger: Path,
    victim: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    STRANGERS[kind](stranger, victim)
    sound = Path(shutil.copytree(GOLD / "format-2", tmp_path / "runs" / "sound"))
    work = tmp_path / "work"
    work.mkdir()
    (work / "rows.csv").write_text("x1,x2\n0.1,0.2\n")
    monkeypatch.chdir(work)
    before = looked(tmp_path)
    for verb, *more in (("predict", "rows.csv"), ("compare", str(sound)), ("report",)):
        begun = time.monotonic()
        code = command([verb, str(stranger), *more])
        told = capsys.readouterr()
        assert time.monotonic() - begun < LONG
        assert code in {0, 1, 2}
        if code:
            assert told.err.startswith("search: ")
            assert told.err.count("\n") == 1
    del before[str(work)]  # whose own time its pages change
    pages = set(work.rglob("*")) - {work / "rows.csv"}
    assert {page.suffix for page in pages} <= {"", ".html"}  # in reports/
    for page in pages:
        if page.is_file():
            assert "gotcha\x07" not in page.read_text(encoding="utf-8")
            page.unlink()
    if (work / "reports").exists():
        (work / "reports").rmdir()
    after = looked(tmp_path)
    del after[str(work)]
    assert after == before


def test_an_endless_view_heeds_nothing_else_than_a_refusal(stranger: Path, victim: Path) -> None:
    view("documents")(stranger, victim)
    ended = subprocess.run(
        [*COMMAND, "status", str(stranger)],
        cwd=victim,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert ended.returncode == 1
    assert "study.db: the study is damaged ('documents' is not as in a run)" in ended.stderr


ENDLESS = """
import os, signal, sys, threading
from pathlib import Path
from search.store.snapshot import Snapshot
signal.signal(signal.SIGTERM, signal.default_int_handler)
study = Snapshot(Path(sys.argv[1]) / "study.db")
threading.Timer(0.5, os.kill, (os.getpid(), int(sys.argv[2]))).start()
try:
    study.rows("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
               "SELECT count(*) FROM c")
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_heeded_inside_sqlite(kind: signal.Signals, stranger: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDLESS, str(stranger), str(int(kind))],
        cwd=ROOT,
        env=environment(),
        timeout=LONG,
        check=False,
    )
    assert ended.returncode == 130


TRACED = """
import sys
from pathlib import Path
from search.commands.command_line import run
for folder in sorted(Path(sys.argv[1]).iterdir()):
    for verb in ("status", "logs"):
        run([verb, str(folder)])
"""


def test_no_system_call_changes_a_file_of_a_strangers_folder(tmp_path: Path, victim: Path) -> None:
    if shutil.which("strace") is None:
        if os.environ.get("CI"):
            pytest.fail("strace is missing; .ci/run installs it")
        pytest.skip("it needs strace: apt-get install strace")
    runs, trace = tmp_path / "runs", tmp_path / "trace"
    for place, does in enumerate(STRANGERS.values()):
        does(Path(shutil.copytree(GOLD / "format-2", runs / f"r{place}")), victim)
    calls = "unlink,unlinkat,rename,renameat,renameat2,mkdir,mkdirat,symlink,symlinkat,link,linkat"
    more = "chmod,fchmodat,truncate,ftruncate,open,openat,creat,mknod,mknodat,execve,connect"
    subprocess.run(
        [
            *("strace", "-f", "-y", "-o", str(trace), "-e", f"trace={calls},{more}"),
            *(sys.executable, "-c", TRACED, str(runs)),
        ],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        timeout=500,
        check=True,
    )
    lines = trace.read_text(errors="replace").splitlines()
    of_them = [line for line in lines if str(runs) in line or str(victim) in line]
    assert len(of_them) > len(STRANGERS)
    harmful = [
        line
        for line in of_them
        if not any(name in line for name in (" openat(", " open(", "execve("))
        or any(flag in line for flag in ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"))
    ]
    assert harmful == []
    assert sum("execve(" in line for line in lines) == 1


@pytest.mark.parametrize("kind", ["an operation of no kind", "an operation without all"])
def test_who_writes_into_a_strangers_study_is_told_of_its_trials(
    kind: str, stranger: Path, victim: Path
) -> None:
    STRANGERS[kind](stranger, victim)
    with pytest.raises(SearchError, match="its trials cannot be read"):
        Recorder(Folder(stranger))
