"""Models of several inputs are trained by each engine as by `fit`, and their files take them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from search import Split, arrays
from search.data.dataset import Dataset
from search.data.split import Parts
from search.data.tree import Tree
from search.jobs.export import exported
from search.jobs.messages import Configuration, Prediction
from search.report.use import lines
from search.store.model_file import ModelFile
from search.study.answer import CONSTANT
from search.study.errors import InputError
from search.study.signature import Signature
from search.study.target_form import PLAIN
from search.training.export import loaded
from search.training.fixed_batch import fixed_batch
from search.training.model import ModelError, build
from search.training.model_inputs import InputsError, check_ids_of_rows, inputs_of
from search.training.outputs import outputs_of
from search.training.predict import predictions, raw_outputs
from search.training.recipe import Builder, Figure, Recipe
from search.training.script import script
from tests.forms import long_but
from tests.training.conftest import asked, trainer_of

pytestmark = pytest.mark.keras

ROWS, EPOCHS, BATCH, SEED = 160, 3, 16, 11
DRAW = np.random.default_rng(1)
NUMBERS = DRAW.normal(size=(ROWS, 3)).astype(np.float32)
WORDS = np.array(["good film", "bad film", "dull", "fine plot"])[DRAW.integers(0, 4, ROWS)]
Y = ((NUMBERS[:, 0] > 0) ^ np.isin(WORDS, ["bad film", "dull"])).astype(int)
USER, ITEM = DRAW.integers(0, 20, ROWS), DRAW.integers(0, 12, (ROWS, 1))
BIG = 2**24 + 1 + DRAW.integers(0, 8, ROWS)
PICTURES = DRAW.integers(0, 256, (ROWS, 8, 8, 3)).astype(np.uint8)


def ended(layers: list[Any], inputs: Any) -> Any:
    both = keras.layers.concatenate(layers)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(both))
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def wide_and_deep() -> Any:
    wide, deep = keras.Input((3,), name="wide"), keras.Input((8, 8, 3), name="deep")
    scaled = keras.layers.Rescaling(1 / 255)(deep)
    return ended([wide, keras.layers.GlobalAveragePooling2D()(scaled)], [wide, deep])


def two_towers() -> Any:
    user, item = keras.Input((), dtype="int32", name="user"), keras.Input((1,), name="item")
    towers = [
        keras.layers.Flatten()(keras.layers.Embedding(20, 4)(keras.layers.Reshape((1,))(user))),
        keras.layers.Flatten()(keras.layers.Embedding(12, 4)(item)),
    ]
    return ended(towers, {"user": user, "item": item})


def texts_and_numbers() -> Any:
    words = keras.layers.TextVectorization(output_sequence_length=3)
    words.adapt(WORDS.tolist())
    text, numbers = keras.Input((), dtype="string", name="text"), keras.Input((3,), name="n")
    embedded = keras.layers.Embedding(10, 4)(words(text))
    return ended([keras.layers.GlobalAveragePooling1D()(embedded), numbers], [text, numbers])


def texts_alone() -> Any:
    words = keras.layers.TextVectorization(output_sequence_length=3)
    words.adapt(WORDS.tolist())
    text = keras.Input((), dtype="string")
    embedded = keras.layers.Embedding(10, 4)(words(text))
    return ended([keras.layers.GlobalAveragePooling1D()(embedded)] * 2, text)


def texts_without_input() -> Any:
    words = keras.layers.TextVectorization(output_sequence_length=3)
    words.adapt(WORDS.tolist())
    rest = [keras.layers.Embedding(10, 4), keras.layers.GlobalAveragePooling1D()]
    model = keras.Sequential([words, *rest, keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def big_ids() -> Any:
    ids = keras.Input((), dtype="int64", name="ids")
    looked_up = keras.layers.IntegerLookup(vocabulary=sorted({*BIG.tolist()}))(ids)
    embedded = keras.layers.Embedding(9, 4)(keras.layers.Reshape((1,))(looked_up))
    return ended([keras.layers.Flatten()(embedded)] * 2, {"ids": ids})


CASES: dict[str, tuple[Any, Callable[[], Any]]] = {
    "numbers and pictures of bytes": ({"wide": NUMBERS, "deep": PICTURES}, wide_and_deep),
    "a list": ([NUMBERS, PICTURES], wide_and_deep),
    "ids": ({"user": USER, "item": ITEM}, two_towers),
    "texts and numbers": ({"text": WORDS, "n": NUMBERS}, texts_and_numbers),
    "texts alone": (WORDS, texts_alone),
    "texts without an Input": (WORDS, texts_without_input),
    "ids beyond 2²⁴": ({"ids": BIG}, big_ids),
}


@pytest.fixture(params=long_but(["texts and numbers"], {name: name for name in CASES}))
def case(request: pytest.FixtureRequest) -> tuple[Any, Dataset, Parts, Callable[[], Any]]:
    x, make = CASES[request.param]
    data = arrays(x, Y).load()
    return x, data, Split().parts(data), make


def taken(x: Any, places: Any) -> Any:
    """Rows as a user of Keras would take them, with nothing of this package."""
    return keras.tree.map_structure(
        lambda leaf: tf.constant(leaf[places]), list(x) if isinstance(x, tuple) else x
    )


def test_each_engine_trains_as_plain_fit_and_its_file_predicts_the_same(
    case: tuple[Any, Dataset, Parts, Callable[[], Any]],
) -> None:
    x, data, parts, make = case

    def made() -> Any:
        return build(make, data.shape, {}, SEED)

    train, validation, held_out = parts.numbers
    plain, losses = made(), []
    for epoch in range(EPOCHS):
        order = tf.random.experimental.stateless_shuffle(tf.range(len(train)), [SEED, epoch])
        rows = train[order.numpy()]
        history = plain.fit(
            taken(x, rows), Y[rows], BATCH, validation_data=(taken(x, validation), Y[validation]),
            shuffle=False, verbose=0,
        )  # fmt: skip
        losses.append([history.history[name][0] for name in ("loss", "val_loss")])
    expected = np.asarray(plain.predict(taken(x, held_out), verbose=0), float)
    for engine in ("in-graph", "fit"):
        training = trainer_of(parts, data.shape, engine).begin(asked(made(), BATCH, SEED))
        curve = training.advance(EPOCHS)
        found = np.transpose([curve["loss"], curve["val_loss"]])
        np.testing.assert_allclose(found, losses, rtol=1e-3, atol=1e-5, err_msg=engine)
        said = training.predictions(parts.held_out.x)
        np.testing.assert_allclose(said[:, 1:], expected, rtol=1e-3, atol=1e-4, err_msg=engine)
    check_file(x, data, parts, training.model, made)


def check_file(x: Any, data: Dataset, parts: Parts, model: Any, made: Callable[[], Any]) -> None:
    """Keras alone says of the file what the model says, by the lines of the page as well."""
    signature = Signature.of(data, parts)
    outputs = outputs_of(model, data.shape)
    found = {"held_out": predictions(model, parts.held_out.x, data.task, outputs)}
    job = Prediction("a model", Configuration({}, SEED), (), {"held_out": parts.held_out.x})
    context = SimpleNamespace(
        shape=data.shape, scale=None, inputs=None, preparation=None, signature=signature
    )
    content, why, _ = exported(model, job, found, outputs, cast(Any, context))
    assert (why, bool(content)) == ("", True)
    file = ModelFile("winner.keras", content)
    assert file.signature.inputs == data.shape.inputs
    assert not file.own_code()
    again = loaded(content)
    said = np.asarray(again.predict(taken(x, parts.numbers[2]), verbose=0), float)
    np.testing.assert_allclose(said, found["held_out"][:, 1:], rtol=1e-4, atol=1e-5)


def test_texts_without_an_input_train_in_batches_of_any_size() -> None:
    model = build(texts_without_input, arrays(WORDS, Y).load().shape, {}, SEED)
    assert fixed_batch(model) == 0


@pytest.mark.parametrize("name", ["a list", "texts and numbers", "texts alone"])
def test_the_lines_of_the_page_ask_the_file_of_a_model(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, make = CASES[name]
    data = arrays(x, Y).load()
    model = build(make, data.shape, {}, SEED)
    model.save(tmp_path / "winner.keras")
    monkeypatch.chdir(tmp_path)
    if isinstance(x, list):
        np.savez("rows.npz", *x)
    elif isinstance(x, dict):
        np.savez("rows.npz", allow_pickle=False, **x)
    else:
        pd.DataFrame({"text": x}).to_csv("rows.csv")
    told: dict[str, Any] = {}
    exec("\n".join(lines(Signature.of(data, Split().parts(data)), "winner.keras")), told)  # noqa: S102 - as a user does
    np.testing.assert_allclose(
        told["predictions"], raw_outputs(model, data.x), rtol=1e-4, atol=1e-5
    )


def test_the_script_trains_and_measures_what_the_engine_did(tmp_path: Path) -> None:
    x, make = CASES["texts and numbers"]
    data = arrays(x, Y).load()
    parts = Split().parts(data)
    training = trainer_of(parts, data.shape).begin(
        asked(build(make, data.shape, {}, SEED), BATCH, SEED)
    )
    training.advance(EPOCHS)
    said = training.predictions(parts.held_out.x)
    right = float((said.argmax(axis=1) == parts.held_out.y).mean())
    text = f"""import keras
