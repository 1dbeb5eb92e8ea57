"""Objectives written for Optuna, unmodified: the same trials as by Optuna's own loop."""

import json
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import FrozenTrial

import search as product
from search.app.manifest_builder import manifest_of
from search.app.resolved import resolved
from search.app.spaces import executed
from search.cluster.resources import Resources
from search.jobs.job_source import pass_on
from search.loading.space_file import Space, read
from search.store.folder import Folder
from search.store.manifest import Machine
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.budget import Budget
from search.study.trial import State, Trial
from search.tuning.function_loop import FunctionLoop, loop_of
from search.tuning.function_trials import executor_of
from search.tuning.runner import InProcessRunner
from tests.functional.command import within

FILES = Path(__file__).parent / "optuna"
TRIALS = {
    "quadratic": 20, "classifiers": 16, "pruned_sgd": 18, "layers": 14, "noted": 12, "grid": 50,
    "kinds": 20, "hyperband": 24,
}  # fmt: skip
"""Files, and how many trials they ask for: a grid of nine points stops before."""
MAXIMIZED = {"classifiers", "layers", "keras_digits"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def theirs(name: str, trials: int) -> list[FrozenTrial]:
    """What Optuna makes of the file: its own study, or one of the same seed as ours."""
    module = read(FILES / f"{name}.py").module()
    study = vars(module).get("study") or optuna.create_study(
        direction="maximize" if name in MAXIMIZED else "minimize",
        sampler=optuna.samplers.TPESampler(seed=0),
    )
    study.optimize(module.objective, n_trials=trials)
    return study.trials


class Searched:
    """The search of a file in this process, in as many sessions as are asked for.

    Args:
        folder: Where its run lies.
        name: Of the file.
        space: The same, where it was executed.
    """

    def __init__(self, folder: Path, name: str, space: Space | None = None) -> None:
        self.space = space or executed(Path(f"{FILES / name}.py:objective"))
        self.folder = Folder.named(folder / "runs", Path(name).name)

    def session(self, trials: int, session: int = 0) -> FunctionLoop:
        """Search on until there are so many trials."""
        study = replace(self.space.study, budget=Budget(trials=trials))
        ready = resolved(self.space, study)
        if not session:
            self.folder.make()
            manifest = manifest_of("optuna", ready, Machine(1, 1, 0, "here"))
            Recorder.begin(self.folder, manifest, self.space.source.files).close()
        with closing(Recorder(self.folder)) as recorder:
            loop = loop_of(ready.study, recorder, 1)
            context = ready.context("function", Resources(1, 0, None))
            InProcessRunner(context, ready.study).run(loop)
        assert isinstance(loop, FunctionLoop)
        return loop

    @property
    def trials(self) -> tuple[Trial, ...]:
        """As they are stored."""
        return load_run(self.folder.path).trials()


def same(ours: Trial, their: FrozenTrial) -> None:
    """Compare a trial with Optuna's own."""
    plain = {n: v if not isinstance(v, tuple) else str(v) for n, v in their.params.items()}
    assert dict(ours.params) == plain, ours.number
    assert ours.state.name == their.state.name
    assert ours.value == their.value
    assert ours.curve.get("objective", ours.curve.get("Objective", [])) == [
        value for _, value in sorted(their.intermediate_values.items())
    ]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.filterwarnings("ignore:Choices for a categorical distribution:UserWarning")
@pytest.mark.parametrize("name", TRIALS)
def test_trials_are_those_of_optunas_own_loop(name: str, here: Path) -> None:
    searched = Searched(here, name)
    assert searched.space.study.budget.trials == TRIALS[name]
    searched.session(TRIALS[name])
    expected = theirs(name, TRIALS[name])
    assert len(searched.trials) == len(expected) >= 9
    for ours, their in zip(searched.trials, expected, strict=True):
        same(ours, their)
    if name == "pruned_sgd":
        assert any(trial.state is State.PRUNED for trial in searched.trials)
        assert not (here / "sgd.db").exists()


@pytest.mark.keras
@pytest.mark.long  # in short by the files above
def test_a_keras_objective_has_the_values_of_optunas_own_loop(here: Path) -> None:
    searched = Searched(here, "keras_digits")
    searched.session(8)
    expected = theirs("keras_digits", 8)
    for ours, their in zip(searched.trials, expected, strict=True):
        assert dict(ours.params) == their.params
        assert ours.value == pytest.approx(their.value, abs=0.02)  # Keras sums in threads


@pytest.mark.parametrize(
    "name", ["classifiers", pytest.param("pruned_sgd", marks=pytest.mark.long)]
)
def test_a_resumed_search_suggests_what_an_undisturbed_one_would(name: str, here: Path) -> None:
    searched = Searched(here, name)
    searched.session(6)
    sys.modules.pop(name, None)
    searched.session(TRIALS[name], session=1)
    for ours, their in zip(searched.trials, theirs(name, TRIALS[name]), strict=True):
        same(ours, their)


def test_attributes_are_kept_but_for_what_is_no_plain_value(here: Path) -> None:
    searched = Searched(here, "noted")
    searched.session(2)
    run = load_run(searched.folder.path)
    assert run.left() == {}
    kept = run.study.trials[0].user_attrs
    assert len(kept["errors"]) == 3
    assert kept["seconds (of the function)"] == 1.5
    assert "model" not in kept


KERAS = """
import keras
import numpy as np


class Unsaved(keras.layers.Dense):
    def get_config(self):
        raise TypeError("no config of it")


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.layers[0].set_weights([np.array([[x], [0.0]]), np.array([trial.number])])
    LEFT
"""
"""Its model says x and the trial's number of the row (1, 0)."""


def searched_with(here: Path, left: str) -> Searched:
    """A file whose trials leave models."""
    (here / "leaving.py").write_text(KERAS.replace("LEFT", left))
    return Searched(here, str(here / "leaving"))


@pytest.mark.keras
@pytest.mark.parametrize(
    "left", ["trial.set_user_attr('best', model); return x", "return x, model"]
)
def test_models_of_the_best_trials_are_kept_as_these_left_them(left: str, here: Path) -> None:
    searched = searched_with(here, left)
    searched.session(9)
    sys.modules.pop("leaving", None)
    searched.session(14, session=1)
    run = load_run(searched.folder.path)
    best_first = sorted(run.trials(), key=lambda trial: trial.value or 0)
    assert set(run.left()) == {trial.number for trial in best_first[:5]}
    assert len([*searched.folder.models.iterdir()]) == 5
    best = best_first[0]
    model = product.load_run(searched.folder.path).winner()
    said = float(model(np.array([[1.0, 0.0]]))[0, 0])
    assert said == pytest.approx(best.params["x"] + best.number)
    assert "best" not in run.study.trials[0].user_attrs

    exported = within(here, "export", "runs/leaving", "--out", "out")
    assert exported.code == 0, exported.err
    assert f"this is what trial {best.number} left, which its function scored by" in exported.err
    assert "nothing was held out" in exported.err
    assert [file.name for file in (here / "out").iterdir()] == ["winner.keras"]
    page = within(here, "report", "runs/leaving")
    assert page.code == 0, page.err
    text = (here / "reports" / "leaving.html").read_text()
    assert f"The model file is runs/leaving/models/trial-{best.number}.keras, as trial" in text
    assert "The function alone scored it" in text
    told = json.loads(within(here, "report", "runs/leaving", "--json").out)
    assert told["left_by_trials"][str(best.number)] == f"models/trial-{best.number}.keras"
    assert len(told["left_by_trials"]) == 5
    place = f"runs/leaving/models/trial-{best.number}.keras"
    assert json.loads(within(here, "status", "leaving", "--json").out)["model"] == place
    written = within(here, "report", "runs/leaving", "--markdown").out
    assert f"model = keras.saving.load_model('{place}'" in written


@pytest.mark.keras
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("predict", "runs/leaving", "rows.npy"), "and only it knows what the model that it left"),
        (
            ("export", "runs/leaving", "--to", "onnx"),
            "and only it knows what the model that it left",
        ),
        (("export", "runs/leaving", "--card"), "there is no held-out score that it could be of"),
        (("reproduce", "runs/leaving"), "so nothing was held out and there are no finals"),
    ],
)
def test_what_needs_rows_is_refused_for_a_model_that_a_trial_left(
    words: tuple[str, ...], said: str, here: Path
) -> None:
    searched_with(here, "return x, model").session(1)
    np.save(here / "rows.npy", np.zeros((3, 2), "float32"))
    (here / "exports" / "leaving" / "winner.keras").mkdir(parents=True)  # of an export before
    refused = within(here, *words)
    assert refused.code == 2
    assert said in refused.err


