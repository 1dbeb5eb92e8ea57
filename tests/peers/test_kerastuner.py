"""Files written for KerasTuner, unmodified: the same spaces and models as in KerasTuner itself."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from search.loading.explored import options_of
from search.loading.from_text import REACHED
from search.loading.kerastuner import KerasTunerModel, drawn, kerastuner
from search.loading.space_check import Probe
from search.loading.space_file import read
from search.loading.stand_in_keras_tuner import HyperParameter, HyperParameters
from tests.forms import long_but

FILES = Path(__file__).parent / "kerastuner"
TARGETS = {
    "conditional_scopes": "build_model",
    "convolutions": "build_model",
    "custom_training": "MyHyperModel",
    "every_range": "build",
    "existing_code": "build_model",
    "getting_started": "build_model",
    "guide_loop": "MyHyperModel",
    "hypermodel_class": "hypermodel",
    "name_scopes": "build",
    "parent_values": "build",
    "regression": "Regressor",
    "sequences": "build",
    "tuned_fit": "MyHyperModel",
}
OF_FIT = {
    "custom_training": {"batch_size", "learning_rate"},
    "guide_loop": {"batch_size", "learning_rate"},
    "tuned_fit": {"shuffle", "batch_size"},
}
"""Hyperparameters that a `fit` asks for: KerasTuner finds them in a trial."""
DRAWS = 4
"""Configurations of each space that are built by both; more until each name was drawn."""

pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:`kt_legacy`|.*kerastuner.*:Warning"),
]


@pytest.fixture(scope="module")
def package() -> Any:
    return pytest.importorskip(
        "keras_tuner", reason="compares with KerasTuner: pip install keras-tuner tensorboard"
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ours(name: str) -> tuple[ModuleType, KerasTunerModel]:
    module = read(FILES / f"{name}.py").module()
    model = kerastuner(vars(module)[TARGETS[name]])
    assert isinstance(model, KerasTunerModel)
    model.explore((np.zeros((8, 16), "float32"), np.zeros(8)))  # for those with a fit
    return module, model


def theirs(name: str, package: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The hypermodel as KerasTuner has it, from the file run by Python with KerasTuner itself."""

    class ReachedError(Exception):
        """The file has come to its search."""

    def reached(*_: Any, **__: Any) -> None:
        raise ReachedError

    monkeypatch.setattr(package.engine.base_tuner.BaseTuner, "search", reached)
    monkeypatch.setitem(sys.modules, "kerastuner", package)
    monkeypatch.setitem(sys.modules, "kerastuner.tuners", package.tuners)
    module = ModuleType(f"real_{name}")
    text = (FILES / f"{name}.py").read_text()
    with suppress(ReachedError):
        exec(compile(text, name, "exec"), module.__dict__)  # noqa: S102 - a file of these tests
    target = vars(module)[TARGETS[name]]
    return target() if isinstance(target, type) else target


def built(target: Any, hp: Any) -> Any:
    import keras

    keras.utils.clear_session(free_memory=False)
    return (target.build if hasattr(target, "build") else target)(hp)


def told(model: Any) -> tuple[Any, Any]:
    """A model and its optimizer as plain values."""
    optimizer = getattr(model, "optimizer", None) and model.optimizer.get_config()
    return json.loads(model.to_json()), optimizer


def config_of(hp: HyperParameter) -> dict[str, Any]:
    """As KerasTuner's own `get_config`."""
    conditions = [{"name": c.name, "values": list(c.values)} for c in hp.conditions]
    return {"kind": hp.kind, "name": hp.name, "conditions": conditions, **hp.config,
            "default": hp.default}  # fmt: skip


def their_config(hp: Any) -> dict[str, Any]:
    config = {**hp.get_config(), "default": hp.default, "kind": type(hp).__name__}
    conditions = [{"name": c.name, "values": list(c.values)} for c in hp.conditions]
    return {**config, "conditions": conditions}


def test_these_are_all_files() -> None:
    assert sorted(TARGETS) == sorted(path.stem for path in FILES.glob("*.py"))


ALIKE = {
    "convolutions",
    "custom_training",
    "existing_code",
    "guide_loop",
    "name_scopes",
    "regression",
    "sequences",
}
"""Files that differ from others by layers of their models, or that other tests ask too."""


