"""Models that take batches of one size alone, in whole searches; figures by plain Keras again."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from search import Budget, Finals, Int, Split, State, Study, arrays, table
from search.data.dataset import Array
from search.store.run import load_run
from search.study.signature import Signature
from search.training.export import in_own_units, keras_bytes, of_raw_columns
from search.training.from_file import predictions_by_file
from search.training.keras_compat import layers_of
from search.training.model import ModelError, build
from tests.finals.test_with_keras import Played, play
from tests.forms import long_but
from tests.training.conftest import asked, trainer_of

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore:.*was called on layer")]

BATCH, STEPS = 32, 4
RNG = np.random.default_rng(0)
X = RNG.normal(size=(250, STEPS, 2)).astype(np.float32)
Y = (X[:, -1, 0] + X[:, 0, 1] + 0.5 * RNG.normal(size=len(X)) > 0).astype(int)
INPUT = (BATCH, STEPS, 2)


def sequential(units: int) -> Any:
    return keras.Sequential([
        keras.Input(batch_shape=INPUT), keras.layers.GRU(units, stateful=True),
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip


def undeclared(units: int) -> Any:
    """Keras builds it for the rows that come first."""
    return keras.Sequential(
        [keras.layers.GRU(units, stateful=True), keras.layers.Dense(1, "sigmoid")]
    )


def functional(units: int) -> Any:
    inputs = keras.Input(batch_shape=INPUT)
    both = keras.layers.Bidirectional(keras.layers.LSTM(units, stateful=True))(inputs)
    return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(both))


def written_in(units: int) -> Any:
    """Without states, and with the size of the batch in an operation."""
    inputs = keras.Input(batch_shape=INPUT)
    flat = keras.ops.reshape(inputs, (BATCH, 2 * STEPS))
    hidden = keras.layers.Dense(units, "relu")(flat)
    return keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(hidden))


@keras.saving.register_keras_serializable("people")
class Subclassed(keras.Model):
    """Nothing declares its batch but the state of its layer."""

    def __init__(self, units: int = 4, **more: Any) -> None:
        super().__init__(**more)
        self.units = units
        self.memory = keras.layers.GRU(units, stateful=True)
        self.out = keras.layers.Dense(1, "sigmoid")

    def call(self, x: Any) -> Any:
        return self.out(self.memory(x))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


class OwnTest(Subclassed):
    """Measures in a step of its own."""

    def test_step(self, data: Any) -> Any:
        return super().test_step(data)


KINDS = [sequential, undeclared, functional, written_in, Subclassed, OwnTest]


def search_of(kind: Any, root: Path, **more: Any) -> Played:
    """A search of one trial, and its answer."""

    def build(units: int) -> Any:
        model = kind(units)
        model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
        return model

    given: dict[str, Any] = {
        "space": {"units": Int(4, 5)},
        "budget": Budget(trials=1, epochs=3, patience=None),
        "finals": Finals(top=1, seeds=1, refit=False),
        "split": Split(shuffle=False),
    }
    study = Study(data=arrays(X, Y), model=build, **given | more)  # 150 train: 22 are left
    return play(study.for_task("binary"), root)


def plainly(model: Any, x: Array) -> Array:
    """What Keras predicts batch by batch from fresh states, of rows that zeros fill up."""
    for layer in layers_of(model):
        if getattr(layer, "stateful", False):
            layer.reset_state()
    filled = np.concatenate([x, np.zeros((-len(x) % BATCH, *x.shape[1:]), x.dtype)])
    found = [np.asarray(model(filled[at : at + BATCH])) for at in range(0, len(filled), BATCH)]
    return np.concatenate(found)[: len(x), 0].astype(float)


def log_loss(said: Array, y: Array) -> float:
    return float(-np.log(np.where(y == 1, said, 1 - said)).mean())


@pytest.mark.parametrize(
    "kind",
    long_but(["functional"], {kind.__name__: kind for kind in KINDS}),
)
def test_a_model_of_one_size_of_batch_is_searched_and_judged_on_all_rows(
    kind: Any, tmp_path: Path
) -> None:
    played = search_of(kind, tmp_path)
    (trial,), answer = played.trials, played.answer
    assert trial.state is State.COMPLETE, trial.reason
    run = load_run(played.path)
    kept = run.arrays("held_out")["probabilities"]
    held, validation = played.parts.held_out, played.parts.validation
    assert answer.headline.value == pytest.approx((kept.argmax(axis=1) == held.y).mean())
    if kind in {Subclassed, OwnTest}:  # a file says nothing of the batch of such a class
        assert answer.no_model
    else:
        model = keras.saving.load_model(run.folder.model, compile=False)
        assert np.allclose(kept[:, 1], plainly(model, held.x), atol=1e-5)
        (fit,) = answer.finalists[0].fits
        expected = log_loss(plainly(model, validation.x), validation.y)
        assert fit.curve["val_loss"][-1] == pytest.approx(expected, rel=1e-4)
    (note,) = [note for note in answer.notes if "batches" in note]
    assert "22 of 150 training rows" in note
    assert ("states" in note) is (kind is not written_in)


def built(kind: Any, **params: Any) -> Any:
    """As a trial has it built."""

    def make() -> Any:
        model = kind(4)
        model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy", metrics=["accuracy"])
        return model

    return build(make, arrays(X, Y).load().shape, params, seed=1)


@pytest.mark.parametrize(
    "kind", long_but(["Subclassed"], {"functional": functional, "Subclassed": Subclassed})
)
def test_fit_trains_them_as_the_graph_does(kind: Any) -> None:
    data = arrays(X, Y).load()
    parts = Split(shuffle=False).parts(data)
    curves = []
    for engine in ("in-graph", "fit"):
        request = asked(built(kind), BATCH, 1)
        training = trainer_of(parts, data.shape, engine).begin(request)
        assert training.engine.name == engine
        curves.append(training.advance(2))
    first, second = curves
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert values == pytest.approx(second[name], rel=1e-4), name


def test_the_exported_file_takes_any_number_of_rows() -> None:
    model = built(functional)
    content = keras_bytes(model)
    for count in (1, BATCH, 50):
        found = predictions_by_file(content, X[:count], Signature("binary", ("no", "yes")))
        assert np.allclose(found[:, 1], plainly(model, X[:count]), atol=1e-6)


def test_the_file_of_a_table_takes_any_number_of_rows() -> None:
    words = np.where(X[:, 0, 1] > 0, "x", "y")
    frame = pd.DataFrame({"a": X[:, 0, 0], "b": words, "cost": 900 + 50 * X[:, 1, 0]})
    parts = Split().parts(table(frame, target="cost", task="regression").load()).scaled()
    preparation, scale, columns = parts.preparation, parts.scale, parts.raw
    assert preparation is not None
    assert scale is not None
    assert columns is not None
    features = parts.held_out.x.shape[1]
    inputs = keras.Input(batch_shape=(BATCH, features))
    read = keras.layers.GRU(4, stateful=True)(keras.ops.reshape(inputs, (BATCH, features, 1)))
    model = keras.Model(inputs, keras.layers.Dense(1)(read))
    model.compile("adam", "mse")
    content = keras_bytes(of_raw_columns(in_own_units(model, scale), preparation))
    found = predictions_by_file(content, columns, Signature("regression", ("y",)))[:, 0]
    assert len(found) == len(columns) == 50
    expected = scale.mean[0] + scale.deviation[0] * plainly(model, parts.held_out.x[:50])
    assert np.allclose(found, expected, rtol=1e-5)


def test_a_batch_size_that_contradicts_the_model_is_a_mistake() -> None:
    assert built(sequential, batch_size=BATCH).built
    told = "for batches of 32 rows, and batch_size is 16: its stateful layer 'gru.*' keeps a state"
    with pytest.raises(ModelError, match=told):
        built(sequential, batch_size=16)


def test_a_file_says_what_keras_alone_needs() -> None:
    expects = Signature("binary", ("a", "b"), shape=(4, 2), batch=32).expects
    assert expects.endswith("in batches of exactly 32 rows where Keras alone is asked")