@pytest.mark.keras
def test_a_model_that_keras_cannot_save_is_told_and_its_trial_counts(here: Path) -> None:
    searched = searched_with(here, "model.add(Unsaved(1)); return x, model")
    searched.session(1)
    (trial,) = searched.trials
    assert trial.state is State.COMPLETE
    assert "Keras could not save it" in trial.no_model
    refused = within(here, "export", "runs/leaving")
    assert refused.code == 2
    assert "trial 0, the best, left what is not kept: Keras could not save it" in refused.err
    assert within(here, "report", "runs/leaving").code == 0
    page = (here / "reports" / "leaving.html").read_text()
    assert "There is no model of it, since it left what is not kept: Keras could not" in page


def test_what_a_pruned_trial_says_is_told_with_its_reports(here: Path) -> None:
    (here / "own.py").write_text(
        "import optuna\n\n\ndef objective(trial):\n"
        "    trial.report(1.0, 0)\n    trial.report(0.5, 1)\n"
        "    raise optuna.TrialPruned('Trial was pruned at epoch 1.')\n"
    )
    searched = Searched(here, str(here / "own"))
    searched.session(1)
    (trial,) = searched.trials
    assert trial.reason == "Trial was pruned at epoch 1 after 2 reports"


RETURNS = {
    "None": "the function returned None; return the number to compare by",
    "[0.5, 1.0]": "the function returned [0.5, 1.0]; several objectives are not searched; return",
    "'good'": "the function returned 'good'; return one number",
    "trial.suggest_int('x', 1, 3)": "'x' is asked for twice in one trial, with another range",
}


