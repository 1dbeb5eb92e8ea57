"""Pages of searches that were made elsewhere: of Optuna's databases and Ray Tune's results."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from search import InputError
from search.app.made_elsewhere import page_of_optuna, page_of_tune
from search.loading.space_file import read
from search.report.digits import significant
from tests.functional.command import environment, within
from tests.reading_pages import text_of

FILES = Path(__file__).parent.parent / "peers"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def text(page: Path) -> str:
    """What a page says."""
    return re.sub(r"\s+", " ", text_of(page))


def studied(name: str, **told: object) -> optuna.Study:
    """A study of Optuna's own of one of the files, in a database."""
    module = read(FILES / "optuna" / f"{name}.py").module()
    sampler = optuna.samplers.TPESampler(seed=0)
    study = optuna.create_study(
        study_name=name, storage="sqlite:///studies.db", sampler=sampler, **told
    )
    study.optimize(module.objective, n_trials=16)
    return study


def test_a_study_of_optunas_has_its_page(here: Path) -> None:
    study = studied("pruned_sgd")
    study.enqueue_trial({"alpha": 0.01})
    page = page_of_optuna("sqlite:///studies.db#pruned_sgd", "search report")
    assert page == Path("reports/pruned_sgd.html")
    said = text(page)
    complete, pruned = (
        len(study.get_trials(states=[state]))
        for state in (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    )
    assert pruned
    best = study.best_trial
    assert f"Trial {best.number} is the best of {complete} completed trials" in said
    assert f"value is {significant(best.value)} (minimize)" in said
    assert f"{complete} complete, {pruned} pruned" in said
    assert "There is no model of it, since it left no Keras model" in said
    assert "Hyperparameter importance" in page.read_text() or "No hyperparameter" in said
    assert len(study.trials) == 17  # nothing was written


def test_the_page_of_a_run_is_not_written_over(here: Path) -> None:
    studied("quadratic")
    (here / "runs" / "quadratic").mkdir(parents=True)
    page = page_of_optuna("sqlite:///studies.db", "search report")
    assert page == Path("reports/quadratic-by-optuna.html")


def test_places_without_a_study_are_refused(here: Path) -> None:
    studied("quadratic")
    optuna.create_study(
        study_name="two", storage="sqlite:///studies.db", directions=["minimize", "maximize"]
    )
    (here / "folder").mkdir()
    for arguments, said in {
        ("--optuna", "sqlite:///no.db#a"): "there is no such file",
        ("--optuna", "sqlite:///studies.db"): "it has several studies: quadratic, two; add #NAME",
        ("--optuna", "sqlite:///studies.db#two"): "'two' has several objectives",
        ("--optuna", "sqlite:///studies.db#quadratc"): "did you mean 'quadratic'?",
        ("--optuna", "studies.db"): "this is not the URL of a database",
        ("--tune", "none", "--metric", "loss", "--direction", "minimize"): "no such folder",
        ("--tune", "folder", "--metric", "loss", "--direction", "minimize"): "it holds no trial",
        ("--tune", "folder"): "--metric: results of Ray Tune do not say which",
        ("--tune", "folder", "--metric", "loss"): "--direction",
        (): "give a run, or --optuna URL#NAME, or --tune FOLDER: one of them",
    }.items():
        ended = within(here, "report", *arguments)
        assert (ended.code, said in ended.err) == (2, True), (arguments, ended.err)


def test_a_database_of_others_is_left_as_it_was(here: Path) -> None:
    import sqlite3

    with sqlite3.connect("other.db") as other:
        other.execute("create table a (b int)")
    with pytest.raises(InputError, match="there is no study in this database"):
        page_of_optuna("sqlite:///other.db", "search report")
    names = sqlite3.connect("other.db").execute("select name from sqlite_master").fetchall()
    assert names == [("a",)]


@pytest.mark.long  # in short by the files that Tune has left, below
@pytest.mark.ray
def test_results_of_a_run_of_tunes_have_their_page(here: Path) -> None:
    shutil.copy(FILES / "raytune" / "getting_started.py", here)
    (here / "theirs.py").write_text(
        "import json, sys, ray\nfrom ray import tune\nfrom getting_started import objective\n"
        "if __name__ == '__main__':\n"
        "    ray.init('local', num_cpus=1, include_dashboard=False, log_to_driver=False)\n"
        "    space = {'steps': 5, 'width': tune.uniform(0, 20), 'height': tune.randint(0, 9)}\n"
        "    results = tune.Tuner(objective, param_space=space, tune_config=tune.TuneConfig("
        "num_samples=6), run_config=tune.RunConfig(name='own', storage_path=sys.argv[1], "
        "verbose=0)).fit()\n"
        "    json.dump([r.metrics['score'] for r in results], open('found.json', 'w'))\n"
    )
    done = subprocess.run(
        [sys.executable, "theirs.py", os.fspath(here / "tune")],
        env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = text(page_of_tune(here / "tune" / "own", "score", "minimize", "search report"))
    best = significant(min(json.loads(Path("found.json").read_text())))
    assert f"score is {best} (minimize)" in said
    assert "of 6 completed trials" in said


def test_files_that_tune_leaves_have_their_page(here: Path) -> None:
    for number, rate in enumerate([0.001, 0.01, 0.1, 0.5]):
        folder = here / "own" / f"trainable_0000{number}"
        folder.mkdir(parents=True)
        config = {"optimizer": {"lr": rate}, "layers": [16] * (number + 1), "fixed": 1}
        (folder / "params.json").write_text(json.dumps(config))
        reports = [{"loss": rate + 1 / (step + 1), "time_total_s": step + 1.0} for step in range(3)]
        lines = [json.dumps(report) for report in reports]
        (folder / "result.json").write_text("\n".join(lines) + '\n{"loss": 0.')
        if number == 0:
            (folder / "error.txt").write_text("Traceback\nValueError: it broke\n")
    page = page_of_tune(here / "own", "loss", "minimize", "search report")
    said = text(page)
    assert f"Trial 1 is the best of 3 completed trials: loss is {0.01 + 1 / 3:.4g}" in said
    assert "optimizer/lr 0.01" in said
    assert "ValueError: it broke" in said
    assert "fixed 1" not in said
