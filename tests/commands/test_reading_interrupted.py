"""Ctrl-C and SIGTERM while a run is read: one line, exit code 130, and no half of an output."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.killing.journeys import GOLD
from tests.functional.command import PATIENCE, environment

AT_WORK = """
import importlib, os, sys
module = importlib.import_module(sys.argv[1])
name, number = sys.argv[2], int(sys.argv[3])
before = getattr(module, name)
def interrupted(*arguments, **more):
    os.kill(os.getpid(), number)
    return before(*arguments, **more)
setattr(module, name, interrupted)
"""
HALF_WRITTEN = """
import os, sys
from pathlib import Path
before, number = Path.write_bytes, int(sys.argv[3])
def write_bytes(self, content):
    before(self, content[: len(content) // 2])
    if self.suffix != ".keras":
        os.kill(os.getpid(), number)
    return before(self, content)
Path.write_bytes = write_bytes
"""
RUN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
from search.commands import main
sys.argv[1:] = sys.argv[4:]
main()
"""
REPORT, COMPARE = ["report", "one"], ["compare", "one", "two"]
PREDICT = ["predict", "ours.keras", "rows.csv", "--out", "told.csv"]
CASES = {
    "report, at work": (AT_WORK, "search.report.page", "page_of", signal.SIGTERM, REPORT),
    "report, half written": (HALF_WRITTEN, "", "", signal.SIGINT, REPORT),
    "compare, half written": (HALF_WRITTEN, "", "", signal.SIGTERM, COMPARE),
    "status": (AT_WORK, "search.store.snapshot", "read", signal.SIGINT, ["status", "one"]),
}
OF_KERAS = {
    "at work": (AT_WORK, "search.store.model_file", "check_sizes", signal.SIGINT, PREDICT),
    "half written": (HALF_WRITTEN, "", "", signal.SIGTERM, PREDICT),
}


Case = tuple[str, str, str, int, list[str]]


def interrupted(folder: Path, case: Case) -> None:
    """A command ends so, and leaves what was there."""
    how, module, name, number, verb = case
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ended = subprocess.run(
        [sys.executable, "-c", how + RUN, module, name, str(int(number)), *verb],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 130
    assert ended.stderr in {"", "search: interrupted\n"}
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runs, and a page of before."""
    for name in ("one", "two"):
        shutil.copytree(GOLD / "run", tmp_path / name)
    (tmp_path / "reports").mkdir()
    for page in ("one", "comparison"):
        (tmp_path / "reports" / f"{page}.html").write_text("as it was")
    return tmp_path


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_who_interrupts_reading_finds_all_as_it_was(case: Case, folder: Path) -> None:
    interrupted(folder, case)


@pytest.mark.keras
@pytest.mark.parametrize("case", OF_KERAS.values(), ids=OF_KERAS.keys())
def test_who_interrupts_predictions_finds_all_as_it_was(case: Case, tmp_path: Path) -> None:
    from tests.commands.test_bad_take_away import keras_file

    (tmp_path / "ours.keras").write_bytes(keras_file())
    (tmp_path / "rows.csv").write_text("x1,x2\n0,1\n")
    (tmp_path / "told.csv").write_text("as it was")
    interrupted(tmp_path, case)