import numpy as np

WORDS = np.array({WORDS.tolist()!r})


def ended(layers, inputs):
    both = keras.layers.concatenate(layers)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(both))
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
    return model


def build():
    words = keras.layers.TextVectorization(output_sequence_length=3)
    words.adapt(WORDS.tolist())
    text, numbers = keras.Input((), dtype="string", name="text"), keras.Input((3,), name="n")
    embedded = keras.layers.Embedding(10, 4)(words(text))
    return ended([keras.layers.GlobalAveragePooling1D()(embedded), numbers], [text, numbers])
"""
    recipe = Recipe(
        run="a-run", versions={"keras": "3"}, builder=Builder(text, "build()"), shape=data.shape,
        seed=SEED, epochs=EPOCHS, batch=BATCH, numpy_random=False, threads=1,
        figures=(Figure("accuracy", right, "accuracy", "val_accuracy"),), seeds=(right,), loss=None,
        targets=PLAIN, outputs=outputs_of(training.model, data.shape),
    )  # fmt: skip
    from search.app.exported_rows import arrays_of

    np.savez(tmp_path / "data.npz", allow_pickle=False, **arrays_of(parts, {}, None, recipe))
    (tmp_path / "train.py").write_text(script(recipe))
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert f"held-out accuracy {right:.6g} here" in done.stdout, done.stderr[-3000:]
    again = keras.saving.load_model(tmp_path / "trained.keras")
    np.testing.assert_allclose(
        again.predict(taken(x, parts.numbers[2]), verbose=0), said[:, 1:], rtol=1e-3, atol=1e-4
    )


def of_inputs(*inputs: Any) -> Any:
    flat = [keras.layers.Flatten()(one) for one in inputs if one.dtype != "string"]
    flat = flat or [keras.layers.Embedding(5, 2)(keras.layers.Hashing(5)(inputs[0]))]
    return ended([flat[0], flat[0]], list(inputs))


def embedded(ids: Any) -> Any:
    there = keras.layers.Flatten()(keras.layers.Embedding(20, 2, name="places")(ids))
    if ids.shape == (None, 1):
        return ended([there, there], ids)
    numbers = keras.Input((3,), name="n")
    return ended([there, numbers], [ids, numbers])


MISTAKES: dict[str, tuple[Any, Callable[[], Any], str]] = {
    "a name": (
        {"ids": USER, "n": NUMBERS},
        lambda: of_inputs(keras.Input((3,), name="n"), keras.Input((1,), name="idz")),
        "a model with the inputs 'n', 'idz', and the data have 'ids', 'n'",
    ),
    "one too many": (
        [NUMBERS, NUMBERS],
        lambda: of_inputs(keras.Input((3,), name="n")),
        "a model with 1 inputs?, and the data have 2",
    ),
    "a shape": (
        {"n": NUMBERS, "m": NUMBERS},
        lambda: of_inputs(keras.Input((4,), name="n"), keras.Input((3,), name="m")),
        r"input 'n' takes rows of shape \(4,\), and those of x\['n'\] are \(3,\)",
    ),
    "texts for numbers": (
        {"t": WORDS, "n": NUMBERS},
        lambda: of_inputs(keras.Input((3,), name="n"), keras.Input((), name="t")),
        r"input 't' takes numbers \(float32\), and x\['t'\] holds texts",
    ),
    "numbers for texts": (
        {"t": USER, "n": NUMBERS},
        lambda: of_inputs(keras.Input((3,), name="n"), keras.Input((), dtype="string", name="t")),
        r"input 't' takes texts, and x\['t'\] holds numbers \(int64\)",
    ),
    "one array of texts": (
        WORDS,
        lambda: of_inputs(keras.Input((3,), name="n")),
        r"input 'n' takes numbers \(float32\), and x holds texts; declare keras.Input\(\(\), dty",
    ),
    "another order": (
        [NUMBERS, PICTURES],
        lambda: of_inputs(keras.Input((8, 8, 3), name="p"), keras.Input((3,), name="n")),
        r"'p' \(8, 8, 3\), 'n' \(3,\), in this order, and the rows of x are of the shapes \(3,\), "
        r"\(8, 8, 3\); give x in the order",
    ),
    "an id too large": (
        {"ids": np.where(np.arange(ROWS) == 7, 31, ITEM[:, 0]), "n": NUMBERS},
        lambda: embedded(keras.Input((), dtype="int32", name="ids")),
        r"'places' has places for ids from 0 to 19, and x\['ids'\] goes from 0 to 31; give it "
        "input_dim=32",
    ),
    "an id below 0": (
        ITEM - 1,
        lambda: embedded(keras.Input((1,), name="ids")),
        "and x goes from -1 to 10; number ids from 0 on",
    ),
    "an id of int64": (
        ITEM + 2**33,
        lambda: of_inputs(keras.Input((1,), dtype="int32", name="ids")),
        "input 'ids' takes int32, and x goes from 8,589,934,592 to .*, which int32 does not hold",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_model_of_other_inputs_is_one_sentence(name: str) -> None:
    x, make, sentence = MISTAKES[name]
    data = arrays(x, Y).load()
    with pytest.raises(ModelError, match=sentence):
        build(make, data.shape, {}, SEED)


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (tf.ragged.constant([[1], [2, 3]] * 80), r"a RaggedTensor .*give its rows .*\.to_list"),
        (tf.sparse.from_dense(np.eye(ROWS)), r"a SparseTensor .* dense by tf\.sparse\.to_dense"),
    ],
)
def test_tensors_that_numpy_does_not_read_are_one_sentence(x: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        arrays({"a": x}, Y)


def test_a_model_may_leave_inputs_out_of_a_dict_as_fit_allows() -> None:
    data = arrays({"n": NUMBERS, "t": WORDS}, Y).load()
    model = build(lambda: of_inputs(keras.Input((3,), name="n")), data.shape, {}, SEED)
    assert np.asarray(model(inputs_of(data.x))).shape == (ROWS, 1)


def test_reference_models_are_given_the_numbers_of_all_inputs() -> None:
    from search.finals.reference_models import plain_predictions

    for x, names in (
        ({"a": NUMBERS, "b": PICTURES}, {CONSTANT, "linear model", "gradient-boosting model"}),
        ({"a": NUMBERS, "t": WORDS},
         {CONSTANT, "linear model on TF-IDF and numbers",
          "gradient-boosting model, numbers alone"}),
        (WORDS, {CONSTANT, "linear model on TF-IDF"}),
    ):  # fmt: skip
        parts = Split().parts(arrays(x, Y).load())
        said = plain_predictions(parts.train, parts.held_out.x, 2, "binary")
        assert set(said) == names
        assert {one.shape for one in said.values()} == {(len(parts.held_out), 2)}
    tree = arrays({"a": NUMBERS[:, :2], "b": NUMBERS[:, 2]}, Y).load()
    flat = arrays(NUMBERS, Y).load()
    assert isinstance(tree.x, Tree)
    found = [plain_predictions(p.train, p.held_out.x, 2, "binary")
             for p in (Split().parts(tree), Split().parts(flat))]  # fmt: skip
    np.testing.assert_array_equal(found[0]["linear model"], found[1]["linear model"])


def test_a_new_id_that_the_model_has_no_place_for_is_told_by_its_row() -> None:
    model = embedded(keras.Input((), dtype="int32", name="ids"))
    known = {("ids",): np.arange(20), ("n",): np.zeros((20, 3), "float32")}
    check_ids_of_rows(model, Tree(known))
    new = Tree({**known, ("ids",): np.where(np.arange(20) == 7, 31, 0)})
    with pytest.raises(InputsError, match=r"row 7 \(from 0\) has the id 31, and .* 0 to 19"):
        check_ids_of_rows(model, new)