@pytest.mark.parametrize("returned", RETURNS)
def test_what_no_trial_of_a_function_can_return_ends_the_search_at_once(
    returned: str, here: Path
) -> None:
    loop = searched_text(here, returned).session(5)
    ((mistake,), said) = loop.mistakes, RETURNS[returned]
    assert mistake.reason.startswith(said)


def searched_text(here: Path, returned: str) -> Searched:
    """A file of an objective that returns this."""
    text = f"def objective(trial):\n    x = trial.suggest_float('x', 0, 1)\n    return {returned}\n"
    (here / "own.py").write_text(text)
    return Searched(here, str(here / "own"))


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ("float('nan')", "the function returned nan, which compares with nothing"),
        ("float('inf')", "the function returned inf, which compares with nothing"),
        ("1 / 0", "ZeroDivisionError: division by zero (own.py, line 3)"),
    ],
)
def test_what_one_point_may_return_fails_its_trial(returned: str, reason: str, here: Path) -> None:
    searched = searched_text(here, f"x if x > 0.5 else {returned}")
    loop = searched.session(12)
    assert not loop.mistakes
    states = {trial.params["x"] > 0.5: trial for trial in searched.trials}
    assert states[True].state is State.COMPLETE
    assert (states[False].state, states[False].reason) == (State.FAIL, reason)


def test_choices_that_change_between_trials_fail_the_later_one(here: Path) -> None:
    searched = searched_text(here, "trial.suggest_categorical('c', [1, trial.number])")
    searched.session(3)
    first, *later = searched.trials
    assert first.state is State.COMPLETE
    assert all("'c' is asked for with other choices" in trial.reason for trial in later)


def test_workers_at_once_draw_different_values(here: Path) -> None:
    """Each job that is handed out before another's end gets numbers of its own."""
    searched = searched_text(here, "x")
    searched.folder.make()
    ready = resolved(searched.space, replace(searched.space.study, budget=Budget(trials=6)))
    manifest = manifest_of("own", ready, Machine(3, 1, 0, "here"))
    Recorder.begin(searched.folder, manifest, searched.space.source.files).close()
    with closing(Recorder(searched.folder)) as recorder:
        loop = loop_of(ready.study, recorder, 3)
        executors = [executor_of(ready.context("function", Resources(1, 0, None))) for _ in "123"]
        while not loop.over():
            jobs = [loop.next() for _ in executors]
            for executor, job in zip(executors, jobs, strict=True):
                assert job is not None
                for said in executor.perform(job):
                    pass_on(loop, job, said, "here")
    assert len({trial.params["x"] for trial in searched.trials}) == 6
