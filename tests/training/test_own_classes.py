"""Subclassed models of many kinds, searched in this process; figures recomputed by plain Keras."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics

from search import Budget, Finals, Int, State, Study, arrays
from search.app.resolved import ResolvedStudy
from search.cluster.resources import Resources
from search.data.dataset import Array
from search.loading.space_file import Space, SpaceSource
from search.report.wording import verdict_lines
from search.store.model_file import model_at
from search.store.run import load_run
from search.study.errors import InputError, RunError
from search.training.export import keras_bytes, loaded
from search.tuning.first_steps import FirstSteps
from search.tuning.runner import InProcessRunner
from tests.finals.test_with_keras import Played, play
from tests.forms import long_but

pytestmark = pytest.mark.keras

ROWS, FEATURES = 240, 5
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, FEATURES)).astype(np.float32)
SCORE = X[:, 0] + 0.3 * RNG.normal(size=ROWS)
TWO = (SCORE > 0).astype(int)


def squash(raw: Array) -> Array:
    """One output of two classes that is a probability, as two."""
    return np.hstack([1 - raw, raw])


def search_of(build: Any, y: Array, root: Path, **changes: Any) -> Played:
    """A search of one trial, and its answer."""
    given: dict[str, Any] = {
        "space": {"units": Int(7, 8)},
        "budget": Budget(trials=1, epochs=3, patience=None),
        "finals": Finals(top=1, seeds=1, refit=False),
    }
    study = Study(data=arrays(X, y), model=build, **given | changes)
    study = study.for_task(study.data.load().task)
    return play(study, root)


def held_out_by(played: Played, own: dict[str, Any] | None = None) -> Array:
    """The outputs of the exported file for the held-out rows, by Keras alone."""
    model = keras.saving.load_model(
        load_run(played.path).folder.model, custom_objects=own, compile=False
    )
    return np.asarray(model.predict(played.parts.held_out.x, verbose=0), float)


class Plain(keras.Model):
    """Nothing but layers and a call."""

    def __init__(self, units: int = 4) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(units, "relu")
        self.out = keras.layers.Dense(1, "sigmoid")

    def call(self, x: Any) -> Any:
        return self.out(self.hidden(x))


class Shaped(Plain):
    """With what Keras's documents ask for."""

    def compute_output_shape(self, shape: Any) -> Any:
        return (shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        return {"units": self.hidden.units}


@keras.saving.register_keras_serializable("people")
class OwnStep(Shaped):
    """Trains by a step of its own, which takes weights of rows."""

    def train_step(self, data: Any) -> Any:
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            said = self(x + tf.random.normal(tf.shape(x), stddev=0.05), training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=said, sample_weight=weight)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, said, sample_weight=weight)
        return {metric.name: metric.result() for metric in self.metrics}


class PairStep(Plain):
    """Steps that take pairs alone, and measures that they keep themselves."""

    def __init__(self, units: int = 4) -> None:
        super().__init__(units)
        self.seen = keras.metrics.Mean(name="loss")
        self.right = keras.metrics.BinaryAccuracy(name="accuracy")
        self.lost = keras.losses.BinaryCrossentropy()

    @property
    def metrics(self) -> list[Any]:
        return [self.seen, self.right]

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            said = self(x, training=True)
            loss = self.lost(y, said)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        return self.told(y, said, loss)

    def test_step(self, data: Any) -> Any:
        x, y = data
        said = self(x, training=False)
        return self.told(y, said, self.lost(y, said))

    def told(self, y: Any, said: Any, loss: Any) -> Any:
        self.seen.update_state(loss)
        self.right.update_state(y, said)
        return {"loss": self.seen.result(), "accuracy": self.right.result()}


class LateLayers(keras.Model):
    """Makes its layers in build."""

    def __init__(self, units: int = 4) -> None:
        super().__init__()
        self.units = units

    def build(self, shape: Any) -> None:
        self.hidden = keras.layers.Dense(self.units, "relu")
        self.hidden.build(shape)
        self.out = keras.layers.Dense(1, "sigmoid")
        self.out.build((None, self.units))
        super().build(shape)

    def call(self, x: Any, training: bool = False) -> Any:
        return self.out(self.hidden(x))


class OwnLoss(Shaped):
    """Computes its loss itself, and adds one of its activations."""

    def call(self, x: Any) -> Any:
        hidden = self.hidden(x)
        self.add_loss(1e-3 * keras.ops.mean(hidden))
        return self.out(hidden)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None,
        training: bool = True,
    ) -> Any:  # fmt: skip
        y = keras.ops.reshape(keras.ops.cast(y, "float32"), (-1, 1))
        return keras.ops.mean(keras.losses.binary_crossentropy(y, y_pred)) + sum(self.losses)


