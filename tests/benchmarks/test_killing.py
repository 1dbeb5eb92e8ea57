"""The kill loop finds what is wrong where something is, and nothing in what the product does."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.killing.checks import Told, at_the_end, violations
from search.study.trial import Outcome, State
from tests.benchmarks.test_race import PATIENCE, ROOT
from tests.runs import recorder_for, small_study, tell

PARAMS = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.01}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of two trials, one of which fails."""
    study = small_study()
    with closing(recorder_for(study, tmp_path)) as recorder:
        tell(recorder, study, PARAMS, Outcome(State.COMPLETE, 0.75, curve={"val_loss": [0.3]}))
        tell(recorder, study, {**PARAMS, "units": 9}, Outcome(State.FAIL, reason="it failed"))
        return recorder.path


def test_a_line_of_the_command_is_an_ending() -> None:
    line = "trial    7  complete   0.7500    25 epochs  units=3\n"
    assert Told.of(line) == (7, Told("complete", "0.7500"))
    assert Told.of("page  reports/loop.html\n") is None


def test_what_was_told_and_is_there_is_no_violation(folder: Path) -> None:
    told = {0: Told("complete", "0.7500"), 1: Told("failed", "-")}
    assert violations(folder, told, 0.75) == []


@pytest.mark.parametrize(
    ("told", "best"),
    [
        ({0: Told("complete", "0.7600")}, None),
        ({0: Told("failed", "0.7500")}, None),
        ({2: Told("complete", "0.5000")}, None),
        ({}, 0.8),
    ],
)
def test_what_is_lost_or_altered_is_a_violation(
    folder: Path, told: dict[int, Told], best: float | None
) -> None:
    assert len(violations(folder, told, best)) == 1


def test_an_end_short_of_the_budget_is_a_violation(folder: Path) -> None:
    (folder / ".manifest.json-abc").touch()
    found = at_the_end(folder, 3, judged=True)
    assert found[0] == "2 trials for a budget of 3"
    assert "there is no answer" in found
    assert any(what.endswith(".manifest.json-abc is left over") for what in found)


REAL = [pytest.mark.ray, pytest.mark.keras]


@pytest.mark.long  # in short by tests/store/test_fail_points.py
@pytest.mark.parametrize(
    ("kills", "options"),
    [
        (20, ["--cheap"]),
        (20, ["--cheap", "--pruner", "curve"]),
        (20, ["--cheap", "--pruner", "curve", "--resume-paused", "--trials", "120"]),
        pytest.param(3, ["--what", "driver"], marks=REAL),
        pytest.param(3, ["--what", "workers"], marks=REAL),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else str(value),
)
def test_kills_lose_nothing(kills: int, options: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.kill_loop", "--kills", str(kills), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{kills} kills of " in ended.stdout
    assert ": 0 violations" in ended.stdout