@pytest.mark.parametrize("name", long_but(TARGETS.keys() - ALIKE, {name: name for name in TARGETS}))
def test_a_file_has_the_space_and_the_models_of_kerastuner(
    name: str, package: Any, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, model = ours(name)
    real = theirs(name, package, monkeypatch)
    entries = model._explored.entries  # type: ignore[union-attr]
    names = {hp.key: key for hp, key, _ in entries}
    tuner = package.RandomSearch(
        real,
        objective=package.Objective("val_loss", "min"),
        max_trials=1,
        directory=str(here / "t"),
    )
    space = [their_config(hp) for hp in tuner.oracle.get_space().space]
    seen: set[str] = set()
    for seed in range(200):
        trial = Probe(seed)
        model.suggest(trial)
        if seed >= DRAWS and set(trial.params) <= seen:
            continue
        seen |= set(trial.params)
        hp, there = HyperParameters(trial.params), package.HyperParameters()
        own = told(built(model, hp))
        there.values = dict(hp.values)
        assert told(built(real, there)) == own
        assert there.values == hp.values
        # What hangs on Python's own conditions shows in KerasTuner's trials alone.
        space += [their_config(one) for one in there.space]
        used = {names[one.key] for one in hp.space if hp.is_active(one) and varies(one)}
        assert used == set(trial.params) - OF_FIT.get(name, set())
    wanted = {json.dumps(config, sort_keys=True) for config in space}
    found = {json.dumps(config_of(hp), sort_keys=True) for hp, key, _ in entries
             if key not in OF_FIT.get(name, set())}  # fmt: skip
    assert found == wanted


def varies(hp: HyperParameter) -> bool:
    return len(options_of(hp) or [1, 2]) > 1 and hp.config.get("min_value") != hp.config.get(
        "max_value", 0
    )


def test_a_fit_is_asked_too(here: Path) -> None:
    for name, wanted in {
        "tuned_fit": ["units", "shuffle", "batch_size"],
        "custom_training": ["units", "batch_size", "learning_rate"],
    }.items():
        module = read(FILES / f"{name}.py").module()
        model = KerasTunerModel(module.MyHyperModel)
        model.explore((np.zeros((8, 16), "float32"), np.zeros(8)))
        assert [key for _, key, _ in model._explored.entries] == wanted  # type: ignore[union-attr]
        assert model.fit is not None


def test_a_loop_by_hand_trains_with_the_callbacks_of_a_study(here: Path) -> None:
    import keras

    from search.training.callbacks import Callbacks
    from search.training.training_data import TrainingData

    _, model = ours("custom_training")
    x = np.random.default_rng(0).normal(size=(300, 16)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    network = model(units=16, batch_size=128, learning_rate=0.001)
    told: list[dict[str, float]] = []
    report = keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: told.append({**logs}))
    assert model.fit is not None
    model.fit(
        model=network,
        train=TrainingData(x[:200], y[:200]),
        validation=TrainingData(x[200:], y[200:]),
        epochs=3,
        callbacks=Callbacks([report], network, 3),
        units=16,
    )
    logits = np.asarray(network(x[200:]), dtype="float64")[:, 0]
    loss = np.mean(np.log1p(np.exp(-np.where(y[200:] == 1, logits, -logits))))
    assert len(told) == 3
    assert told[-1]["val_loss"] == pytest.approx(loss, rel=1e-5)


def test_a_search_in_a_file_is_not_run(here: Path) -> None:
    module, _ = ours("getting_started")
    tuner = vars(module)[REACHED]
    assert tuner is module.tuner
    assert tuner.searched["epochs"] == 2
    assert not hasattr(module, "models")
    assert not (here / "my_dir").exists()


def test_ranges_hold_the_values_of_kerastuner(package: Any) -> None:
    """Each value that is drawn is one that KerasTuner can draw, and all of these are."""
    theirs, own = package.HyperParameters(), HyperParameters()
    for hp in (theirs, own):
        hp.Int("units", 6, 13, step=3)
        hp.Int("more", 4, 64, step=2, sampling="log")
        hp.Int("wide", 4, 64, sampling="log")
        hp.Int("late", 2, 20, sampling="reverse_log")
        hp.Int("stepped", 2, 17, step=2, sampling="reverse_log")
        hp.Float("rate", 0.0, 0.75, step=0.25)
        hp.Float("decay", 1e-6, 1e-2, step=10, sampling="log")
        hp.Choice("size", [8, 16, 32])
        hp.Choice("bias", [True, False])
        hp.Boolean("drop")
    found: dict[str, set[Any]] = {}
    for seed in range(400):
        trial = Probe(seed)
        for one in own.space:
            drawn(trial, one.short, one)
        for name, value in trial.params.items():
            found.setdefault(name, set()).add(round(value, 12))  # type: ignore[arg-type]
    for one in theirs.space:
        there = {round(one.prob_to_value(place / 1000), 12) for place in range(1000)}
        if one.name != "rate":  # which `Probe` draws without its step
            assert found[one.name] <= there, one.name
            assert len(there) > 20 or found[one.name] == there, one.name
