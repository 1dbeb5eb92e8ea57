"""Keras's own callbacks do in a trial what they do under plain `fit`, each in files of its own."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from search.data.dataset import Shape
from search.data.split import Parts
from search.training.model import build
from search.training.plan import TrainingPlan
from tests.forms import long_but
from tests.training.conftest import PLAIN, asked, trainer_of

pytestmark = pytest.mark.keras

EPOCHS = 6
FAST = {**PLAIN, "optimizer": "sgd", "learning_rate": 0.5}
Make = Callable[[Path], Any]


def by_fit(parts: Parts, shape: Shape, make: Make, folder: Path) -> tuple[Any, Any]:
    """The model and the history of one plain call."""
    model = build(None, shape, FAST, seed=3)
    keras.utils.set_random_seed(11)
    history = model.fit(
        parts.train.x, parts.train.y, batch_size=32, epochs=EPOCHS, verbose=0,
        validation_data=(parts.validation.x, parts.validation.y), callbacks=[make(folder)],
    )  # fmt: skip
    return model, history.history


def by_trial(parts: Parts, shape: Shape, make: Make, folder: Path) -> tuple[Any, Any]:
    """The same, from rung to rung."""
    model = build(None, shape, FAST, seed=3)
    request = replace(
        asked(model, 32, 11), callbacks=lambda: [make(folder)], plan=TrainingPlan(EPOCHS),
        files="run/trial-7",
    )  # fmt: skip
    training = trainer_of(parts, shape).begin(request)
    curve: dict[str, list[float]] = {}
    for rung in (1, 3, EPOCHS):
        if not training.stopped:
            for name, values in training.advance(rung).items():
                curve.setdefault(name, []).extend(values)
    training.end(curve)
    return model, curve


CALLBACKS = keras.callbacks
MADE: dict[str, Make] = {
    "plateau": lambda _: CALLBACKS.ReduceLROnPlateau(factor=0.1, patience=1, min_delta=0.05),
    "stopping": lambda _: CALLBACKS.EarlyStopping(patience=1, min_delta=0.05),
    "restoring": lambda _: CALLBACKS.EarlyStopping(
        monitor="val_accuracy", patience=2, restore_best_weights=True
    ),
    "scheduler": lambda _: CALLBACKS.LearningRateScheduler(lambda epoch, rate: 0.3 / (1 + epoch)),
    "nan": lambda _: CALLBACKS.TerminateOnNaN(),
    "checkpoint": lambda folder: CALLBACKS.ModelCheckpoint(
        str(folder / "best.keras"), monitor="val_accuracy", save_best_only=True
    ),
    "log": lambda folder: CALLBACKS.CSVLogger(str(folder / "all.csv")),
    "board": lambda folder: CALLBACKS.TensorBoard(str(folder), write_graph=False),
}


def written(file: Path) -> Any:
    """What a callback left: weights, figures, or scalars of events."""
    if file.suffix == ".keras":
        return keras.saving.load_model(file).get_weights()
    if file.suffix == ".csv":
        lines = csv.DictReader(file.read_text().splitlines())
        return [[float(one) for one in line.values()] for line in lines]
    events = tf.compat.v1.train.summary_iterator(str(file))
    tensors = (v.tensor for event in events for v in event.summary.value)
    return [float(tf.make_ndarray(t)) for t in tensors if t.dtype == tf.float32.as_datatype_enum]


@pytest.mark.parametrize(
    "name",
    long_but(["plateau", "restoring"], {name: name for name in MADE}),
)
def test_it_does_what_it_does_under_fit(
    binary: tuple[Parts, Shape], name: str, tmp_path: Path
) -> None:
    if name == "board":
        pytest.importorskip("tensorboard", reason="the callback needs it")
    (tmp_path / "plain").mkdir()
    plain, history = by_fit(*binary, MADE[name], tmp_path / "plain")
    trial, curve = by_trial(*binary, MADE[name], tmp_path / "trial")
    for measure in ("loss", "val_loss", "accuracy", "val_accuracy"):
        np.testing.assert_allclose(curve[measure], history[measure], atol=1e-6)
    assert float(trial.optimizer.learning_rate) == pytest.approx(
        float(plain.optimizer.learning_rate)
    )
    for one, other in zip(trial.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    files = [file for file in (tmp_path / "plain").rglob("*") if file.is_file()]
    assert bool(files) == (name in {"checkpoint", "log", "board"})
    for file in files:
        place = file.relative_to(tmp_path / "plain").parent
        own = tmp_path / "trial" / "run" / "trial-7" / place
        (same,) = (there for there in own.iterdir() if there.suffix == file.suffix)
        for one, other in zip(written(same), written(file), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_training_that_becomes_nan_ends_as_under_fit(binary: tuple[Parts, Shape]) -> None:
    def diverging() -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(1e25), "mse")
        return model

    parts, shape = binary
    request = replace(
        asked(diverging(), 32, 11), callbacks=lambda: [CALLBACKS.TerminateOnNaN()],
        plan=TrainingPlan(EPOCHS),
    )  # fmt: skip
    training = trainer_of(parts, shape).begin(request)
    curve = training.advance(EPOCHS)
    stop = CALLBACKS.TerminateOnNaN()
    rows = {"x": parts.train.x, "y": parts.train.y, "epochs": EPOCHS, "verbose": 0}
    history = diverging().fit(**rows, callbacks=[stop]).history
    assert len(curve["loss"]) == len(history["loss"]) == 1
    assert training.stopped
    assert not np.isfinite(curve["loss"][-1])


def test_trials_have_files_of_their_own_and_others_leave_none(
    binary: tuple[Parts, Shape], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parts, shape = binary
    for files in ("run/trial-0", "run/trial-1", ""):
        model = build(None, shape, FAST, seed=3)
        made = lambda: [CALLBACKS.CSVLogger("all.csv"), CALLBACKS.ModelCheckpoint("m/e.keras")]  # noqa: E731
        request = replace(asked(model, 32, 11), callbacks=made, plan=TrainingPlan(2), files=files)
        training = trainer_of(parts, shape).begin(request)
        training.end(training.advance(2))
    found = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.*"))
    assert found == [
        "m/run/trial-0/e.keras", "m/run/trial-1/e.keras",
        "run/trial-0/all.csv", "run/trial-1/all.csv",
    ]  # fmt: skip
