"""Whatever lies in a run folder: who reads it changes, deletes, makes and executes nothing."""

import hashlib
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from wsgiref.util import setup_testing_defaults

import matplotlib.font_manager
import pytest

from benchmarks.killing.journeys import GOLD
from search import SearchError
from search.commands.command_line import run as command
from search.store.folder import Folder
from search.store.recorder import Recorder
from search.store.run import load_run
from search.store.serving import application
from tests.forms import long_but
from tests.functional.command import COMMAND, ROOT, environment
from tests.store.absurd import ABSURD
from tests.store.strangers import ELSEWHERE, STRANGERS, view

SOME = (
    *("a journal that names a file", "a log of noise", "a view for log", "pages in a circle"),
    *("study.db is a link", "lock is a pipe", "log is a device", "the winner is a pipe"),
    *("points are a device", "a source is a pipe", "a vouched file elsewhere", "a deep answer"),
    *("a title that a terminal obeys", "points that unpack to gigabytes"),
    *("a winner that unpacks to gigabytes", "an operation of no kind"),
)
"""Of each way to lie one, for what reads a run as `status` does and takes longer; all are long."""
FEW = (
    *("study.db is a link", "the winner is a pipe", "a vouched file elsewhere"),
    *("a title that a terminal obeys", "points that unpack to gigabytes"),
)
"""For what makes a page too, and takes longer still."""
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
    return Path(shutil.copytree(GOLD / "run", tmp_path / "runs" / "strange"))


def test_there_are_many_kinds() -> None:
    assert len(STRANGERS) >= 40


def asked(run: Path, path: str) -> str:
    """The status of an answer of the dashboard, which is served to no port."""
    said: list[str] = []
    request = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "127.0.0.1:1"}
    setup_testing_defaults(request)
    answer = application(load_run(run))(request, lambda status, _, __=None: said.append(status))
    b"".join(answer)
    return said[0]


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
    try:
        load_run(stranger).trials()  # as `search dashboard` does first
    except SearchError:
        pass
    else:
        assert asked(stranger, "/api/studies/0") == "200 OK"
    assert looked(tmp_path) == before


