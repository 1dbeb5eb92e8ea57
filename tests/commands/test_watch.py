"""The page of a run that goes: it loads itself anew until the run has ended."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from search.store.recorder import Recorder
from search.study.trial import Outcome, State
from tests.functional.command import start, within
from tests.runs import recorder_for, small_study, tell

PARAMS: dict[str, Any] = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.001}
RELOADS = '<meta http-equiv="refresh"'


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    made = recorder_for(small_study(), tmp_path / "runs")
    with closing(made):
        yield made


def completed(recorder: Recorder, value: float) -> None:
    curve = {"val_accuracy": [value], "val_loss": [0.5]}
    outcome = Outcome(State.COMPLETE, value, curve=curve, weights=21)
    tell(recorder, small_study(), PARAMS, outcome)


def said_page(watching: "subprocess.Popen[str]") -> str:
    """Wait for the first page; returns what it says then."""
    assert watching.stdout is not None
    return watching.stdout.readline().removeprefix("page  ").strip()


def test_it_fills_up_while_the_run_goes_and_is_final_at_its_end(
    recorder: Recorder, tmp_path: Path
) -> None:
    completed(recorder, 0.8125)
    run = str(recorder.path)
    with start(tmp_path, "watch", run, "--no-open", "--every", "0.2") as watching:
        page = tmp_path / said_page(watching)
        live = page.read_text()
        assert RELOADS in live
        assert "this run is running" in live
        assert "0.812" in live
        recorder.ended("interrupted")
        recorder.close()
        _, err = watching.communicate(timeout=120)
    assert (watching.returncode, err) == (0, "")
    final = page.read_text()
    assert RELOADS not in final
    assert within(tmp_path, "report", run).code == 0
    assert page.read_text() == final


def test_of_a_run_that_has_ended_the_page_is_written_once(
    recorder: Recorder, tmp_path: Path
) -> None:
    completed(recorder, 0.75)
    recorder.ended("finished")
    recorder.close()
    ended = within(tmp_path, "watch", str(recorder.path), "--no-open")
    assert (ended.code, ended.out) == (0, f"page  reports/{recorder.path.name}.html\n")
    assert RELOADS not in (tmp_path / "reports" / f"{recorder.path.name}.html").read_text()


@pytest.mark.parametrize("every", ["0", "-1", "nan"])
def test_a_time_that_is_none_is_refused(recorder: Recorder, tmp_path: Path, every: str) -> None:
    ended = within(tmp_path, "watch", str(recorder.path), "--no-open", f"--every={every}")
    assert (ended.code, ended.out) == (2, "")
    assert "give a number of seconds above 0" in ended.err
