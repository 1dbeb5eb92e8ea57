"""What a session starts ends with it, however it ends, and its temporary files are gone."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parent.parent.parent
DRIVER = """
import os, subprocess, sys, tempfile, time
from search.cluster.orphan_cleanup import guarded
before = dict(os.environ)
with guarded() as guardian:
    scratch = guardian.scratch
    (scratch / "file").write_text("of no use afterwards")
    sleeper = "import tempfile, time; print(tempfile.mkdtemp(), flush=True); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", sleeper], start_new_session=True)
    print(child.pid, scratch, flush=True)
    sys.stdin.readline()
assert dict(os.environ) == before
print(scratch.exists(), child.wait(), flush=True)
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder for temporary files that has a short name."""
    with tempfile.TemporaryDirectory(prefix="guard-") as folder:
        yield Path(folder)


@contextmanager
def driving(script: str, short: Path) -> "Iterator[subprocess.Popen[str]]":
    """A driver that uses this folder for temporary files."""
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(short)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.fixture
def driver(short: Path) -> "Iterator[subprocess.Popen[str]]":
    with driving(DRIVER, short) as process:
        yield process


def started(driver: "subprocess.Popen[str]", short: Path) -> psutil.Process:
    """The child of a driver, which both have files in the session's folder."""
    assert driver.stdout is not None
    lines = sorted(driver.stdout.readline() for _ in range(2))
    temporary, (pid, scratch) = lines[0].strip(), lines[1].split()
    if not temporary.startswith("/"):
        temporary, (pid, scratch) = lines[1].strip(), lines[0].split()
    assert Path(scratch).parent == short
    assert Path(temporary).parent == Path(scratch)
    return psutil.Process(int(pid))


def wait_for_the_end(child: psutil.Process, short: Path) -> None:
    deadline = time.monotonic() + 60
    while list(short.iterdir()) or (child.is_running() and child.status() != "zombie"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_drivers_children_are_ended_and_its_files_removed(
    driver: "subprocess.Popen[str]", short: Path
) -> None:
    child = started(driver, short)
    driver.kill()
    driver.communicate()
    wait_for_the_end(child, short)


def test_a_session_that_ends_by_itself_waits_for_that(
    driver: "subprocess.Popen[str]", short: Path
) -> None:
    started(driver, short)
    out, _ = driver.communicate("\n")
    assert out.split() == ["False", str(-signal.SIGKILL)]
    assert driver.returncode == 0


UNMARKED = """
import os, subprocess, sys
from search.cluster.orphan_cleanup import guarded
with guarded() as guardian:
    scratch = guardian.scratch
    logs = scratch / "ray" / f"session_now_{os.getpid()}" / "logs"
    logs.mkdir(parents=True)
    with (logs / "agent.log").open("w") as log:
        sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(sleeper, env={}, stdout=log)
    print(child.pid, flush=True)
    sys.stdin.readline()
"""


def test_a_process_that_has_lost_the_mark_is_known_by_its_log(short: Path) -> None:
    with driving(UNMARKED, short) as driver:
        assert driver.stdout is not None
        child = psutil.Process(int(driver.stdout.readline()))
    wait_for_the_end(child, short)
