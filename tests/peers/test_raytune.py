"""Trainables written for Ray Tune, unmodified: the same values as by Tune itself."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import pytest
from ray import tune

import search as product
from search import InputError, tune_trainable
from search.app.options import Asked
from search.app.spaces import executed, source_of
from search.loading.space_file import read
from search.loading.tune_trainable import TuneCall
from search.store.run import load_run
from search.study.trial import State
from tests.functional.command import ONE_WORKER, environment, search, within
from tests.peers.test_optuna import Searched

FILES = Path(__file__).parent / "raytune"
FOUND = {
    "getting_started": ("objective", "param_space", "score", 10),
    "grid": ("trainable", "space", "loss", 12),
    "classifier": ("train_breast_cancer", "param_space", "accuracy", 8),
    "computed": ("evaluate", "space", "_metric", 8),
    "keras_checkpoint": ("train_wine", "search_space", "mean_loss", 7),
}
"""File → function, space, metric, and trials that are searched here."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(name: str) -> tuple[Path, Asked]:
    function, space, metric, _ = FOUND[name]
    path = FILES / f"{name}.py"
    direction = "maximize" if metric == "accuracy" else None
    return Path(f"{path}:{function}"), Asked(direction, Path(f"{path}:{space}"), metric)


def searched(name: str, folder: Path) -> Searched:
    target, said = asked(name)
    found = Searched(folder, "own", space=executed(target, None, said))
    found.session(FOUND[name][3])
    return found


def config_of(space: Any, params: Any) -> dict[str, Any]:
    """A config of the file's space with the values of a trial of ours."""
    filled = {}
    for name, value in space.items():
        inner = {n.partition("/")[2]: v for n, v in params.items() if n.startswith(f"{name}/")}
        if inner:
            filled[name] = config_of(value, inner)
        elif name in params:
            options = value.get("grid_search", []) if isinstance(value, dict) else []
            labels = {str(option): option for option in options}
            filled[name] = labels.get(params[name], params[name])
        else:
            filled[name] = value
    return {
        name: value.sample(filled) if getattr(value, "is_function", bool)() else value
        for name, value in filled.items()
    }


class Told:
    """Stands for the trial that reports go to."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config, self.number, self.values = config, 0, list[float]()

    def report(self, value: float, step: int) -> None:
        assert step == len(self.values)
        self.values.append(value)

    def set_user_attr(self, name: str, value: Any) -> None:
        assert (name, value.suffix) == ("checkpoint", ".zip")


@pytest.mark.long
@pytest.mark.keras
def test_checkpoints_of_the_best_trials_are_kept_as_they_were_at_the_last_report(
    here: Path,
) -> None:
    found = searched("keras_checkpoint", here)
    run = load_run(found.folder.path)
    best_first = sorted(run.trials(), key=lambda trial: trial.value or 0)
    assert set(run.left()) == {trial.number for trial in best_first[:5]}
    units = best_first[0].params["units"]
    assert product.load_run(found.folder.path).winner().layers[0].units == units

    exported = within(here, "export", "runs/own", "--out", "out")
    assert exported.code == 0, exported.err
    assert (here / "out" / "checkpoint" / "epoch.txt").read_text() == "2"
    model = keras.saving.load_model(here / "out" / "checkpoint" / "model.keras")
    assert model.layers[0].units == units
    assert within(here, "report", "runs/own").code == 0
    page = (here / "reports" / "own.html").read_text()
    kept = f"runs/own/models/trial-{best_first[0].number}.zip"
    assert f"The last checkpoint that trial {best_first[0].number} reported is {kept}" in page


@pytest.mark.parametrize(
    "name",
    [
        # in short by the checkpoints of its best trials, above
        pytest.param(n, marks=[pytest.mark.keras, pytest.mark.long])
        if n == "keras_checkpoint"
        else n
        for n in FOUND
    ],
)
def test_values_are_those_of_the_function_itself(name: str, here: Path) -> None:
    found = searched(name, here)
    module = read(FILES / f"{name}.py").module()
    function, space, metric, trials = FOUND[name]
    assert len(found.trials) == trials
    for trial in found.trials:
        assert trial.state is State.COMPLETE, trial.reason
        told = Told(config_of(vars(module)[space], trial.params))
        call = TuneCall(vars(module)[function], told.config, metric)
        assert trial.value == call(told)
        assert list(trial.curve[metric]) == told.values


def test_a_grid_is_gone_through_as_often_as_the_file_says(here: Path) -> None:
    target, said = asked("grid")
    source = source_of(target, None, said)
    assert "Budget(trials=12)" in source.files[source.name]
    found = searched("grid", here)
    points = [(t.params["layers"], t.params["optimizer/momentum"]) for t in found.trials]
    assert {points.count(point) for point in points} == {2}
    assert len(set(points)) == 6
    for trial in found.trials:
        drop = float(trial.params["dropout"])
        assert drop == pytest.approx(round(drop * 10) / 10)
        assert 0 <= drop <= 0.5
        assert 1e-4 <= float(trial.params["optimizer/lr"]) <= 1e-1


def test_what_the_file_tells_its_tuner_is_used(here: Path) -> None:
    target, said = asked("getting_started")
    source = source_of(target, None, replace(said, metric=None))
    assert source.files[source.name].partition("study = ")[2].strip() == (
        "tune_trainable(\n    trainable=objective,\n    space=param_space,\n    metric='score',\n"
        "    direction='minimize',\n    budget=Budget(trials=10),\n)"
    )
    assert list(source.notes) == [
        "what the file tells its tuner is used: metric='score', direction='minimize', "
        "num_samples=10; its fit() is not run"
    ]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ({"x": tune.randn(0, 1)}, "space['x']: Normal is not drawn here; give tune.uniform"),
        ({"x": {"y": tune.qloguniform(1e-3, 1, 1e-3)}}, "space['x/y']: LogUniform with steps"),
        ({"x": 3}, "space: nothing in it is searched, everything is fixed"),
        ({"x": tune.grid_search([])}, "space['x']: give tune.grid_search a list of values"),
        ([1], "space=[1]: this is no param_space; give a dict"),
    ],
)
def test_a_space_that_cannot_be_drawn_is_refused(space: Any, said: str) -> None:
    with pytest.raises(InputError) as refused:
        tune_trainable(lambda config: {"loss": 1}, space, metric="loss")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"space": None}, "space: a function written for Ray Tune needs its param_space"),
        ({"metric": None}, "metric: nothing says which of the reported values"),
        ({"space": Path("computed.py:no_space")}, "there is no 'no_space' in it"),
    ],
)
def test_what_is_not_said_is_asked_for_before_a_trial(change: Any, said: str, here: Path) -> None:
    target, known = asked("computed")
    with pytest.raises(InputError) as refused:
        source_of(target, None, replace(known, **change))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("tune.report({'acc': 1})", "the function reported no loss, only acc; name one of these"),
        ("tune.report({'loss': 'low'})", "the function reported loss='low'; report a number"),
        ("tune.report({'loss': 1}, checkpoint='here')", "reported checkpoint='here'; give tune.Ch"),
        (
            "tune.report({'loss': 1}, checkpoint=tune.Checkpoint.from_directory('none'))",
            "the function reported a checkpoint without files in",
        ),
        ("pass", "the function reported no loss; call tune.report({'loss': …})"),
    ],
)
def test_a_function_that_does_not_report_the_metric_ends_the_search_at_once(
    body: str, said: str, here: Path
) -> None:
    top = "from ray import tune\n\nspace = {'x': tune.uniform(0, 1)}\n"
    (here / "own.py").write_text(f"{top}\n\ndef own(config):\n    {body}\n")
    said_of = Asked(None, Path("own.py:space"), "loss")
    loop = Searched(here, "own", space=executed(Path("own.py:own"), None, said_of)).session(3)
    assert said in loop.mistakes[0].reason


BY_TUNE = """
import json
import sys

