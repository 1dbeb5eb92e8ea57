"""Weights of places and of several outputs: trained, measured and exported as Keras does."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from search import Budget, Finals, Int, Study, arrays, npz, streams
from search.data.dataset import Dataset
from search.data.split import Rows, Split
from search.data.tree import Tree
from search.metrics.intervals import Draws
from search.store.run import load_run
from search.study.errors import InputError
from search.training.choice import Trainer
from search.training.custom import CustomMeasures, best_constant
from search.training.engine import TrainingRows
from search.training.held_out_outputs import kept_outputs
from search.training.model import build
from search.training.stream_rows import first_read
from tests.finals.test_with_keras import play
from tests.training.conftest import asked

pytestmark = pytest.mark.keras

DRAW = np.random.default_rng(0)
ROWS, STEPS = 60, 6
IDS = DRAW.integers(0, 9, (ROWS, STEPS))
TAGS = IDS % 3
LONG = DRAW.integers(2, STEPS + 1, ROWS)
WEIGHTS = (np.arange(STEPS) < LONG[:, None]) * DRAW.choice([1.0, 3.0], (ROWS, STEPS))
FLAT = DRAW.normal(size=(ROWS, 4)).astype("float32")
PRICE = FLAT[:, 0] * 2
HAS = (DRAW.random(ROWS) > 0.5).astype("float32")


def tagger(units: int = 5) -> Any:
    layers = keras.layers
    inner = [layers.Embedding(9, units), layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((STEPS,)), *inner])
    accuracy = keras.metrics.SparseCategoricalAccuracy
    model.compile(
        keras.optimizers.Adam(0.05),
        "sparse_categorical_crossentropy",
        metrics=[accuracy(name="plain")],
        weighted_metrics=[accuracy(name="weighted")],
    )
    return model


def two(units: int = 4) -> Any:
    rows = keras.Input((4,))
    inner = keras.layers.Dense(units, "relu")(rows)
    outputs = {
        "price": keras.layers.Dense(1, name="price")(inner),
        "kind": keras.layers.Dense(2, "softmax", name="kind")(inner),
    }
    model = keras.Model(rows, outputs)
    model.compile("adam", {"price": "mse", "kind": "sparse_categorical_crossentropy"})
    return model


def rows_of(data: Dataset) -> TrainingRows:
    parts = Split().parts(data)
    return TrainingRows(parts.train, parts.validation, parts.shape(data))


@pytest.mark.parametrize("case", ["steps", "outputs", "rows"])
def test_training_is_fit_with_sample_weight(case: str) -> None:
    """Of rows, too, as many as a sequence has steps, which Keras alone takes for the steps'."""
    if case == "outputs":
        data = arrays(FLAT, {"price": PRICE, "kind": TAGS[:, 0] // 2}, weights={"price": HAS})
        make = two
    else:
        own = WEIGHTS if case == "steps" else WEIGHTS[:, 0] + HAS
        data, make = arrays(IDS, TAGS, weights=own), tagger
    rows = rows_of(data.load())
    size = STEPS if case == "rows" else 8
    model = build(make, rows.shape, {}, 1)
    training = Trainer(rows, "fit").begin(asked(model, size, 5))
    before = model.get_weights()
    curve = training.advance(1)
    alone = make()
    alone.set_weights(before)
    order, train = training._drawn(0), rows.train

    def nested(part: Any) -> Any:
        return part.nested if isinstance(part, Tree) else part

    def given(part: Rows, at: Any = slice(None)) -> Any:
        weights = None if part.weights is None else nested(part.weights[at])
        if case == "rows" and weights is not None:
            weights = np.repeat(weights[:, None], STEPS, axis=1)
        return part.x[at], nested(part.y[at]), weights

    x, y, weights = given(train, order)
    alone.fit(x, y, size, sample_weight=weights, shuffle=False, verbose=0)
    for ours, theirs in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    x, y, weights = given(rows.validation)
    assert (weights is None) is (case == "rows")
    found = alone.evaluate(x, y, size, sample_weight=weights, verbose=0, return_dict=True)
    for name, value in found.items():
        assert curve[f"val_{name}"] == [pytest.approx(value, rel=1e-3)], name


def test_the_held_out_figures_are_those_of_evaluate(tmp_path: Path) -> None:
    study = Study(
        data=arrays(IDS, TAGS, weights=WEIGHTS),
        model=tagger,
        space={"units": Int(4, 5)},
        objective="val_weighted",
        direction="maximize",
        budget=Budget(trials=1, epochs=3),
        finals=Finals(top=1, seeds=1, refit=False),
    )
    played = play(study.for_task("custom"), tmp_path)
    held_out = played.parts.held_out
    model = keras.saving.load_model(load_run(played.path).folder.model)
    found = model.evaluate(
        held_out.x, held_out.y, sample_weight=held_out.weights, verbose=0, return_dict=True
    )
    answer = played.answer
    assert answer.headline.judged.value == pytest.approx(found["weighted"], abs=1e-5)
    told = {measure.measure: measure.value for measure in answer.measures}
    assert told["loss"] == pytest.approx(found["loss"], rel=1e-4)
    assert told["plain"] == pytest.approx(found["plain"], abs=1e-5)
    assert any("sample_weight" in note for note in answer.notes)


def test_measures_of_rows_and_the_constant_are_weighted() -> None:
    data = arrays(IDS, TAGS, weights=WEIGHTS).load()
    model = build(tagger, data.shape, {}, 0)
    rows = Rows(data.x, data.y, data.given.weights)
    measured = CustomMeasures(model, "val_loss", rows, data.shape)
    said = model.predict(data.x, verbose=0)
    losses = -np.log(np.take_along_axis(said, TAGS[..., None], -1)[..., 0]) * WEIGHTS
    assert measured.estimate(Draws.of(ROWS)).value == pytest.approx(losses.mean(), rel=1e-4)
    assert measured.of_rows[:, 0] == pytest.approx(losses.mean(axis=1), rel=1e-4)
    constant = best_constant(model, "val_loss", rows, data.shape, maximize=False)
    shares = [(WEIGHTS * (code == TAGS)).sum(0) / WEIGHTS.sum(0) for code in range(3)]
    assert constant == pytest.approx(np.stack(shares, 1), abs=0.01)


def test_places_without_weight_are_left_out_of_what_is_shown_of_an_output() -> None:
    data = arrays(IDS, TAGS, weights=WEIGHTS).load()
    model = build(tagger, data.shape, {}, 0)
    _, kept = kept_outputs(model, Rows(data.x, data.y, data.given.weights), data.y)
    right = model.predict(data.x, verbose=0).argmax(-1) == TAGS
    assert kept["0 right"].sum(0).tolist() == [right[WEIGHTS > 0].sum(), (WEIGHTS > 0).sum()]


def test_an_archive_and_parts_of_their_own_have_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=IDS, y=TAGS, w=WEIGHTS)
    read = npz(tmp_path / "a.npz", weights="w", validation=("x", "y", "w"), held_out=("x", "y"))
    weights = read.load().given.weights
    assert np.array_equal(weights[: 2 * ROWS], np.tile(WEIGHTS, (2, 1)))
    assert (weights[2 * ROWS :] == 1).all()


def test_streams_give_them_to_what_is_measured() -> None:
    def make() -> Any:
        every = tf.data.Dataset.from_tensor_slices((IDS, TAGS, WEIGHTS.astype("float32")))
        return {
            "train": every.take(40).batch(8),
            "validation": every.skip(40).take(10).batch(8),
            "held_out": every.skip(50).batch(8),
        }

    data = streams(make)
    found = data.dataset(first_read(data, {}), by_values=False)
    assert np.allclose(found.given.weights, WEIGHTS)
    parts = Split().parts(found)
    assert np.allclose(parts.held_out.weights, WEIGHTS[50:])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"weights": WEIGHTS[:, :4]},
            r"weights: its shape is \(60, 4\), and y is .*one for each pl",
        ),
        ({"weights": -WEIGHTS}, "weights: row .* a weight of -"),
        ({"weights": {"a": HAS}}, "weights: they are for a, and the targets are one array"),
        ({"weights": HAS, "validation": (IDS, TAGS, HAS)}, "validation: it has weights of rows"),
    ],
)
def test_what_is_no_weight_of_a_place_is_one_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        arrays(IDS, TAGS, **given).load()


def test_more_weights_than_a_loss_gives_numbers_are_refused() -> None:
    """Where a batch has as many rows as steps, Keras multiplies rows by steps without a word."""
    rows = rows_of(arrays(IDS.astype("float32"), FLAT[:, :1] * WEIGHTS, task="custom",
                          weights=WEIGHTS).load())  # fmt: skip
    model = keras.Sequential([keras.Input((STEPS,)), keras.layers.Dense(STEPS)])
    model.compile("adam", "mse")
    with pytest.raises(InputError, match=r"weights: a row has \(6,\) of them, .*\(6, 1\)"):
        Trainer(rows, "fit").begin(asked(model, 8, 5))
