"""What nothing but a model's own steps measures, as the objective; figures recomputed by Keras."""

from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from search import State
from search.report.page import render
from search.store.run import load_run
from search.study.errors import RunError
from tests.forms import long_but
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
    def build(units: int) -> Any:
        model = kind(units)
        model.compile("adam", **compiled)
        return model

    return build


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

    def build(units: int) -> Any:
        model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", **BCE)
        return model

    curve = search_of(build, TWO, tmp_path, callbacks=lambda: [Notes()]).trials[0].curve
    assert curve["val_epoch"] == [0, 1, 2]
    assert "learning_rate" not in curve