import ray
from ray import tune
from {name} import {function}

if __name__ == "__main__":
    ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False)
    configs = json.load(open("configs.json"))
    results = tune.Tuner(
        lambda config: {function}(config["of"]),
        param_space={{"of": tune.grid_search(configs)}},
        run_config=tune.RunConfig(storage_path=sys.argv[1], verbose=0),
    ).fit()
    found = [[result.config["of"], result.metrics["{metric}"]] for result in results]
    json.dump(found, open("found.json", "w"))
"""


@pytest.mark.long  # in short by the function itself, above
@pytest.mark.ray
@pytest.mark.parametrize("name", ["getting_started", "classifier"])
def test_values_are_those_of_tunes_own_run(name: str, here: Path) -> None:
    found = searched(name, here)
    module = read(FILES / f"{name}.py").module()
    function, space, metric, _ = FOUND[name]
    configs = [config_of(vars(module)[space], trial.params) for trial in found.trials]
    shutil.copy(FILES / f"{name}.py", here)
    (here / "configs.json").write_text(json.dumps(configs))
    (here / "theirs.py").write_text(BY_TUNE.format(name=name, function=function, metric=metric))
    done = subprocess.run(
        [sys.executable, "theirs.py", str(here / "tune")],
        cwd=here, env=environment(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pairs = json.loads((here / "found.json").read_text())
    theirs = {json.dumps(config): value for config, value in pairs}
    for trial, config in zip(found.trials, configs, strict=True):
        assert trial.value == pytest.approx(theirs[json.dumps(config)])


@pytest.mark.long  # in short by tests/functional/test_optuna.py, and by the values above
@pytest.mark.ray
def test_a_trainable_is_searched_on_workers(here: Path) -> None:
    shutil.copy(FILES / "getting_started.py", here)
    target = ("getting_started.py:objective", "--space", "getting_started.py:param_space")
    ended = search(here, "run", *target, "--name", "tuned", "--trials", "4", *ONE_WORKER)
    assert ended.code == 0, ended.err
    trials = load_run(here / "runs" / "tuned").trials()
    assert [trial.epochs for trial in trials] == [8] * 4
    assert (here / "reports" / "tuned.html").is_file()
