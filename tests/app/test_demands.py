"""What is demanded of a run; for the run that does not meet it, see test_take_away."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from search.app.demands import NOTHING, Demands
from search.report.material import Material
from search.report.report_data import report_data
from search.store.run import load_run
from search.study.errors import ArgumentError, UnmetError
from search.study.goal import Goal
from tests.functional.command import ROOT, within
from tests.report.runs_to_show import write
from tests.report.scenes import SCENES

ACCURACY, LOSS = Goal("val_accuracy", "maximize"), Goal("val_loss", "minimize")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    root = tmp_path_factory.mktemp("told")
    names = ("binary", "numbers", "interrupted")
    return {
        name: report_data(Material.of(load_run(write(SCENES[name](), root / name))))
        for name in names
    }


@pytest.mark.parametrize(
    ("run", "demands"),
    [
        ("binary", NOTHING),
        ("binary", Demands(0.905)),
        ("binary", Demands(-1, ("problem", "S001", "S027"))),
        ("numbers", Demands(0.89)),
        ("interrupted", NOTHING),
    ],
)
def test_what_is_met(run: str, demands: Demands, told: dict[str, dict[str, Any]]) -> None:
    demands.judge(told[run])


@pytest.mark.parametrize(
    ("run", "demands", "sentence"),
    [
        (
            "binary",
            Demands(0.906),
            "the winner's held-out accuracy is 0.905, and at least 0.906 was asked for",
        ),
        (
            "numbers",
            Demands(0.88),
            "the winner's held-out MSE is 0.882213966, and at most 0.88 was asked for",
        ),
        ("interrupted", Demands(0.5), "shown has no winner, and 0.5 was asked for"),
        (
            "binary",
            Demands(checks=("S028",)),
            "checks have found something: S028 (The winner underfits)",
        ),
        (
            "binary",
            Demands(0.95, ("tip",)),
            "the winner's held-out accuracy is 0.905, and at least 0.95 was asked for; checks have "
            "found something: S010 (Trainings of the finals failed), S028 (The winner underfits)",
        ),
    ],
)
def test_what_is_not(
    run: str, demands: Demands, sentence: str, told: dict[str, dict[str, Any]]
) -> None:
    with pytest.raises(UnmetError) as error:
        demands.judge(told[run])
    assert (str(error.value), error.value.exit_code) == (sentence, 3)


def test_a_muted_check_fails_nothing(told: dict[str, dict[str, Any]]) -> None:
    checks = [{**one, "muted": True} for one in told["binary"]["checks"]]
    assert checks
    Demands(checks=("tip",)).judge({**told["binary"], "checks": checks})


def test_a_score_that_is_not_finite_meets_nothing(told: dict[str, dict[str, Any]]) -> None:
    lost = {**told["numbers"], "winner": {**told["numbers"]["winner"], "value": None}}
    with pytest.raises(UnmetError, match="held-out MSE is not finite, and 7 was asked for"):
        Demands(7).judge(lost)


def test_what_cannot_be_met_is_refused_before() -> None:
    with pytest.raises(ArgumentError, match="fail_under=95: val_accuracy is at most 1"):
        Demands(95).check(ACCURACY, ())
    with pytest.raises(ArgumentError, match="fail_on=S012: the study mutes this check"):
        Demands(checks=("problem", "S012")).check(ACCURACY, ["S012"])
    Demands(95, ("problem",)).check(LOSS, ["S012"])


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (("--fail-on", "leakage"), "--fail-on leakage: there is no such check; give problem, "),
        (("--fail-on", "problem,"), "--fail-on '': there is no such check; give problem, "),
        (("--fail-under", "nan"), "--fail-under nan: give a number"),
        (("--fail-under", "90"), "--fail-under 90: val_accuracy is at most 1; give 0.9 for 90 %"),
        (("--fail-under", "much"), "--fail-under much: give a number\n"),
    ],
)
def test_what_is_wrong_ends_before_anything_begins(
    said: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    shutil.copy(ROOT / "spaces" / "binary.py", tmp_path)
    ended = within(tmp_path, "run", "binary.py", *said)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert ended.err.startswith(f"search: {sentence}")
    assert not (tmp_path / "runs").exists()