@pytest.mark.parametrize("kind", long_but(FEW, {kind: kind for kind in STRANGERS}))
def test_page_comparison_and_predictions_make_nothing_but_their_own_output(  # noqa: PLR0913, PLR0917
    kind: str,
    stranger: Path,
    victim: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    STRANGERS[kind](stranger, victim)
    sound = Path(shutil.copytree(GOLD / "run", tmp_path / "runs" / "sound"))
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


ABOVE = ("a space file above", "sources above", "a name of others", "a winner that nobody tried")
OURS = {"lock", "log", "study.db", "study.db-journal", "study.db-wal", "study.db-shm", ""}
"""What a look at held-out rows is noted in, of a run that can be read."""


@pytest.mark.keras
@pytest.mark.parametrize(
    "kind",
    long_but(
        (*SOME, *ELSEWHERE, *ABOVE), {kind: kind for kind in (*STRANGERS, *ELSEWHERE, *ABOVE)}
    ),
)
def test_export_and_reproduction_write_to_nothing_before_all_is_read(  # noqa: PLR0913, PLR0917
    kind: str,
    stranger: Path,
    victim: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if kind in ABOVE:
        ABSURD[kind](stranger)
    else:
        {**STRANGERS, **ELSEWHERE}[kind](stranger, victim)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for verb, *more in (("export", "--out", "taken"), ("reproduce",)):
        before = looked(tmp_path)
        code = command([verb, str(stranger), *more])
        err = capfd.readouterr().err
        taken = set(work.rglob("*"))
        after = looked(tmp_path)
        changed = {path for path in before.keys() | after if before.get(path) != after.get(path)}
        changed -= {str(path) for path in (work, *taken)}
        if verb == "export" and code and kind not in STRANGERS:
            assert not taken
        if code or "left out" in err:
            assert err.startswith("search: ")
            assert changed == set()
        else:
            assert changed <= {str(stranger / name) for name in OURS}


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
for kind in (signal.SIGTERM, signal.SIGINT):  # which a background job of a shell ignores
    signal.signal(kind, signal.default_int_handler)
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
import os, sys
from pathlib import Path
from search.commands.command_line import run
runs, work = Path(sys.argv[1]), Path(sys.argv[2])
os.chdir(work)
for folder in sorted(runs.iterdir()):
    for verb in ("status", "logs"):
        run([verb, str(folder)])
for folder in sys.argv[3:]:
    run(["report", folder])
run(["compare", *sys.argv[3:5]])
"""
SEMAPHORE = "/dev/shm/sem."  # noqa: S108 - which scikit-learn's import tries, and takes away
SHOWN = ("a log of noise", "lock is a pipe")
"""A page takes seconds under a trace, so there is one of each of these."""
FILES = (
    "unlink,unlinkat,rmdir,rename,renameat,renameat2,mkdir,mkdirat,symlink,symlinkat,link,linkat,"
    "chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,truncate,ftruncate,mknod,mknodat,utime,"
    "utimes,utimensat,futimesat,setxattr,lsetxattr,fsetxattr,open,openat,openat2,creat"
)
OTHERS = "execve,execveat,connect,bind,sendto,mount,umount2,kill,ptrace"
OPENING = (" open(", " openat(", " openat2(")
WRITES = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND")
NEAR = ("AF_UNIX", "AF_NETLINK", "127.0.0.1", '"::1"')


def writes(line: str) -> bool:
    """Whether a traced call may change a file."""
    if any(call in line for call in OPENING):
        return any(flag in line for flag in WRITES)
    return any(f" {call}(" in line for call in FILES.split(","))


@pytest.mark.long  # in short by the tests above, which compare what lies there before and after
def test_no_system_call_writes_elsewhere_than_to_the_output(tmp_path: Path, victim: Path) -> None:
    """Not to the run folders, nor anything of the reader's but pages and what is temporary."""
    if shutil.which("strace") is None:
        pytest.skip("it needs strace: apt-get install strace")
    runs, work, scratch = (tmp_path / name for name in ("runs", "work", "scratch"))
    for folder in (work, scratch, tmp_path / "home"):
        folder.mkdir()
    shutil.copytree(matplotlib.get_cachedir(), scratch / "fonts")  # to find them takes seconds
    folders = {kind: runs / f"r{place:02}" for place, kind in enumerate(STRANGERS)}
    for kind, folder in folders.items():
        STRANGERS[kind](Path(shutil.copytree(GOLD / "run", folder)), victim)
    shown = [str(folders[kind]) for kind in SHOWN]
    trace = tmp_path / "trace"
    surroundings = {"TMPDIR": str(scratch), "HOME": str(tmp_path / "home")}
    surroundings |= {"MPLCONFIGDIR": str(scratch / "fonts"), "PYTHONDONTWRITEBYTECODE": "1"}
    before = looked(runs), looked(victim)
    subprocess.run(
        [
            *("strace", "-f", "-y", "-o", str(trace), "-e", f"trace={FILES},{OTHERS}"),
            *(sys.executable, "-c", TRACED, str(runs), str(work), *shown),
        ],
        cwd=ROOT,
        env={**environment(), **surroundings},
        capture_output=True,
        timeout=500,
        check=True,
    )
    lines = trace.read_text(errors="replace").splitlines()
    assert sum(str(runs) in line for line in lines) > len(STRANGERS)
    allowed = (str(work / "reports"), '"reports"', str(scratch), "/dev/null", SEMAPHORE)
    harmful = [
        line
        for line in lines
        if writes(line) and " = -1 " not in line and not any(place in line for place in allowed)
    ]
    assert harmful == []
    assert (looked(runs), looked(victim)) == before
    left = [path for path in scratch.iterdir() if path.name != "fonts"]
    assert left == []
    ran = [line for line in lines if " execve(" in line and line.endswith(" = 0")]
    assert not [line for line in ran[1:] if "fc-list" not in line]  # matplotlib looks for fonts
    far = [line for line in lines if " connect(" in line and not any(n in line for n in NEAR)]
    assert far == []
    assert not any(f" {call}(" in line for call in ("mount", "ptrace", "kill") for line in lines)


@pytest.mark.parametrize("kind", ["an operation of no kind", "an operation without all"])
def test_who_writes_into_a_strangers_study_is_told_of_its_trials(
    kind: str, stranger: Path, victim: Path
) -> None:
    STRANGERS[kind](stranger, victim)
    with pytest.raises(SearchError, match="its trials cannot be read"):
        Recorder(Folder(stranger))
