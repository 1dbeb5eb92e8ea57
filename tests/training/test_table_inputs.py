"""Models of a table's columns as several inputs and of texts: files, lines and scripts of them."""

import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import pandas as pd
import pytest

from search import Budget, Choice, Float, InputError, Study, TextSpace, table
from search.app.exported_rows import arrays_of
from search.app.resolved import ResolvedStudy
from search.data.new_rows import new_rows
from search.jobs.context import DataSplit
from search.jobs.export import exported
from search.jobs.messages import Configuration, Prediction
from search.loading.space_file import Space, SpaceSource
from search.report.use import lines
from search.store.model_file import ModelFile
from search.training.export import loaded
from search.training.model import build, taught
from search.training.outputs import outputs_of
from search.training.predict import predictions, raw_outputs_of_columns
from search.training.recipe import Builder, Figure, Recipe, builder_of
from search.training.script import script
from tests.forms import long_but
from tests.training.conftest import asked, trainer_of

pytestmark = pytest.mark.keras

ROWS, EPOCHS, BATCH, SEED = 200, 2, 16, 5
BUILD = """import keras


def build(units=4):
    words = keras.layers.TextVectorization(output_sequence_length=4, vocabulary=["nice", "old"])
    wide, deep = keras.Input((3,), name="wide"), keras.Input((3,), name="deep")
    text = keras.Input((), dtype="string")
    embedded = keras.layers.Flatten()(keras.layers.Embedding(4, 2)(words(text)))
    both = keras.layers.concatenate([wide, keras.layers.Dense(units, "relu")(deep), embedded])
    inputs = {"wide": wide, "deep": deep, "any/comment": text}
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(both))
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model
"""


def homes(file: Path) -> Path:
    draw = np.random.default_rng(3)
    columns = {
        "size": draw.normal(90, 30, ROWS).round(1), "rooms": draw.integers(1, 6, ROWS),
        "town": draw.choice(["Ulm", "Bonn", "Rom"], ROWS),
        "any/comment": draw.choice(["a nice, old home", "old", "", "nice;\nloud"], ROWS),
    }  # fmt: skip
    frame = pd.DataFrame(columns)
    frame.loc[::9, "size"] = np.nan
    frame["sold"] = np.where((frame["size"] > 90) | (frame["any/comment"] == "old"), "yes", "no")
    frame.to_csv(file, index=False)
    return file


def resolved(file: Path, **given: Any) -> ResolvedStudy:
    data = {k: given.pop(k) for k in ("texts", "inputs", "drop") if k in given}
    study = Study(table(file, target="sold", **data), budget=Budget(trials=2, epochs=2), **given)
    return ResolvedStudy.of(Space(study, "t", SpaceSource("a.py", "a.py", {}), touched=False))


def text_space() -> TextSpace:
    return TextSpace(vocabulary=20, units=4, learning_rate=Float(0.001, 0.01))


@pytest.mark.filterwarnings("ignore:When providing")  # of a column whose name no tensor can have
@pytest.mark.parametrize("kind", long_but(["inputs"], {n: n for n in ("inputs", "texts alone")}))
def test_file_lines_and_script_take_the_columns_and_say_what_the_engine_said(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = homes(tmp_path / "rows.csv")
    params: dict[str, Any] = {}
    if kind == "inputs":
        namespace: dict[str, Any] = {}
        exec(BUILD, namespace)  # noqa: S102 - as a user wrote it
        make: Any = namespace["build"]
        inputs = {"wide": ["town"], "deep": ["size", "rooms"]}
        own = resolved(file, texts="any/comment", inputs=inputs, model=make,
                       space={"units": Choice(1, 2)})  # fmt: skip
    else:
        own = resolved(
            file, texts="any/comment", drop=["size", "rooms", "town"], space=text_space()
        )
        params = {**own.study.fixed, "learning_rate": 0.005, "batch_size": BATCH}
        make = taught(None, own.parts.train, own.parts.shape(own.dataset))
    parts, data = own.parts, own.dataset
    shape = parts.shape(data)
    model = build(make, shape, params, SEED)
    training = trainer_of(parts, shape).begin(asked(model, BATCH, SEED))
    training.advance(EPOCHS)
    said = training.predictions(parts.held_out.x)
    outputs, rows = outputs_of(training.model, shape), DataSplit.of(parts, data)
    found = {"held_out": predictions(training.model, parts.held_out.x, data.task, outputs)}
    np.testing.assert_array_equal(found["held_out"], said)
    job = Prediction(
        "one", Configuration({}, SEED), (), {"held_out": parts.held_out.x}, raw=parts.raw
    )
    content, why, _ = exported(training.model, job, found, outputs, rows)
    assert (why, bool(content)) == ("", True)
    signature = ModelFile("winner.keras", content).signature
    columns, _ = new_rows(signature, file)
    everything = raw_outputs_of_columns(loaded(content), cast(Any, columns))
    np.testing.assert_allclose(everything[parts.numbers[2]], said[:, 1:], rtol=1e-4, atol=1e-5)

    monkeypatch.chdir(tmp_path)
    (tmp_path / "winner.keras").write_bytes(content)
    told: dict[str, Any] = {}
    exec("\n".join(lines(signature, "winner.keras")), told)  # noqa: S102 - as a user does
    np.testing.assert_allclose(told["predictions"], everything, rtol=1e-4, atol=1e-5)

    right = float((said.argmax(axis=1) == parts.held_out.y).mean())
    builder = builder_of(shape, params) if params else Builder(BUILD, "build()")
    recipe = Recipe(
        run="a-run", versions={"keras": "3"}, builder=builder, shape=shape, seed=SEED,
        epochs=EPOCHS, batch=BATCH, numpy_random=False, threads=1,
        figures=(Figure("accuracy", right, "accuracy", "val_accuracy"),), seeds=(right,), loss=None,
        outputs=outputs, preparation=parts.preparation,
    )  # fmt: skip
    np.savez(tmp_path / "data.npz", allow_pickle=False, **arrays_of(parts, {}, None, recipe))
    (tmp_path / "train.py").write_text(script(recipe))
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert f"held-out accuracy {right:.6g} here" in done.stdout, done.stderr[-3000:]
    again = keras.saving.load_model(tmp_path / "trained.keras", safe_mode=True)
    by_script = raw_outputs_of_columns(again, cast(Any, columns))
    np.testing.assert_allclose(by_script, everything, rtol=1e-3, atol=1e-4)


def test_a_space_without_model_code_says_which_inputs_it_does_not_take(tmp_path: Path) -> None:
    file = homes(tmp_path / "rows.csv")
    with pytest.raises(InputError, match=r"features \(rows, .\) of float32, any/comment .*model="):
        resolved(file, texts="any/comment", space=text_space())
    with pytest.raises(InputError, match="a DenseSpace takes one array of numbers; give model"):
        resolved(file, texts="any/comment")
