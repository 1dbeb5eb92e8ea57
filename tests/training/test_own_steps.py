"""What nothing but a model's own steps measures, as the objective; figures recomputed by Keras."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import f1_score, recall_score

from search import State
from search.data.split import Parts, Rows
from search.metrics.intervals import Draws
from search.report.page import render
from search.store.run import load_run
from search.study.errors import RunError
from search.study.trial import EngineChoice
from search.training.engine import Training
from search.training.losses import losses_of
from search.training.model import build
from search.training.own_measure import OwnMeasure, of_validation
from search.training.plan import TrainingPlan
from tests.forms import long_but
from tests.training.conftest import asked, trainer_of
from tests.training.test_own_classes import FEATURES, TWO, Shaped, held_out_by, search_of

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore:.*was called on layer")]


class Gap(Shaped):
    """Adds a number of its own to what is measured, which no metric keeps."""

    def test_step(self, data: Any) -> Any:
        x, y = data
        said = self(x, training=False)[:, 0]
        gap = keras.ops.abs(keras.ops.mean(said) - keras.ops.mean(keras.ops.cast(y, "float32")))
        return {**super().test_step(data), "gap": gap}


class Bare(Gap):
    """Returns no loss."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            far = self(x, training=True)[:, 0] - tf.cast(y, tf.float32)
            error = tf.reduce_mean(tf.square(far))
        self.optimizer.apply(tape.gradient(error, self.trainable_weights), self.trainable_weights)
        return {"error": error}

    def test_step(self, data: Any) -> Any:
        x, y = data
        said = self(x, training=False)[:, 0]
        return {"gap": tf.abs(tf.reduce_mean(said) - tf.reduce_mean(tf.cast(y, tf.float32)))}


def built_of(kind: Any, compiled: dict[str, Any]) -> Any:
    def make(units: int) -> Any:
        model = kind(units)
        model.compile("adam", **compiled)
        return model

    return make


