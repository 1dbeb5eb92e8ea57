"""`kerastuner(build)`: what it finds, and every mistake as one sentence with its line."""

import subprocess
import sys
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from search import Budget, Float, InputError, Study, circles
from search.loading import stand_in_keras_tuner
from search.loading.kerastuner import KerasTunerModel, drawn, kerastuner, options_of
from search.loading.model_source import before_search
from search.loading.space_check import Probe
from search.loading.space_file import read
from search.loading.stand_in_keras_tuner import HyperParameters

HEAD = """
import keras
import keras_tuner as kt
from search import Study, circles, kerastuner


def network(units=4):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, "relu")])
    model.add(keras.layers.Dense(1, "sigmoid"))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


"""
TAIL = "\n\nstudy = Study(data=circles(), model=kerastuner(build))\n"


def explored(build: str, folder: Path) -> Any:
    """The names of a space, each with its conditions."""
    file = folder / "space.py"
    file.write_text(HEAD + build + TAIL)
    space = read(file).execute()
    model = space.study.model
    assert isinstance(model, KerasTunerModel)
    with space.source.told():
        model.explore()
    return model._explored


def line_of(text: str, folder: Path) -> int:
    lines = (folder / "space.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        (
            "network(hp.Int('units', 2, 8))",
            "def build",
            "build returned NoneType; it has to return a compiled keras.Model; end it in return",
        ),
        (
            "hp.Int('units', 2, 8)\nreturn keras.Sequential([keras.Input((2,))])",
            "def build",
            "build returned a model that is not compiled; call model.compile(optimizer=…, loss=…, "
            "metrics=['accuracy']) in it",
        ),
        (
            "return network()",
            "def build",
            "build asks hp for nothing that can be searched; call hp.Int, hp.Float, hp.Choice or "
            "hp.Boolean in it",
        ),
        (
            "hp.Int('units', 2, 8)\nreturn network(hp.Int('units', 2, 9))",
            "'units', 2, 9",
            "the same name stands for Int(min_value=2, max_value=9, step=1, sampling='linear')",
        ),
        (
            "hp.Int('units', 2, 8)\nreturn network(int(hp.Float('units', 2, 8)))",
            "hp.Float('units'",
            "the same name stands for Float(min_value=2.0, max_value=8.0, sampling='linear') here "
            "and for Int(",
        ),
        (
            "deep = hp.Boolean('deep')\nreturn network(hp.Int('units', 2, 9 if deep else 4))",
            "9 if deep",
            "the same name stands for Int(min_value=2, max_value=9",
        ),
        (
            "return network(hp.Choice('units', [2, 'four']))",
            "hp.Choice",
            "its values differ in type (int, str)",
        ),
        (
            "return network(hp.Int('units', 9, 2))",
            "hp.Int",
            "min_value=9 is greater than max_value=2",
        ),
        (
            "return network(hp.Int('units', 0, 2, sampling='log'))",
            "hp.Int",
            "sampling='log' needs min_value above 0, and it is 0",
        ),
        (
            "with hp.conditional_scope('kind', ['a']):\n    pass\nreturn network()",
            "hp.conditional_scope",
            "the condition names 'kind', which was not asked for before",
        ),
        ("return network(hp.int('units', 2, 8))", "hp.int", "has no attribute 'int'"),
    ],
)
def test_a_mistake_is_a_sentence_with_its_line(
    body: str, line: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        explored(f"def build(hp):\n{indent(body, '    ')}\n", tmp_path)
    place = f"{tmp_path / 'space.py'}, line {line_of(line, tmp_path)}"
    assert str(caught.value).startswith(place)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.keras
def test_what_hangs_on_two_values_at_once_is_found(tmp_path: Path) -> None:
    found = explored(
        "def build(hp):\n"
        "    first, second = hp.Boolean('first'), hp.Choice('second', ['a', 'b'])\n"
        "    units = hp.Int('units', 2, 8) if first and second == 'b' else 4\n"
        "    if units > 5:\n"
        "        hp.Float('rate', 0.0, 0.5)\n"
        "    return network(units)\n",
        tmp_path,
    )
    conditions = {name: {c.parent[0] for c in some} for _, name, some in found.entries}
    assert conditions["units"] == {"first", "second"}
    assert conditions["rate"] == {"units"}
    model = KerasTunerModel(lambda hp: None)
    model._explored = found
    for seed in range(60):
        trial = Probe(seed)
        model.suggest(trial)
        both = trial.params["first"] and trial.params["second"] == "b"
        assert ("units" in trial.params) == both
        assert ("rate" in trial.params) == (both and trial.params["units"] > 5)


@pytest.mark.keras
def test_one_name_with_two_ranges_is_two_hyperparameters(tmp_path: Path) -> None:
    """KerasTuner 1.4.8 itself loses such a value: `ensure_active_values` takes it for inactive."""
    found = explored(
        "def build(hp):\n"
        "    hp.Choice('kind', ['a', 'b'])\n"
        "    small = hp.Int('units', 2, 4, parent_name='kind', parent_values=['a'])\n"
        "    large = hp.Int('units', 5, 9, parent_name='kind', parent_values=['b'])\n"
        "    return network(small or large)\n",
        tmp_path,
    )
    assert [name for _, name, _ in found.entries] == ["kind", "units (kind=a)", "units (kind=b)"]
    hp = HyperParameters({"kind": "b", "units (kind=b)": 7})
    hp.Choice("kind", ["a", "b"])
    assert hp.Int("units", 2, 4, parent_name="kind", parent_values=["a"]) is None
    assert hp.Int("units", 5, 9, parent_name="kind", parent_values=["b"]) == 7


@pytest.mark.parametrize("given", [3, "build", None])
def test_what_is_no_hypermodel_is_refused(given: object) -> None:
    with pytest.raises(InputError, match="give build, a function of hp, or a HyperModel"):
        kerastuner(given)


def test_a_class_that_needs_arguments_is_to_be_given_as_an_instance() -> None:
    class Model:
        def __init__(self, classes: int) -> None:
            self.classes = classes

        def build(self, hp: object) -> None:
            del hp

    with pytest.raises(InputError, match=r"cannot be called without arguments .* give an instance"):
        kerastuner(Model)
    assert kerastuner(Model(2))


def test_a_space_beside_it_is_refused() -> None:
    with pytest.raises(InputError, match="brings its own; leave space out"):
        Study(data=circles(), model=kerastuner(lambda hp: hp), space={"x": Float(0, 1)})


def test_a_study_of_it_is_conditional_and_stays_so_with_another_budget() -> None:
    from dataclasses import replace

    study = Study(data=circles(), model=kerastuner(lambda hp: hp))
    assert study.conditional
    assert replace(study, budget=Budget(trials=3)).conditional


def test_ranges_are_those_that_their_documentation_says() -> None:
    hp = HyperParameters()
    hp.Int("a", 2, 32, step=2, sampling="log")
    hp.Float("b", 1e-3, 10, step=10, sampling="log")
    hp.Int("c", 2, 17, step=2, sampling="reverse_log")
    hp.Int("d", 6, 13, step=3)
    hp.Float("e", 0, 1, step=0.2)
    hp.Choice("f", [3, 3, 1])
    hp.Boolean("g")
    values = [options_of(one) for one in hp.space]
    assert values[0] == [2, 4, 8, 16, 32]
    assert values[1] == pytest.approx([1e-3, 1e-2, 1e-1, 1, 10])
    assert values[2] == [3, 11, 15, 17]
    assert values[3:5] == [None, None]
    assert values[5:] == [[3, 1], [True, False]]

    class Asked:
        def suggest_int(self, name: str, low: int, high: int, **more: Any) -> Any:
            return name, low, high, more

        suggest_float = suggest_int

    assert drawn(Asked(), "d", hp.space[3]) == ("d", 6, 12, {"log": False, "step": 3})
    assert drawn(Asked(), "e", hp.space[4]) == ("e", 0, 1, {"log": False, "step": 0.2})


def test_names_that_mean_something_else_in_a_study_get_another() -> None:
    hp = HyperParameters({"hp.train": 3})
    assert hp.Int("train", 1, 4) == 3
    assert hp.space[0].short == "hp.train"


def test_an_inactive_one_is_none_and_cannot_be_read() -> None:
    hp = HyperParameters({"kind": "b"})
    hp.Choice("kind", ["a", "b"])
    assert hp.Int("units", 1, 4, parent_name="kind", parent_values=["a"]) is None
    assert "units" not in hp
    with pytest.raises(ValueError, match="currently inactive"):
        hp.get("units")
    with pytest.raises(KeyError, match="does not exist"):
        hp["other"]
    assert hp["kind"] == "b"


def test_a_file_is_cut_where_its_search_begins() -> None:
    before = "import keras_tuner as kt\ntuner = kt.RandomSearch(None)\nx = 1\n"
    assert before_search(f"{before}tuner.search(\n    x\n)\ny\n") == before
    assert before_search("import re\nre.search('a', 'b')\n") == "import re\nre.search('a', 'b')\n"


def test_a_file_without_a_study_says_how_its_build_is_searched(tmp_path: Path) -> None:
    file = tmp_path / "old.py"
    tuner = "tuner = kt.RandomSearch(build, 'val_loss', 3)\ntuner.search([1], [2])\n"
    file.write_text(f"import keras_tuner as kt\n\n\ndef build(hp):\n    pass\n\n\n{tuner}")
    with pytest.raises(
        InputError, match=r"is not run; write `search run old.py:build --data rows\.npz`"
    ):
        read(file).execute()


@pytest.mark.parametrize(
    "line",
    [
        "import keras_tuner as kt; from kerastuner.tuners import Hyperband; kt.tuners.RandomSearch",
        "from keras_tuner.engine.hyperparameters import HyperParameters as HP; HP().Int('a', 1, 2)",
        "import keras_tuner; keras_tuner.errors.FailedTrialError; keras_tuner.oracles.RandomSearch",
        "from keras_tuner import HyperModel, HyperParameters, Objective, BayesianOptimization",
    ],
)
def test_what_files_import_is_there_without_the_package(line: str, tmp_path: Path) -> None:
    file = tmp_path / "space.py"
    file.write_text(f"{line}\n{HEAD}def build(hp):\n    return network(hp.Int('a', 1, 2))\n{TAIL}")
    assert read(file).execute().study.conditional


def test_what_only_the_package_has_says_so(tmp_path: Path) -> None:
    file = tmp_path / "space.py"
    file.write_text("from keras_tuner import NoSuchThing\n" + TAIL)
    with pytest.raises(InputError, match=r"space\.py, line 1: .*NoSuchThing"):
        read(file).execute()


def test_a_fit_that_says_its_own_epochs_is_given_none() -> None:
    given: list[dict[str, Any]] = []

    class Model:
        def build(self, hp: Any) -> Any:
            return type(self)()

        def fit(self, hp: Any, model: Any, x: Any, y: Any, **kwargs: Any) -> None:
            given.append({"x": x, "y": y, **kwargs})

    class Few(Model):
        def fit(self, hp: Any, model: Any, x: Any, y: Any, epochs: int) -> None:  # type: ignore[override]
            given.append({"x": x, "y": y, "epochs": epochs})

    train, validation = (1, 2), (3, 4)
    built = KerasTunerModel(Model)
    assert built.fit is not None
    built.fit(built(epochs=3), train, validation, 3, [])
    built.fit(built(units=3), train, validation, 3, [])
    few = KerasTunerModel(Few).fit
    assert few is not None
    few(Few(), train, validation, 3, [])
    passed = {"x": 1, "y": 2, "validation_data": (3, 4), "callbacks": [], "verbose": 0}
    assert given == [passed, {**passed, "epochs": 3}, {"x": 1, "y": 2, "epochs": 3}]


def test_the_stand_in_beside_a_script_is_a_package(tmp_path: Path) -> None:
    text = Path(stand_in_keras_tuner.__file__).read_text()
    (tmp_path / "keras_tuner.py").write_text(text)
    (tmp_path / "train.py").write_text(
        "import keras_tuner.tuners\n"
        "from keras_tuner.oracles import Hyperband\n"
        "from keras_tuner.engine import hyperparameters\n"
        "from keras_tuner import Built\n"
        "print(Built(lambda hp: hp.Int('units', 2, 8))(units=5), Hyperband('val_loss', 3).told)\n"
    )
    ended = subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout == "5 {'objective': 'val_loss', 'max_epochs': 3}\n", ended.stderr


@pytest.mark.keras
def test_what_was_found_is_told_with_its_ranges_and_conditions(tmp_path: Path) -> None:
    build = """
def build(hp):
    units = hp.Int("units", 4, 64, step=4, sampling="linear")
    if hp.Boolean("drop"):
        hp.Float("rate", 0.01, 0.5, sampling="log")
    return network(units)
"""
    explored(build, tmp_path)
    model = read(tmp_path / "space.py").execute().study.model
    assert isinstance(model, KerasTunerModel)
    assert (dict(model.found), model.notes) == ({}, ())
    model.explore()
    assert dict(model.found) == {
        "units": "4…64, step 4",
        "drop": "True, False",
        "rate": "0.01…0.5 (log), where drop is True",
    }
    assert model.notes == ()


@pytest.mark.keras
def test_a_slow_build_is_called_no_more_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found until then is searched, and said."""
    from search.loading import explored as exploring

    monkeypatch.setattr(exploring, "LONGEST", -1.0)
    build = """
def build(hp):
    if hp.Choice("kind", ["a", "b"]) == "b":
        hp.Float("rate", 0.01, 0.5)
    return network(hp.Int("units", 4, 64))
"""
    found = explored(build, tmp_path)
    assert [name for _, name, _ in found.entries] == ["kind", "units"]
    (note,) = found.notes
    assert "in 1 call(s)" in note
    assert "found were kind, units" in note
