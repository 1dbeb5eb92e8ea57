"""`file.py:build --data rows.npz`: the space file that is made for it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Budget, InputError, Study, circles, kerastuner
from search.app import from_python
from search.app.resolved import ResolvedStudy
from search.app.spaces import source_of
from search.app.target_file import target_of
from search.loading.space_check import Probe

FILES = Path(__file__).parent.parent / "peers" / "kerastuner"


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for file in FILES.glob("*.py"):
        (tmp_path / file.name).write_text(file.read_text())
    np.savez(tmp_path / "rows.npz", x=np.zeros((40, 16), "float32"), y=np.arange(40) % 2)
    return Path("rows.npz")


def study_of(target: str, rows: Path) -> str:
    source = source_of(Path(target), rows)
    return source.files[source.name].partition("study = ")[2].strip()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (
            "regression.py:Regressor",
            "Study(\n    data=npz('rows.npz'),\n    model=kerastuner(Regressor),\n"
            "    budget=Budget(trials=12),\n    objective='val_mean_absolute_error',\n"
            "    finals=Finals(seeds=3),\n)",
        ),
        (
            "parent_values.py:build",
            "Study(\n    data=npz('rows.npz'),\n    model=kerastuner(build),\n"
            "    budget=Budget(trials=20),\n    objective='val_accuracy',\n    seed=7,\n)",
        ),
        (
            "conditional_scopes.py:build_model",
            "Study(\n    data=npz('rows.npz'),\n    model=kerastuner(build_model),\n"
            "    budget=Budget(epochs=10),\n    objective='val_accuracy',\n"
            '    pruner="hyperband",\n)',
        ),
        (
            "sequences.py:build",
            "Study(\n    data=npz('rows.npz'),\n    model=kerastuner(build),\n"
            "    budget=Budget(trials=9),\n    objective='val_accuracy',\n)",
        ),
        (
            "existing_code.py:build_model",
            "Study(\n    data=npz('rows.npz'),\n    model=kerastuner(build_model),\n)",
        ),
    ],
)
def test_it_says_what_the_tuner_was_told(target: str, said: str, rows: Path) -> None:
    assert study_of(target, rows) == said


@pytest.mark.keras
def test_of_a_file_with_a_search_too(rows: Path) -> None:
    source = source_of(Path("getting_started.py:build_model"), rows)
    assert "budget=Budget(trials=4, epochs=2),\n    objective='val_accuracy',\n" in (
        text := source.files["getting_started_study.py"]
    )
    assert 'finals=Finals(seeds=2),\n    sampler="random",\n' in text
    assert source.files["getting_started.py"] == (FILES / "getting_started.py").read_text()
    assert source.notes == (
        "what RandomSearch(…) was told is used: budget=Budget(trials=4, epochs=2), "
        "objective='val_accuracy', finals=Finals(seeds=2), sampler=\"random\"; its "
        "search is not run",
    )
    space = source.execute()
    assert space.title == "A first search: how many layers, how wide, and how fast they learn."
    assert space.study.budget.trials == 4


HEAD = "import keras_tuner as kt\n\n\ndef build(hp):\n    pass\n\n\n"


@pytest.mark.parametrize(
    ("text", "target", "data", "said"),
    [
        (HEAD, "build", None, "it does not say which rows; write `search run old.py:build --data"),
        (HEAD, "bild", "rows.npz", "old.py: there is no 'bild' in it; did you mean 'build'?"),
        (HEAD, "build", "rows.csv", "data=rows.csv: this is no .npz archive; write a space file"),
        (HEAD, "build", "none.npz", "data=none.npz: there is no such file"),
        (HEAD, "kt", "rows.npz", "kerastuner("),
        (
            HEAD + "tuner = kt.RandomSearch(build, ['val_loss', 'val_auc'], 3)\n",
            "build", "rows.npz", "trials are compared by one measure",
        ),
        (
            HEAD + "tuner = kt.RandomSearch(build, 'val_loss', 3, tune_new_entries=False)\n",
            "build", "rows.npz",
            "old.py: RandomSearch(tune_new_entries=…): ranges are read from build alone",
        ),
        (
            HEAD + "class Mine(kt.Tuner):\n    def run_trial(self, trial):\n        pass\n\n\n"
            "tuner = Mine(hypermodel=build)\n",
            "build", "rows.npz",
            "Mine.run_trial: it is not called here; move it into the fit of a HyperModel",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(
    text: str, target: str, data: str | None, said: str, rows: Path
) -> None:
    Path("old.py").write_text(text)
    with pytest.raises(InputError) as caught:
        source_of(Path(f"old.py:{target}"), data and Path(data))  # type: ignore[arg-type]
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_of_a_space_file_are_its_own(rows: Path) -> None:
    Path("old.py").write_text("study = 3\n")
    with pytest.raises(InputError, match="names its own rows; leave it out"):
        source_of(Path("old.py"), rows)


def test_rows_lie_where_they_were_named_from(rows: Path) -> None:
    Path("models").mkdir()
    Path("models/old.py").write_text(HEAD)
    assert "npz('../rows.npz')" in study_of("models/old.py:build", rows)


def test_what_is_left_out_is_said(rows: Path) -> None:
    Path("old.py").write_text(
        HEAD + "tuner = kt.Hyperband(build, 'val_loss', 9, distribution_strategy=None)\n"
        "tuner.search(1, 2, batch_size=64, callbacks=[3])\n"
    )
    notes = source_of(Path("old.py:build"), rows).notes
    assert notes[1] == "not taken over from Hyperband(…) and its search: batch_size, callbacks"


def test_a_loop_of_its_own_says_how_long_it_trains_and_what_counts(rows: Path) -> None:
    source = source_of(Path("guide_loop.py:MyHyperModel"), rows)
    assert "objective='val_my_metric',\n    direction='minimize'" in source.files[source.name]
    assert source.notes[1:] == (
        "MyHyperModel.fit decides for how many epochs it trains; after those of the budget it is "
        "stopped (the option epochs sets them)",
        "my_metric is what MyHyperModel.fit reports by this name, unless it reports val_my_metric; "
        "it is called val_my_metric here",
    )


@pytest.mark.parametrize(
    ("body", "told", "notes"),
    [
        (
            "most = 9\n"
            "    tuner = kt.Hyperband(build, kt.Objective('val_auc', 'max'), most, seed=3)\n"
            "    tuner.search(x, y, callbacks=[stop], epochs=4)\n",
            "    budget=Budget(epochs=9),\n    objective='val_auc',\n    seed=3,\n"
            '    pruner="hyperband",\n)',
            [
                "what Hyperband(…) was told is used: budget=Budget(epochs=9), objective='val_auc', "
                'seed=3, pruner="hyperband"; its search is not run',
                "not taken over from Hyperband(…) and its search: callbacks",
            ],
        ),
        (
            "tuner = kt.RandomSearch(hypermodel=build, max_trials=N, objective=goal())\n"
            "    tuner.search(x, y, epochs=2)\n",
            '    budget=Budget(epochs=2),\n    sampler="random",\n)',
            [
                "what RandomSearch(…) was told is used: budget=Budget(epochs=2), "
                'sampler="random"; its search is not run',
                "not used of RandomSearch(…) and its search, where no plain value stands: "
                "max_trials, objective",
            ],
        ),
        (
            "a = kt.RandomSearch(build, 'val_loss', 3)\n    b = kt.Hyperband(build, 'val_loss')\n",
            "    model=kerastuner(build),\n)",
            ["not used, since it is unclear which of them is meant: RandomSearch(…), Hyperband(…)"],
        ),
        (
            "a = kt.RandomSearch(other, 'val_loss', 3)\n    b = kt.GridSearch(build, 'val_loss')\n",
            "    objective='val_loss',\n)",
            [
                "what GridSearch(…) was told is used: objective='val_loss'; its search is not run",
            ],
        ),
    ],
)
def test_a_tuner_in_a_function_is_read(body: str, told: str, notes: list[str], rows: Path) -> None:
    Path("old.py").write_text(f"{HEAD}def main():\n    {body}")
    source = source_of(Path("old.py:build"), rows)
    assert source.files[source.name].strip().endswith(told)
    assert list(source.notes) == notes


def test_a_search_in_a_function_is_read(rows: Path) -> None:
    Path("old.py").write_text(
        f"{HEAD}tuner = kt.RandomSearch(build, 'val_loss', 3)\n\n\n"
        "def main():\n    tuner.search(x, y, epochs=2, validation_split=split)\n"
    )
    assert "budget=Budget(trials=3, epochs=2)" in study_of("old.py:build", rows)


def test_a_mistake_of_a_made_space_file_names_the_users(rows: Path) -> None:
    Path("old.py").write_text(HEAD)
    np.savez("names.npz", features=np.zeros((40, 2)), labels=np.arange(40) % 2)
    space = source_of(Path("old.py:build"), Path("names.npz")).execute()
    with pytest.raises(InputError) as caught:
        ResolvedStudy.of(space)
    assert str(caught.value).startswith("old.py: names.npz: there is no array 'x'")


def test_a_measure_of_training_becomes_that_of_validation(rows: Path) -> None:
    Path("old.py").write_text(HEAD + "tuner = kt.RandomSearch(build, 'top_k_accuracy', 3)\n")
    assert "objective='val_top_k_accuracy',\n    direction='maximize'" in study_of(
        "old.py:build", rows
    )


@pytest.mark.parametrize(
    ("tuner", "said"),
    [
        (
            "kt.Tuner(kt.oracles.Hyperband('val_loss', 8), build)",
            "budget=Budget(epochs=8),\n    objective='val_loss',\n    pruner=\"hyperband\",\n)",
        ),
        (
            "kt.Tuner(oracle=kt.oracles.BayesianOptimization(kt.Objective('val_odd', 'max'), 6), "
            "hypermodel=build)",
            "budget=Budget(trials=6),\n    objective='val_odd',\n    direction='maximize',\n)",
        ),
    ],
)
def test_an_oracle_is_read_too(tuner: str, said: str, rows: Path) -> None:
    Path("old.py").write_text(f"{HEAD}tuner = {tuner}\n")
    assert study_of("old.py:build", rows).endswith(said)


def test_a_direction_that_a_measure_does_not_have_is_refused(rows: Path) -> None:
    objective = "kt.Objective('val_loss', 'max')"
    Path("old.py").write_text(f"{HEAD}tuner = kt.RandomSearch(build, {objective}, 3)\n")
    with pytest.raises(InputError, match="val_loss is to minimize; leave direction out"):
        source_of(Path("old.py:build"), rows).execute()


def test_only_a_name_behind_a_python_file_is_a_target(tmp_path: Path) -> None:
    assert target_of(Path("a/b.py:build"))
    assert not target_of(Path("a/b.py"))
    assert not target_of(Path("a:b.py"))


@pytest.mark.keras
def test_a_study_made_in_python_travels_with_its_hypermodel() -> None:
    import keras

    def build(hp: Any) -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(hp.Int("units", 2, 8))])
        for _ in range(hp.Int("epochs", 3, 7)):
            model.add(keras.layers.Dense(1, "sigmoid"))
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    study = Study(data=circles(samples=100), model=kerastuner(build))
    space = from_python.source_of(study, "made here").execute()
    resolved = ResolvedStudy.of(space)
    assert resolved.study.budget.epochs == 7  # the most that its space asks for
    trial = Probe(0)
    resolved.study.space(trial)  # type: ignore[operator]
    assert set(trial.params) == {"units", "epochs"}
    few = replace(study, budget=Budget(epochs=5))
    with pytest.raises(InputError, match=r"7 epochs are more than Budget\(epochs=5\)"):
        ResolvedStudy.of(from_python.source_of(few, "made here").execute())
