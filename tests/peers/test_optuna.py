"""Objectives written for Optuna, unmodified: the same trials as by Optuna's own loop."""

import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial

from search.app.function_file import Asked
from search.app.manifest_builder import manifest_of
from search.app.resolved import resolved
from search.app.spaces import executed
from search.cluster.resources import Resources
from search.loading.space_file import read
from search.store.folder import Folder
from search.store.manifest import Machine
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.budget import Budget
from search.study.trial import State, Trial
from search.tuning.function_loop import FunctionLoop, loop_of
from search.tuning.runner import InProcessRunner

FILES = Path(__file__).parent / "optuna"
TRIALS = {
    "quadratic": 20, "classifiers": 16, "pruned_sgd": 18, "layers": 14, "noted": 12, "grid": 50,
    "kinds": 20,
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
    """

    def __init__(self, folder: Path, name: str, **said: Any) -> None:
        self.space = executed(Path(f"{FILES / name}.py:objective"), None, Asked(**said))
        self.folder = Folder.named(folder / "runs", name)

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


@pytest.mark.parametrize("name", ["classifiers", "pruned_sgd"])
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
    kept = load_run(searched.folder.path).study.trials[0].user_attrs
    assert len(kept["errors"]) == 3
    assert kept["seconds (of the function)"] == 1.5
    assert "model" not in kept
