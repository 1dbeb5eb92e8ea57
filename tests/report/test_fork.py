"""A part of the page made by a second process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from search import RunError
from search.report import fork
from search.report.fork import forked
from search.report.page import render, write_page
from search.store.run import load_run

GOLD = Path(__file__).parents[1] / "gold" / "run"


@pytest.fixture
def forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also beside tests that have loaded what makes threads: nothing of it is used here."""
    monkeypatch.setattr(fork, "THREADED", ())


pytestmark = [
    pytest.mark.usefixtures("forks"),
    pytest.mark.skipif(sys.platform != "linux", reason="there is no fork"),
]


def failing() -> int:
    raise ValueError("no such axis")


def killed() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_a_work_is_done_once_and_by_another_process() -> None:
    told = forked(os.getpid)
    assert told() != os.getpid()
    assert told() == told()


def test_what_a_work_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match="no such axis"):
        forked(failing)()


def test_a_process_that_is_killed_is_an_error_of_one_sentence() -> None:
    with pytest.raises(RunError, match="its process ended"):
        forked(killed)()


def test_beside_threads_of_ray_the_process_itself_does_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fork, "THREADED", ("pytest",))
    assert forked(os.getpid)() == os.getpid()


def test_a_page_made_by_two_processes_is_the_page_made_by_one(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    write_page(load_run(GOLD), page, aside=forked)
    assert page.read_text() == render(load_run(GOLD))


def test_a_report_of_a_run_waits_for_no_library_but_matplotlib(tmp_path: Path) -> None:
    asked = (
        "import sys; from search.app.pages import report; report(sys.argv[1]);"
        "print({m.split('.')[0] for m in sys.modules})"
    )
    heavy = ("sklearn", "pandas", "tensorflow", "ray")
    done = subprocess.run(
        [sys.executable, "-c", asked, str(GOLD)],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    assert "matplotlib" in done.stdout
    assert [name for name in heavy if f"'{name}'" in done.stdout] == []
