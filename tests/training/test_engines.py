"""Training in one graph is training by `fit`: the same steps on the same rows in the same order."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from search.data.dataset import Array, Shape
from search.data.split import Parts
from search.study.trial import Curve, EngineChoice
from search.training.device import forget
from search.training.engine import Training
from search.training.model import build
from search.training.plan import TrainingPlan
from tests.forms import long_but
from tests.training.conftest import ANY_TASK, PLAIN, asked, trainer_of, weighted

pytestmark = pytest.mark.keras

TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}
"""float32 over a few hundred steps: `fit` compiles by XLA, which sums in another order."""

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "adam": {},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.1},
    "rmsprop": {"optimizer": "rmsprop", "activation": "tanh"},
    "nadam and l2": {"optimizer": "nadam", "l2": 0.01},
    "batch norm": {"batch_norm": True, "activation": "elu"},
    "no hidden layer": {"layers": 0},
    "a batch larger than the rows": {"batch_size": 1000},
    "batches of one row less than all": {"batch_size": 149},
}


def training(parts: Parts, shape: Shape, engine: str = "in-graph", **params: Any) -> Training:
    params = {**PLAIN, **params}
    model = build(None, shape, params, seed=3)
    return trainer_of(parts, shape, engine).begin(
        asked(model, params["batch_size"], 11, class_weight=params.get("class_weight", "none"))
    )


def agree(ours: Training, stock: Training, x: Array, epochs: int = 4) -> None:
    found, expected = ours.advance(epochs), stock.advance(epochs)
    assert found.keys() == expected.keys()
    for measure in found:
        np.testing.assert_allclose(found[measure], expected[measure], **TOLERANCE, err_msg=measure)
    np.testing.assert_allclose(ours.predictions(x), stock.predictions(x), **TOLERANCE)


@pytest.mark.parametrize(
    "name",
    long_but(
        ["nadam and l2"],
        {name: name for name in CONFIGURATIONS},
    ),
)
def test_both_engines_give_the_same_curves_and_predictions(
    name: str, binary: tuple[Parts, Shape]
) -> None:
    parts, shape = binary
    ours = training(parts, shape, **CONFIGURATIONS[name])
    stock = training(parts, shape, "fit", **CONFIGURATIONS[name])
    assert (ours.engine, stock.engine) == (EngineChoice("in-graph"), EngineChoice("fit"))
    agree(ours, stock, parts.validation.x, epochs=6)


@pytest.mark.long  # in short by the weighted rows of every task
def test_they_agree_on_every_task(any_task: tuple[Parts, Shape]) -> None:
    parts, shape = any_task
    ours, stock = training(parts, shape), training(parts, shape, "fit")
    x = parts.validation.x
    agree(ours, stock, x)
    assert len(ours.predictions(x)) == len(parts.validation)


@pytest.mark.parametrize(
    "any_task", long_but(["binary", "numbers"], {name: name for name in ANY_TASK}), indirect=True
)
def test_they_agree_on_weighted_rows_of_every_task(any_task: tuple[Parts, Shape]) -> None:
    parts, shape = weighted(*any_task)
    ours, stock = training(parts, shape), training(parts, shape, "fit")
    agree(ours, stock, parts.validation.x)


@pytest.mark.parametrize("rows", long_but(["rare"], {n: n for n in ("rare", "three_classes")}))
def test_they_agree_on_balanced_classes(rows: str, request: pytest.FixtureRequest) -> None:
    parts, shape = request.getfixturevalue(rows)
    kinds = [training(parts, shape, e, class_weight="balanced") for e in ("in-graph", "fit")]
    agree(kinds[0], kinds[1], parts.validation.x)


def test_a_trainer_weighs_each_training_as_it_is_asked(rare: tuple[Parts, Shape]) -> None:
    """One architecture, and so one program a weighting."""
    parts, shape = rare
    trainer = trainer_of(parts, shape)

    def curve(class_weight: str) -> Curve:
        model = build(None, shape, PLAIN, seed=3)
        return trainer.begin(asked(model, 32, 11, class_weight=class_weight)).advance(3)

    plain, balanced = curve("none"), curve("balanced")
    assert plain["val_loss"] != balanced["val_loss"]
    assert (curve("none"), curve("balanced")) == (plain, balanced)


def test_dropout_is_on_in_training_and_off_in_validation(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    trained = training(parts, shape, dropout=0.5, units=64, learning_rate=1e-9)
    curve = trained.advance(3)
    # The weights hardly move: what differs between epochs is which units were dropped.
    assert len(set(curve["loss"])) == 3
    assert np.ptp(curve["val_loss"]) < 1e-4 < np.ptp(curve["loss"])


def test_every_epoch_sees_every_row_once_in_an_order_of_its_own() -> None:
    from search.training.in_graph import row_order

    orders = [row_order(150, tf.constant(5), tf.constant(epoch)).numpy() for epoch in range(3)]
    assert all(sorted(order) == list(range(150)) for order in orders)
    assert not np.array_equal(orders[0], orders[1])
    again = row_order(150, tf.constant(5), tf.constant(1)).numpy()
    np.testing.assert_array_equal(orders[1], again)


def test_training_in_rungs_is_training_at_once(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    whole = training(parts, shape).advance(9)
    stepwise = training(parts, shape)
    pieces = [stepwise.advance(rung) for rung in (1, 3, 9)]
    for measure in whole:
        assert whole[measure] == [value for piece in pieces for value in piece[measure]]


def test_a_trial_does_not_depend_on_what_its_process_did_before(
    binary: tuple[Parts, Shape],
) -> None:
    parts, shape = binary
    alone = training(parts, shape, dropout=0.2).advance(4)
    training(parts, shape, layers=3, units=20, optimizer="sgd").advance(2)
    forget()
    assert training(parts, shape, dropout=0.2).advance(4) == alone


def test_training_stops_after_the_first_epoch_whose_loss_is_not_finite(
    binary: tuple[Parts, Shape],
) -> None:
    parts, shape = binary

    def diverges() -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1e6), "mse", metrics=["accuracy"])
        return model

    model = build(diverges, shape, {}, seed=1)
    curve = trainer_of(parts, shape).begin(asked(model, 32, 1)).advance(50)
    assert not math.isfinite(curve["loss"][-1])
    assert all(math.isfinite(loss) for loss in curve["loss"][:-1])
    assert len(curve["loss"]) < 50


def test_a_model_with_a_fit_of_its_own_is_trained_by_it(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    calls = []

    class Own(keras.Sequential):
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            calls.append(1)
            return super().fit(*args, **kwargs)

    def make() -> Any:
        model = Own([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
        return model

    request = replace(asked(build(make, shape, {}, 1), 32, 1), plan=TrainingPlan(2))
    trained = trainer_of(parts, shape).begin(request)
    assert len(trained.advance(2)["loss"]) == 2
    assert trained.engine == EngineChoice("fit", "the model has a fit of its own")
    assert len(calls) == 1


def test_what_only_fit_does_as_its_author_means_is_said(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary

    class Tells(keras.Sequential):
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)

        def test_step(self, data: Any) -> Any:
            return {**super().test_step(data), "more": 1.0}

    def chosen(kind: Any = keras.Sequential, change: Any = None, **compiled: Any) -> EngineChoice:
        model = kind([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy", metrics=["accuracy"], **compiled)
        if change is not None:
            change(model)
        return trainer_of(parts, shape).chosen(asked(model, 32, 1))[1]

    def patch(model: Any) -> None:
        model.fit = partial(type(model).fit, model)

    assert chosen() == EngineChoice("in-graph")
    by = {
        "the model has a fit of its own": chosen(change=patch),
        "the model is compiled with run_eagerly=True": chosen(run_eagerly=True),
        "the model's test_step returns what none of its metrics keeps": chosen(Tells),
    }
    assert by == {why: EngineChoice("fit", why) for why in by}


def test_a_train_step_of_ones_own_runs_in_the_graph(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary

    class Halved(keras.Sequential):
        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                predicted = self(x, training=True)
                loss = 0.5 * self.compute_loss(x, y, predicted)
            gradients = tape.gradient(loss, self.trainable_weights)
            if loss > 1e9:  # AutoGraph has to see this
                loss = tf.zeros_like(loss)
            self.optimizer.apply(gradients, self.trainable_weights)
            self._loss_tracker.update_state(loss, sample_weight=tf.shape(x)[0])
            return self.compute_metrics(x, y, predicted)

    def make(kind: str) -> Any:
        cls = Halved if kind == "own" else keras.Sequential
        model = cls([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
        model.compile(keras.optimizers.SGD(1e-9), "binary_crossentropy", metrics=["accuracy"])
        return model

    losses = []
    for kind in ("own", "stock"):
        model = build(make, shape, {"kind": kind}, 1)
        trained = trainer_of(parts, shape).begin(asked(model, 32, 1))
        assert trained.engine == EngineChoice("in-graph")
        losses.append(trained.advance(1)["loss"][0])
    assert losses[0] == pytest.approx(losses[1] / 2, rel=1e-5)


def test_rows_that_do_not_fit_are_left_to_fit(
    binary: tuple[Parts, Shape], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts, shape = binary
    monkeypatch.setattr("search.training.graph_engine.SHARE_OF_MEMORY", 0.0)
    why = "the rows take over 0 % of the machine's free memory"
    assert training(parts, shape).engine == EngineChoice("fit", why)


def test_one_trace_serves_all_epochs(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    trained = training(parts, shape)
    for rung in (1, 3, 9):
        trained.advance(rung)
    assert trained._program.epochs.experimental_get_tracing_count() == 1