class Unsavable(Plain):
    """Its configuration cannot be written down."""

    def __init__(self, units: int = 4, act: Any = None) -> None:
        super().__init__(units)
        self.act = act

    def get_config(self) -> dict[str, Any]:
        return {"units": self.hidden.units, "act": self.act}


@keras.saving.register_keras_serializable("people")
class Nested(Shaped):
    """Of another model, with noise and moving statistics."""

    def __init__(self, units: int = 4) -> None:
        super().__init__(units)
        self.body = keras.Sequential(
            [
                keras.layers.Dense(units, "relu"),
                keras.layers.BatchNormalization(momentum=0.5),
                keras.layers.Dropout(0.2),
            ]
        )

    def call(self, x: Any, training: bool = False) -> Any:
        return self.out(self.hidden(self.body(x, training=training)))


SUBCLASSED = (Plain, Shaped, OwnStep, PairStep, LateLayers, OwnLoss, Nested)


@pytest.mark.parametrize(
    ("kind", "eagerly"),
    long_but(
        ["OwnStep", "OwnLoss"],
        {
            **{kind.__name__: (kind, False) for kind in SUBCLASSED},
            "Plain eagerly": (Plain, True),
            "OwnStep eagerly": (OwnStep, True),
        },
    ),
)
def test_a_subclassed_model_is_searched_and_judged(
    kind: type, *, eagerly: bool, tmp_path: Path
) -> None:
    def build(units: int) -> Any:
        model = kind(units)
        model.compile(
            keras.optimizers.Adam(0.02),
            "binary_crossentropy",
            metrics=["accuracy"],
            run_eagerly=eagerly,
        )
        return model

    played = search_of(build, TWO, tmp_path)
    assert played.trials[0].state is State.COMPLETE, played.trials[0].reason
    answer = played.answer
    assert answer.headline.rows == len(played.parts.held_out)
    kept = load_run(played.path).arrays("held_out")["probabilities"]
    right = metrics.accuracy_score(played.parts.held_out.y, kept.argmax(axis=1))
    assert answer.headline.value == pytest.approx(right)
    if answer.no_model:
        assert kind not in {OwnStep, Nested}, answer.no_model  # they are registered and whole
        assert "There is no model file" in " ".join(
            verdict_lines(load_run(played.path).manifest, answer)
        )
    else:
        said = held_out_by(played, {kind.__name__: kind})
        assert np.allclose(squash(said), kept, atol=1e-4)


def test_a_model_that_cannot_be_saved_costs_its_file_alone(tmp_path: Path) -> None:
    def build(units: int) -> Any:
        model = Unsavable(units, act=lambda x: x)
        model.get_config = lambda: {"act": object()}
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    played = search_of(build, TWO, tmp_path)
    run = load_run(played.path)
    assert played.answer.no_model
    assert not run.folder.model.exists()
    with pytest.raises(InputError, match="there is no model file, since Keras could not save"):
        model_at(run.folder.path)


@pytest.mark.long
@pytest.mark.parametrize("patience", [20, None])
def test_the_epoch_that_a_callback_restores_is_what_counts(
    patience: int | None, tmp_path: Path
) -> None:
    y = (X[:, 0] + 1.5 * RNG.normal(size=ROWS) > 0).astype(int)

    def build(units: int) -> Any:
        model = keras.Sequential(
            [
                keras.Input((FEATURES,)),
                keras.layers.Dense(64, "relu"),
                keras.layers.Dense(1, "sigmoid"),
            ]
        )
        model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
        return model

    def make() -> list[Any]:
        return [keras.callbacks.EarlyStopping("val_loss", patience=4, restore_best_weights=True)]

    played = search_of(
        build, y, tmp_path, callbacks=make, objective="val_loss",
        budget=Budget(trials=1, epochs=30, patience=patience),
    )  # fmt: skip
    trial, fit = played.trials[0], played.answer.finalists[0].fits[0]
    assert trial.value == min(trial.curve["val_loss"])
    assert fit.value == min(fit.curve["val_loss"])
    model = keras.saving.load_model(load_run(played.path).folder.model)
    rows = played.parts.validation
    assert model.evaluate(rows.x, rows.y, verbose=0)[0] == pytest.approx(fit.value, abs=1e-5)


@pytest.mark.filterwarnings("ignore:You are using a softmax")
def test_a_softmax_of_one_unit_is_refused(tmp_path: Path) -> None:
    def build(units: int) -> Any:
        model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1, "softmax")])
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    with pytest.raises(RunError, match=r"a softmax of one unit.*end it in Dense\(1, 'sigmoid'\)"):
        search_of(build, TWO, tmp_path)


CLASSES = np.digitize(SCORE, (-0.6, 0.6))


class ThreeWays(Plain):
    """The plainest model of three classes."""

    def __init__(self, units: int = 4) -> None:
        super().__init__(units)
        self.out = keras.layers.Dense(3, "softmax")


