"""The main job, end to end, as a person runs it: real Ray, real Optuna, real Keras."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from search.report.wording import figure
from search.store.run import load_run
from search.study.trial import State
from tests.functional.command import ROOT, Ended, environment, search, status, within
from tests.reading_pages import text_in, text_of

pytestmark = [pytest.mark.ray, pytest.mark.keras]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("main")


@pytest.fixture(scope="module")
def ended_and_held(folder: Path) -> tuple[Ended, dict[str, bool]]:
    """The main job with a smaller budget, but long enough to need both workers."""
    shutil.copy(ROOT / "spaces" / "binary.py", folder)
    return held_after(folder, "run", "binary.py", "--trials", "20", "--name", "main")


@pytest.fixture(scope="module")
def ended(ended_and_held: tuple[Ended, dict[str, bool]]) -> Ended:
    return ended_and_held[0]


def test_it_ends_well_with_a_line_a_trial_the_verdict_and_the_page(
    ended: Ended, folder: Path
) -> None:
    assert ended.code == 0, ended.err
    lines = ended.out.splitlines()
    assert sum(line.startswith("trial ") for line in lines) == 20
    assert lines[-1] == "page  reports/main.html"
    assert any("held-out accuracy" in line for line in lines)
    assert ended.err == ""
    assert (folder / "reports" / "main.html").is_file()


def test_the_budget_is_exact_and_nothing_is_left_under_way(ended: Ended, folder: Path) -> None:
    told = status(folder, "runs/main")
    assert (told["state"], told["budget"], told["finished"]) == ("finished", 20, 20)
    assert {trial["state"] for trial in told["trials"]} <= {"complete", "pruned"}
    assert told["best"]["value"] == max(t["value"] for t in told["trials"])


def test_status_names_the_winner_its_score_file_and_page(ended: Ended, folder: Path) -> None:
    answer = load_run(folder / "runs" / "main").answer()
    assert answer is not None
    lines, told = within(folder, "status", "main").out.splitlines(), status(folder, "main")
    assert lines[0] == "main · Two concentric circles: a task no linear model can solve."
    assert lines[1].startswith("finished · 20 of 20 trials finished (")
    assert sum(told["states"].values()) == 20
    (winner,) = [line for line in lines if line.startswith("winner ")]
    assert winner.startswith(f"winner  trial {answer.winner.number}  layers=")
    (score,) = [line for line in lines if line.startswith("score ")]
    assert score.startswith(f"score   on held-out rows: accuracy {answer.headline.value:.3f}")
    assert lines[-2:] == ["model   runs/main/finals/winner.keras", "page    reports/main.html"]
    own = told["winner"]
    assert (own["number"], own["objective"]) == (answer.winner.number, "val_accuracy")
    assert (own["measure"], own["value"]) == ("accuracy", answer.headline.value)
    assert (told["direction"], told["reason"]) == ("maximize", "")
    assert (told["model"], told["page"]) == (lines[-2].split()[-1], lines[-1].split()[-1])


def test_all_workers_really_work(ended: Ended, folder: Path) -> None:
    trials = load_run(folder / "runs" / "main").trials()
    share = [sum(t.worker == w for t in trials) for w in {t.worker for t in trials}]
    assert len(share) == load_run(folder / "runs" / "main").manifest.machine.workers
    assert min(share) > 0  # how evenly depends on when each has started, and a trial lasts 20 ms


def test_the_answer_is_complete(ended: Ended, folder: Path) -> None:
    run = load_run(folder / "runs" / "main")
    answer = run.answer()
    assert answer is not None
    assert len(answer.finalists) == 2
    assert all(len(finalist.fits) == 3 for finalist in answer.finalists)
    assert answer.headline.rows == 200
    assert [yardstick.name for yardstick in answer.yardsticks] == [
        "constant",
        "linear model",
        "gradient-boosting model",
    ]
    assert answer.rate_curve is not None
    assert len(answer.rate_curve.losses) == 2  # seeds, by the size of this small search
    assert [look.trials for look in run.manifest.looks] == [20]
    assert run.arrays("grid")["probabilities"].shape == (101, 101, 2)
    assert len(run.frame()) == 20


def test_noise_goes_to_the_log(ended: Ended, folder: Path) -> None:
    log = within(folder, "logs", "runs/main")
    assert log.code == 0
    assert "WARNING" not in ended.out + ended.err
    kept = (folder / "runs" / "main" / "log").read_text().splitlines()
    assert [line.rstrip() for line in kept] == [line.rstrip() for line in log.out.splitlines()]


def test_a_run_of_that_name_is_not_overwritten(ended: Ended, folder: Path) -> None:
    again = within(folder, "run", str(ROOT / "spaces" / "binary.py"), "--name", "main")
    assert again.code == 2
    assert "runs/main" in again.err
    assert "--name" in again.err
    assert again.err.count("\n") == 1


def test_the_page_is_made_again_from_the_folder_alone(ended: Ended, folder: Path) -> None:
    page = folder / "reports" / "main.html"
    before = page.read_text()
    page.unlink()
    assert within(folder, "report", "runs/main").code == 0
    assert text_of(page) == text_in(before)


def test_the_winners_file_predicts_what_the_run_recorded(ended: Ended, folder: Path) -> None:
    import numpy as np

    from search.training.export import load
    from search.training.predict import predictions

    run = load_run(folder / "runs" / "main")
    held_out = run.arrays("held_out")
    model = load(run.folder.model)
    np.testing.assert_allclose(
        predictions(model, held_out["x"], "binary"), held_out["probabilities"], atol=1e-6
    )


HOLDS = """
import json, sys
from search.commands.command_line import run
code = run(sys.argv[1:])
heavy = ("tensorflow", "keras", "ray", "matplotlib", "sklearn")
loaded = {module.split(".")[0] for module in sys.modules}
open("held.json", "w").write(json.dumps({name: name in loaded for name in heavy}))
sys.exit(code)
"""


def held_after(folder: Path, *arguments: str) -> tuple[Ended, dict[str, bool]]:
    """How a command ended, and which heavy packages its process held then."""
    done = subprocess.run(
        [sys.executable, "-c", HOLDS, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts: dict[str, bool] = json.loads((folder / "held.json").read_text())
    return Ended(done.returncode, done.stdout, done.stderr), facts


def test_the_driver_never_loads_tensorflow(ended_and_held: tuple[Ended, dict[str, bool]]) -> None:
    _, held = ended_and_held
    assert held["ray"]
    assert not held["tensorflow"]
    assert not held["keras"]


def test_reading_commands_load_neither_ray_nor_tensorflow(ended: Ended, folder: Path) -> None:
    for arguments in (["--help"], ["status", "runs/main"], ["report", "runs/main"]):
        _, held = held_after(folder, *arguments)
        assert not held["ray"], arguments
        assert not held["tensorflow"], arguments
        assert arguments != ["--help"] or not (held["matplotlib"] or held["sklearn"])


def test_a_finished_run_is_extended_and_judged_again(ended: Ended, folder: Path) -> None:
    first = load_run(folder / "runs" / "main")
    before, former = first.trials(), first.answer()
    refused = within(folder, "resume", "runs/main")
    assert refused.code == 2
    assert "the run is finished; extend it with --trials +50" in refused.err
    space = folder / "binary.py"
    space.write_text(space.read_text() + "# as it is now\n")
    none = within(folder, "resume", "runs/main", "--trials", "+4", "--max-concurrent", "0")
    assert (none.code, "--max-concurrent 0: give a whole number" in none.err) == (2, True)
    extended = search(folder, "resume", "runs/main", "--trials", "+4", "--max-concurrent", "1")
    assert extended.code == 0, extended.err
    assert "the run continues with its own copy of binary.py, in runs/main/space" in extended.out
    assert "binary.py has changed since" in extended.out
    opened = load_run(folder / "runs" / "main")
    assert opened.trials()[:20] == before
    assert former is not None
    told = figure(former.headline.judged)
    said = (
        "Finals ran 2 times, and the held-out rows were evaluated 2 times in total. "
        f"Earlier winners: after 20 trials, trial {former.winner.number} with "
        f"{former.headline.judged.measure} {told}"
    )
    assert said in text_of(folder / "reports" / "main.html")
    assert said in " ".join(extended.out.split())
    assert len(opened.trials()) == 24
    assert all(trial.state.finished for trial in opened.trials())
    assert len({trial.worker for trial in opened.trials()[20:]}) == 1
    answer = opened.answer()
    assert answer is not None
    assert answer.look == len(opened.manifest.looks) == 2


@pytest.mark.long  # in short by tests/finals/test_with_keras.py, where a seed gives one answer
def test_with_one_worker_the_same_seed_gives_the_same_search_twice(folder: Path) -> None:
    binary = str(ROOT / "spaces" / "binary.py")
    runs = []
    for name in ("once", "twice"):
        options = ["--trials", "5", "--epochs", "4", "--seed", "7", "--max-concurrent", "1"]
        assert search(folder, "run", binary, *options, "--name", name).code == 0
        runs.append(load_run(folder / "runs" / name))
    first, second = (run.trials() for run in runs)
    assert [t.params for t in first] == [t.params for t in second]
    assert [t.value for t in first] == [t.value for t in second]
    assert [t.curve for t in first] == [t.curve for t in second]
    assert runs[0].answer() == runs[1].answer()
    assert all(t.state is State.COMPLETE for t in first)
