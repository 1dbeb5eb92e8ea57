"""Whole runs of files written for Optuna, as they are."""

import json
import shutil
from pathlib import Path

import optuna
import pytest

import search as product
from search.loading.space_file import read
from tests.functional.command import ONE_WORKER, ROOT, search, within

FILES = ROOT / "tests" / "peers" / "optuna"


@pytest.mark.long  # in short by tests/peers/test_optuna.py, without Ray
@pytest.mark.ray
@pytest.mark.parametrize(
    "further",
    [0, 6],
)
def test_a_file_is_searched_and_resumed_with_the_trials_of_optunas_own_loop(
    further: int, tmp_path: Path
) -> None:
    file = tmp_path / "sgd.py"
    shutil.copy(FILES / "pruned_sgd.py", file)
    target = ("sgd.py:objective", "--name", "sgd", "--trials", str(12 - further))
    ended = search(tmp_path, "run", *target, *ONE_WORKER)
    assert ended.code == 0, ended.err
    assert "what the file tells its study is used: budget=Budget(trials=18)" in ended.out
    if further:
        assert "has changed" not in ended.out
        file.write_text(file.read_text() + "# as it is now\n")
        more = search(tmp_path, "resume", "runs/sgd", "--trials", f"+{further}")
        assert more.code == 0, more.err
        assert "the run continues with its own copy of sgd.py, in runs/sgd/space" in more.out
        assert "sgd.py has changed since" in more.out
    run = product.load_run(tmp_path / "runs" / "sgd")
    module = read(FILES / "pruned_sgd.py").module()
    module.study.optimize(module.objective, n_trials=12)
    theirs = module.study.trials
    assert [trial.value for trial in run.trials] == [trial.value for trial in theirs]
    # Its logarithms are SciPy's in this process, which differ in the last digits.
    for ours, their in zip(run.trials, theirs, strict=True):
        assert dict(ours.params) == pytest.approx(their.params, rel=1e-6)
    assert any(trial.state is optuna.trial.TrialState.PRUNED for trial in theirs)
    page = (tmp_path / "reports" / "sgd.html").read_text()
    best = module.study.best_trial
    assert f"Trial {best.number} is the best of" in page
    assert "There is no model of it, since it left no Keras model" in page
    told = json.loads(within(tmp_path, "status", "sgd", "--json").out)
    assert (told["state"], told["best"]["number"]) == ("finished", best.number)
    refused = within(tmp_path, "export", "sgd")
    assert refused.code == 2
    assert "the best, left no Keras model and no checkpoint; an objective leaves" in refused.err


@pytest.mark.long  # in short by tests/peers/test_optuna.py, without Ray
@pytest.mark.ray
@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("return None", 2, "the function returned None"),
        ("return [x, x]", 2, "several objectives are not searched"),
        ("return float('nan')", 1, "the first 10 trials all failed: the function returned nan"),
    ],
)
def test_an_objective_that_cannot_be_searched_is_refused_or_ends_early(
    body: str, code: int, said: str, tmp_path: Path
) -> None:
    text = f"def objective(trial):\n    x = trial.suggest_float('x', 0, 1)\n    {body}\n"
    (tmp_path / "own.py").write_text(text)
    ended = search(tmp_path, "run", "own.py:objective", "--name", "own", "--trials", "15")
    assert ended.code == code, ended.err
    assert said in ended.err + ended.out
    assert (tmp_path / "runs" / "own" / "study.db").exists() == (code == 1)


@pytest.mark.long  # variant of the first
@pytest.mark.ray
def test_a_trial_over_its_limit_is_ended_and_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\n\nfrom search import Budget, optuna_objective\n\n\n"
        "def objective(trial):\n    x = trial.suggest_float('x', 0, 1)\n"
        "    trial.report(x, 0)\n    if trial.number == 1:\n        time.sleep(600)\n"
        "    return x\n\n\n"
        "study = optuna_objective(objective, budget=Budget(trials=4, trial_seconds=1))\n"
    )
    ended = search(tmp_path, "run", "slow.py", "--name", "slow", *ONE_WORKER)
    assert ended.code == 0, ended.err
    trials = product.load_run(tmp_path / "runs" / "slow").trials
    assert [str(trial.state) for trial in trials] == ["complete", "failed", "complete", "complete"]
    assert "it took longer than trial_seconds=1" in trials[1].reason
    assert "after 1 report)" in trials[1].reason
    assert len({trial.params["x"] for trial in trials}) == 4