class Documented(Shaped):
    """As Keras's guide writes a step: it returns its metrics' results, a container's as a dict."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            said = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=said)
        self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
        for metric in self.metrics:
            metric.update_state(*([loss] if metric.name == "loss" else [y, said]))
        return {metric.name: metric.result() for metric in self.metrics}


class LastBatch(Documented):
    """The same names, of which the loss is that of the last batch alone."""

    def train_step(self, data: Any) -> Any:
        told = super().train_step(data)
        x, y = data
        return {**told, "loss": self.compute_loss(y=y, y_pred=self(x, training=False))}


class Odd(Shaped):
    """Its test_step reports neither the compiled metric nor what `compute_metrics` gives."""

    def test_step(self, data: Any) -> Any:
        x, y = data
        said = self(x, training=False)
        return {"loss": self.compute_loss(x, y, said), "odd": keras.ops.mean(said)}


class InTwos(Shaped):
    """Its train_step compares rows, so that a row alone tells nothing."""

    def train_step(self, data: Any) -> Any:
        x, _ = data
        tf.debugging.assert_greater(tf.shape(x)[0], 1)
        return super().train_step(data)


class Distiller(Shaped):
    """Its loss is of before Keras 3.3: without `training`, and of the rows themselves."""

    def compute_loss(
        self, x: Any, y: Any, said: Any, weights: Any = None, allow_empty: bool = False
    ) -> Any:
        told = keras.ops.sigmoid(4 * x[:, :1])
        y = keras.ops.reshape(keras.ops.cast(y, "float32"), (-1, 1))
        return keras.ops.mean(keras.ops.square(said - (y + told) / 2))


class OldLoss(Shaped):
    """Such a loss of outputs alone."""

    def compute_loss(self, x: Any, y: Any, said: Any, weights: Any = None) -> Any:
        y = keras.ops.reshape(keras.ops.cast(y, "float32"), (-1, 1))
        return 3 * keras.ops.mean(keras.ops.square(said - y))


BCE = {"loss": "binary_crossentropy", "metrics": ["accuracy"]}


@pytest.mark.parametrize(
    ("kind", "compiled"), long_but(["bare"], {"bare": (Bare, {}), "beside a loss": (Gap, BCE)})
)
def test_what_only_a_test_step_returns_can_be_the_objective(
    kind: Any, compiled: dict[str, Any], tmp_path: Path
) -> None:
    played = search_of(
        built_of(kind, compiled), TWO, tmp_path, objective="val_gap", direction="minimize"
    )
    (trial,) = played.trials
    assert trial.state is State.COMPLETE, trial.reason
    assert ("loss" in trial.curve) is (kind is Gap)
    assert len(trial.curve["val_gap"]) == 3
    said = held_out_by(played, {kind.__name__: kind})[:, 0]
    expected = abs(said.mean() - played.parts.held_out.y.mean())
    assert played.answer.headline.judged.value == pytest.approx(expected, abs=1e-5)
    assert "gap" in render(load_run(played.path))


def test_an_objective_that_no_step_returns_names_what_they_do(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="measures no topk, only gap"):
        search_of(built_of(Bare, {}), TWO, tmp_path, objective="val_topk", direction="maximize")


def test_what_a_callback_notes_of_validation_can_be_the_objective(tmp_path: Path) -> None:
    class Notes(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            logs["val_epoch"] = float(epoch)
            logs["learning_rate"] = 0.5

    def dense(units: int) -> Any:
        model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", **BCE)
        return model

    curve = search_of(dense, TWO, tmp_path, callbacks=lambda: [Notes()]).trials[0].curve
    assert curve["val_epoch"] == [0, 1, 2]
    assert "learning_rate" not in curve


BY_RECALL = TrainingPlan.towards("val_recall", 3, "binary")


def trained(kind: Any, engine: str, rows: tuple[Parts, Any], **changes: Any) -> Training:
    """Towards an objective that the model does not measure."""
    parts, shape = rows
    model = build(built_of(kind, BCE), shape, {"units": 8}, 3)
    request = replace(asked(model, 32, 5), plan=BY_RECALL, **changes)
    return trainer_of(parts, shape, engine).begin(request)


def recall_of(training: Training, rows: Rows) -> float:
    said = training.model.predict(rows.x, verbose=0)[:, 0]
    return float(recall_score(rows.y, said >= 0.5))


def test_the_documented_step_trains_in_the_graph_as_by_fit(binary: tuple[Parts, Any]) -> None:
    """And has the objective of its predictions in both."""
    trainings = [trained(Documented, engine, binary) for engine in ("in-graph", "fit")]
    assert [one.engine for one in trainings] == [EngineChoice("in-graph"), EngineChoice("fit")]
    ours, stock = (one.advance(3) for one in trainings)
    assert ours.keys() == stock.keys() >= {"loss", "accuracy", "val_loss", "val_recall"}
    for name, values in ours.items():
        assert values == pytest.approx(stock[name], abs=1e-3), name
    assert ours["val_recall"][-1] == recall_of(trainings[0], binary[0].validation)


@pytest.mark.parametrize("kind", [Distiller, OldLoss])
def test_a_loss_that_takes_no_training_trains_in_the_graph_as_by_fit(
    kind: Any, binary: tuple[Parts, Any]
) -> None:
    trainings = [trained(kind, engine, binary) for engine in ("in-graph", "fit")]
    assert [one.engine for one in trainings] == [EngineChoice("in-graph"), EngineChoice("fit")]
    ours, stock = (one.advance(3) for one in trainings)
    assert ours.keys() == stock.keys() >= {"loss", "val_loss"}
    for name, values in ours.items():
        assert values == pytest.approx(stock[name], abs=1e-3), name


def test_a_loss_that_takes_no_training_is_measured_by_outputs(
    binary: tuple[Parts, Any],
) -> None:
    training, (parts, shape) = trained(OldLoss, "in-graph", binary), binary
    recorded = training.advance(1)["val_loss"][-1]
    own = OwnMeasure(training.model, "val_loss", parts.validation.y, shape)
    found = of_validation(own, parts.validation.x, recorded, Draws.of(len(parts.validation)))
    assert len(found.drawn)  # none of what nothing but the model's own step knows
    assert found.value == pytest.approx(recorded, rel=1e-4)
    said = parts.validation.y.reshape(-1, 1) / 2
    assert next(losses_of(training.model))(parts.validation.y, said) == pytest.approx(
        3 * float(np.square(said - parts.validation.y.reshape(-1, 1)).mean()), rel=1e-5
    )


def test_what_fit_logs_of_the_last_batch_alone_is_left_to_it(binary: tuple[Parts, Any]) -> None:
    why = "the model's train_step returns what none of its metrics keeps"
    assert trained(LastBatch, "in-graph", binary).engine == EngineChoice("fit", why)


def test_a_test_step_that_leaves_the_metrics_out_has_the_objective_of_its_predictions(
    binary: tuple[Parts, Any],
) -> None:
    """And not what metrics say that nothing has updated: 0."""
    why = "the model's test_step returns what none of its metrics keeps"
    ours = trained(Odd, "in-graph", binary)
    assert ours.engine == EngineChoice("fit", why)
    curve = ours.advance(3)
    assert curve.keys() == {"loss", "val_loss", "val_odd", "val_recall"}
    assert curve["val_recall"][-1] == recall_of(ours, binary[0].validation)


def test_a_step_that_cannot_be_compared_on_a_row_is_left_to_fit(
    binary: tuple[Parts, Any],
) -> None:
    why = "what the model's train_step measures of a row alone cannot be read"
    ours = trained(InTwos, "in-graph", binary)
    assert ours.engine == EngineChoice("fit", why)
    assert ours.advance(1).keys() >= {"loss", "accuracy", "val_loss", "val_accuracy"}


def looped(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> None:
    for epoch in range(epochs):
        loss = model.fit(*train, verbose=0).history["loss"][0]
        callbacks.on_epoch_end(epoch, {"loss": loss, "val_loss": 1.0 + epoch})


def kept_to_the_end(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
    return model.fit(*train, epochs=epochs, validation_data=validation, verbose=0).history


def test_a_loop_and_callbacks_have_the_objective_of_predictions_too(
    binary: tuple[Parts, Any],
) -> None:
    def stopping() -> Any:
        return [keras.callbacks.EarlyStopping("loss", 1.0, patience=1, restore_best_weights=True)]

    validation = binary[0].validation
    by_loop = trained(Shaped, "fit", binary, loop=looped)
    assert by_loop.advance(3)["val_recall"][-1] == recall_of(by_loop, validation)
    stopped = trained(Documented, "fit", binary, callbacks=stopping)
    curve = stopped.end(stopped.advance(3))
    assert curve["val_recall"][-1] == recall_of(stopped, validation)
    # Of a history that is returned at the end, no epoch's model is there.
    assert "val_recall" not in trained(Shaped, "fit", binary, loop=kept_to_the_end).advance(3)


def test_the_final_answer_is_in_that_objective(tmp_path: Path) -> None:
    played = search_of(built_of(Documented, BCE), TWO, tmp_path, objective="val_f1")
    said = held_out_by(played, {"Documented": Documented})[:, 0] >= 0.5
    expected = f1_score(played.parts.held_out.y, said)
    assert played.answer.headline.judged.value == pytest.approx(expected, abs=1e-6)
