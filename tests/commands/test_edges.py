"""Words at the edges: how runs, files and verbs are named, and what a run that ended says."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

import search
from search import Baseline, Budget
from search.app.logs import folded
from search.commands.command_line import run
from search.display.screen import ProgressDisplay
from search.finals.retraining import cost_of_rates
from search.report.page import render
from search.store.run import load_run
from search.study.goal import Goal
from search.study.study import Finals
from search.study.trial import Outcome, State, Trial
from tests.report.runs_to_show import write
from tests.report.scenes import binary, interrupted
from tests.runs import recorder_for, small_study, tell

PARAMS = {"layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.01}


def failed(root: Path, reason: str = "ValueError: bad width", count: int = 6) -> Path:
    study = small_study()
    recorder = recorder_for(study, root)
    for _ in range(count):
        tell(recorder, study, PARAMS, Outcome(State.FAIL, None, reason))
    recorder.ended("failed")
    recorder.close()
    return recorder.path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["small", "runs/small", "./runs/small"])
@pytest.mark.parametrize("verb", ["status", "logs", "report"])
def test_a_run_is_named_with_or_without_its_folder(here: Path, verb: str, name: str) -> None:
    failed(here / "runs")
    assert run([verb, name]) == 0


@pytest.mark.parametrize(
    "verb", ["status", "logs", "report", "export", "reproduce", "resume", "watch", "dashboard"]
)
def test_a_near_run_is_suggested(here: Path, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    failed(here / "runs")
    assert run([verb, "smal"]) == 2
    assert "smal: there is no run here; did you mean runs/small?" in capsys.readouterr().err


def test_of_many_files_at_most_three_are_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(40):
        (here / f"space_{number:02}.py").touch()
    assert run(["run", "spac.py"]) == 2
    assert capsys.readouterr().err.count("space_") <= 3
    assert run(["run", "zzz.py"]) == 2
    assert "and 37 more" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["churn.py"], "`search run churn.py`"),
        (["staus", "x"], "did you mean status"),
        (["qqqq"], "`search --help` lists all"),
        (["run", "churn.csv"], "`search init churn.csv --target COLUMN` writes one"),
        (["check", "a b.xlsx"], "`search init 'a b.xlsx' --target"),
        (["data/churn.parquet"], "`search init data/churn.parquet"),
    ],
)
def test_a_wrong_word_is_told_the_right_one(
    here: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert says in capsys.readouterr().err


def test_the_command_that_is_suggested_writes_a_space_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from search.loading.space_file import read

    (here / "churn.csv").write_text(
        "a,left\n" + "".join(f"{n * n % 7},{n % 2}\n" for n in range(60))
    )
    assert run(["run", "churn.csv"]) == 2
    told = capsys.readouterr().err.split("`")[1].replace("COLUMN", "left")
    assert run(told.split()[1:]) == 0
    assert read(Path("churn.py")).execute().study.budget.trials > 0


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"search {search.__version__}\n"


def test_repeated_lines_of_a_log_are_folded() -> None:
    lines = ["a", *(f"(Worker pid={n}) built" for n in range(42)), "", "", "b", "b"]
    assert list(folded(lines)) == [
        "a", "(Worker pid=0) built", "… 41 more like it", "", "", "b", "… 1 more like it"
    ]  # fmt: skip


def test_a_run_whose_trials_all_failed_says_why_everywhere(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = failed(here / "runs")
    assert run(["status", "small"]) == 0
    told = capsys.readouterr().out
    assert "there is no winner: all 6 trials failed: ValueError: bad width" in told
    page = render(load_run(path))
    assert "this run failed; all 6 trials failed: ValueError: bad width" in page
    assert "search resume" not in told + page
    for verb in ("resume", "export"):
        assert run([verb, "small"]) == 2
        said = capsys.readouterr().err
        assert "search resume" not in said
        assert len(said.splitlines()) == 1
        assert ("bad width" in said) is (verb == "resume")


def test_no_trial_runs_in_a_run_that_does_not(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = small_study()
    recorder = recorder_for(study, here / "runs")
    tell(recorder, study, PARAMS, Outcome(State.FAIL, None, "x"))
    recorder.study.ask()
    assert json.loads(_status(capsys))["states"] == {"failed": 1, "running": 1}
    recorder.ended("interrupted")
    recorder.close()
    told = json.loads(_status(capsys))
    assert told["states"] == {"failed": 1, "unfinished": 1}
    assert list(load_run(recorder.folder.path).frame()["state"]) == ["failed", "unfinished"]
    assert sum(told["states"].values()) == len(told["trials"])
    assert (told["winner"], told["model"]) == (None, None)
    assert (told["objective"], told["direction"]) == (study.objective, study.direction)


@pytest.mark.parametrize("less", ["12", "3"])
def test_no_fewer_trials_than_planned_and_how_to_end_sooner(
    less: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(replace(interrupted(), study=small_study(budget=Budget(trials=30))), here / "runs")
    assert run(["resume", path.name, "--trials", less]) == 2
    name = f"runs/{path.name}"
    assert capsys.readouterr().err == (
        f"search: --trials {less}: the run is planned for 30 trials (5 ended); give a whole number "
        f"above that, or how many more, such as +50; `search finish {name}` begins no more\n"
    )


def test_of_a_run_without_more_to_begin_no_sooner_end_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(binary(), here / "runs")
    assert run(["resume", path.name, "--trials", "2"]) == 2
    said = capsys.readouterr().err
    assert "the run is planned for 12 trials (12 ended); give a whole number above that" in said
    assert "search finish" not in said


def _status(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["status", "small", "--json"]) == 0
    return capsys.readouterr().out


def test_what_share_cuts_is_told() -> None:
    assert Finals().cut(60) == ""
    assert Finals().room(20) == (2, 3)
    assert "room for 2 of 5 configurations on 3 of 3 seeds" in Finals().cut(20)


def test_curves_of_learning_rates_are_reckoned() -> None:
    study = small_study()
    baseline = Baseline("plain", layers=0, learning_rate=0.01, rate_curve=True)
    assert cost_of_rates(study, 120) > 0
    both = cost_of_rates(replace(study, baselines=(baseline,)), 120)
    assert both == pytest.approx(2 * cost_of_rates(study, 120))


def test_the_time_left_leaves_a_workers_start_out() -> None:
    progress = ProgressDisplay(11, Goal("val_loss", "minimize"), began=time.monotonic() - 1000)
    progress.note(Trial(0, State.COMPLETE, {}, value=1.0, seconds=2.0), 1)
    left = progress.time_left()
    assert left is not None
    assert 20 <= left < 100


def test_a_finished_run_names_its_winner(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from search.report.wording import in_objective

    path = write(binary(), here / "runs")
    assert run(["report", path.name]) == 0
    capsys.readouterr()
    assert run(["status", path.name, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    answer = load_run(path).answer()
    assert answer is not None
    of = answer.headline.judged
    assert told["winner"]["number"] == answer.winner.number
    assert told["winner"]["value"] == of.value
    assert of.interval is not None
    assert told["winner"]["interval"] == [of.interval.low, of.interval.high]
    assert told["page"] == f"reports/{path.name}.html"
    assert sum(told["states"].values()) == len(told["trials"])
    assert run(["status", path.name]) == 0
    lines = capsys.readouterr().out
    assert f"score   on held-out rows: {in_objective(answer.headline)}" in lines
    assert f"page    {told['page']}" in lines
