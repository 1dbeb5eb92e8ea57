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
from tests.reading_pages import rows_of, text_of, tree_of

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


def test_each_study_has_a_page_of_its_own_and_writes_it_anew(here: Path) -> None:
    places = [f"sqlite:///x.db#{name}" for name in ("北京", "東京", "ü b", "b", "gut/ü")]
    places.append("sqlite:///y.db#b")
    for place in places:
        storage, _, name = place.partition("#")
        optuna.create_study(study_name=name, storage=storage)
    pages = [page_of_optuna(place, "search report") for place in places]
    assert [page.stem for page in pages] == ["study", "study-2", "b", "b-2", "gut", "b-3"]
    for page, place in zip(pages, places, strict=True):
        assert f"{place.partition('#')[2]}, searched by Optuna" in text(page)
    assert [page_of_optuna(place, "search report") for place in places] == pages
    Path("reports/study.html").write_text("a page of something else")
    assert page_of_optuna(places[0], "search report") not in pages
    assert Path("reports/study.html").read_text() == "a page of something else"


def test_a_study_says_nothing_of_what_is_not_known(here: Path) -> None:
    optuna.create_study(study_name="empty", storage="sqlite:///studies.db")
    page = page_of_optuna("sqlite:///studies.db#empty", "search report")
    said = text(page)
    assert "It has no trials." in said
    assert "0 trials · 0 s" in said
    assert "yet" not in said
    settings = {row[0] for row in rows_of(tree_of(page.read_text()), "Run details")[1:]}
    assert "objective" in settings
    assert settings.isdisjoint({"seed", "trials per job", "machine"})


def test_failures_without_a_reason_are_told_as_such(here: Path) -> None:
    study = optuna.create_study(study_name="failing", storage="sqlite:///studies.db")
    study.optimize(lambda trial: 1 / trial.suggest_int("x", 0, 0), 3, catch=ZeroDivisionError)
    page = page_of_optuna("sqlite:///studies.db", "search report")
    assert "3 of 3 trials failed, without a recorded reason" in text(page)
    assert "“”" not in text(page)
    (row,) = rows_of(tree_of(page.read_text()), "Failures by reason")[1:]
    assert row == ["3", "not recorded", "0, 1, 2"]


def test_the_space_has_what_only_pruned_trials_were_asked(here: Path) -> None:
    def objective(trial: optuna.Trial) -> float:
        x = trial.suggest_float("x", 0, 1, step=0.25)
        if trial.number % 2:
            trial.suggest_int("deep", 2, 8, step=2)
            raise optuna.TrialPruned
        return x

    study = optuna.create_study(study_name="branches", storage="sqlite:///studies.db")
    study.optimize(objective, n_trials=6)
    page = page_of_optuna("sqlite:///studies.db", "search report")
    assert rows_of(tree_of(page.read_text()), "Search space")[1:] == [
        ["x", "0…1, step 0.25", "float"],
        ["deep", "2…8, step 2, in 3 of 6 trials", "int"],
    ]


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
        ("--optuna", "sqlite:///studies.db#quadratic", "--metric", "x"): "these are for --tune",
        ("--optuna", "sqlite:///studies.db#quadratic", "--direction", "maximize"): "are for --tune",
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