@pytest.mark.filterwarnings("ignore:.*was called on layer")
def test_a_subclassed_model_of_three_classes_needs_nothing_but_a_call() -> None:
    steps = first_steps(ThreeWays, CLASSES, loss="sparse_categorical_crossentropy")
    assert not steps.mistakes


class SavedPairStep(PairStep):
    """One that Keras can save."""

    def get_config(self) -> dict[str, Any]:
        return {"units": self.hidden.units}


def test_steps_of_its_own_need_no_compiled_loss(tmp_path: Path) -> None:
    def build(units: int) -> Any:
        model = SavedPairStep(units)
        model.compile("adam")
        return model

    played = search_of(build, TWO, tmp_path, objective="val_accuracy", direction="maximize")
    found = squash(held_out_by(played, {"SavedPairStep": SavedPairStep}))
    right = metrics.accuracy_score(played.parts.held_out.y, found.argmax(axis=1))
    assert played.answer.headline.value == pytest.approx(right)


class Mixed(ThreeWays):
    """Makes its own one-hot targets."""

    def get_config(self) -> dict[str, Any]:
        return {"units": self.hidden.units}

    def loss_of(self, data: Any, *, training: bool) -> Any:
        x, y = data[0], tf.one_hot(tf.cast(tf.reshape(data[1], (-1,)), tf.int32), 3)
        loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=training))
        self.metrics[0].update_state(loss)
        return loss

    def train_step(self, data: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self.loss_of(data, training=True)
        self.optimizer.apply(tape.gradient(loss, self.trainable_weights), self.trainable_weights)
        return {"loss": loss}

    def test_step(self, data: Any) -> Any:
        return {"loss": self.loss_of(data, training=False)}


@pytest.mark.filterwarnings("ignore:.*was called on layer")
def test_steps_of_its_own_get_targets_as_they_were_given(tmp_path: Path) -> None:
    def build(units: int) -> Any:
        model = Mixed(units)
        model.compile("adam", "categorical_crossentropy")
        return model

    played = search_of(build, CLASSES, tmp_path, objective="val_loss")
    (trial,) = played.trials
    assert trial.curve["val_loss"][-1] > 0.1
    file = load_run(played.path).folder.model
    model = keras.saving.load_model(file, custom_objects={"Mixed": Mixed}, compile=False)
    model.compile("adam", "categorical_crossentropy")
    held = played.parts.held_out
    loss = model.evaluate(held.x, held.y, batch_size=len(held), verbose=0, return_dict=True)
    assert played.answer.headline.judged.value == pytest.approx(loss["loss"], rel=1e-4)


def first_steps(kind: Any, y: Array, loss: str) -> FirstSteps:
    """What the first steps say of a model of a class."""

    def build(units: int) -> Any:
        model = kind(units)
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    study = Study(data=arrays(X, y), model=build, space={"units": Int(7, 8)})
    source = SpaceSource("own.py", "own.py", {})
    resolved = ResolvedStudy.of(Space(study, "own", source, touched=False))
    steps = FirstSteps(resolved.study, 1)
    context = resolved.context("in-graph", Resources(1, 0, None))
    InProcessRunner(context, resolved.study).run(steps)
    return steps


class Unmeasured(Shaped):
    """Compiled with a metric that its train_step leaves alone."""

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y[:, None], y_pred=self(x, training=True))
        weights = self.trainable_weights
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {"loss": loss}


def test_what_fit_refuses_of_a_train_step_is_told_before_the_first_trial() -> None:
    steps = first_steps(Unmeasured, X[:, 0] > 0, "binary_crossentropy")
    (mistake,) = steps.mistakes
    assert mistake.reason.startswith(
        "the model is compiled with metrics that its train_step does not update, which Keras's fit "
        "refuses; return self.compute_metrics(x, y, y_pred) from train_step"
    )


@keras.saving.register_keras_serializable("people")
class TwoOptimizers(Shaped):
    """Compiles itself, and trains its last layer by an optimizer beside its own."""

    def __init__(self, units: int = 4) -> None:
        super().__init__(units)
        self.other = keras.optimizers.Adam()
        self.compile("adam", "binary_crossentropy")

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape(persistent=True) as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        for part, by in ((self.hidden, self.optimizer), (self.out, self.other)):
            weights = part.trainable_weights
            by.apply(tape.gradient(loss, weights), weights)
        return {"loss": loss}


def test_what_optimizers_within_had_learnt_is_of_no_use_to_predictions() -> None:
    """Keras has them in spite of `compile=False`, and warns that it cannot continue them."""
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    model = TwoOptimizers()
    model.fit(x, x[:, :1] > 0, validation_data=(x, x[:, :1] > 0), verbose=0)
    content, said = keras_bytes(model), model.predict(x, verbose=0)
    for own in ({}, {"TwoOptimizers": TwoOptimizers}):
        again = loaded(content, own)
        np.testing.assert_array_equal(again.predict(x, verbose=0), said)
