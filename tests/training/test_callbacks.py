"""Callbacks see one training, whatever rungs it is cut into, and may end it."""

from dataclasses import replace
from typing import Any

import keras
import pytest

from search import State, Study
from search.data.dataset import Shape
from search.data.split import Parts
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Checkpoint,
    Configuration,
    Refit,
    Refitted,
    TrialJob,
)
from search.loading.space_file import SpaceSource
from search.study.goal import Goal
from search.study.trial import Outcome
from search.training.callbacks import own_callbacks
from search.training.engine import Training
from search.training.model import ModelError, build
from search.training.plan import TrainingPlan
from tests.runs import small_study
from tests.training.conftest import PLAIN, asked, trainer_of

pytestmark = pytest.mark.keras

LOSS = Goal("val_loss", "minimize")


class Noted(keras.callbacks.Callback):
    """Notes what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.heard.append(("begin", self.params["epochs"]))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.heard.append((epoch, round(float(self.model.optimizer.learning_rate), 4)))

    def on_train_end(self, logs: Any = None) -> None:
        self.heard.append("end")


def training(parts: Parts, shape: Shape, *callbacks: Any) -> Training:
    model = build(None, shape, PLAIN, seed=3)
    request = replace(asked(model, 32, 11), callbacks=lambda: callbacks, plan=TrainingPlan(5))
    return trainer_of(parts, shape).begin(request)


def test_a_training_in_rungs_begins_once_ends_once_and_counts_its_epochs(
    binary: tuple[Parts, Shape],
) -> None:
    noted = Noted()
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.01 / (epoch + 1))
    trained = training(*binary, schedule, noted)
    curves = [trained.advance(rung) for rung in (1, 3, 5)]
    assert [len(curve["loss"]) for curve in curves] == [1, 2, 2]
    assert set(curves[2]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    trained.end(curves[2])
    rates = [(0, 0.01), (1, 0.005), (2, 0.0033), (3, 0.0025), (4, 0.002)]
    assert noted.heard == [("begin", 5), *rates, "end"]


def test_what_they_remember_of_earlier_rungs_stays(binary: tuple[Parts, Shape]) -> None:
    """A patience of two epochs that no single rung has."""
    waits = keras.callbacks.EarlyStopping(patience=2, min_delta=9.0)
    trained = training(*binary, waits)
    lengths = []
    for rung in (1, 2, 3, 4, 5):
        if not trained.stopped:
            lengths.append(len(trained.advance(rung)["loss"]))
    assert (lengths, trained.epoch) == ([1, 1, 1], 3)


def test_without_effect_they_see_what_one_call_of_fit_trains(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    model = build(None, shape, PLAIN, seed=3)
    keras.utils.set_random_seed(11)
    plain = model.fit(
        parts.train.x, parts.train.y, batch_size=32, epochs=3, verbose=0,
        validation_data=(parts.validation.x, parts.validation.y),
    )  # fmt: skip
    curve = training(parts, shape, Noted()).advance(3)
    for name, values in plain.history.items():
        assert curve[name] == pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (None, "mine returned NoneType; it has to return a list of keras.callbacks.Callback"),
        ([3], "mine returned a list with int in it; give keras.callbacks.Callback alone"),
        ([keras.callbacks.BackupAndRestore("same")], "mine returned a BackupAndRestore, which"),
    ],
)
def test_what_is_no_list_of_callbacks_is_said(made: Any, sentence: str) -> None:
    def mine() -> Any:
        return made

    with pytest.raises(ModelError) as caught:
        own_callbacks(mine, {}, "here")
    assert str(caught.value).startswith(sentence)


def executor(study: Study) -> JobExecutor:
    data = study.data.load()
    parts = study.split.parts(data)
    source = SpaceSource("small.py", "small.py", {})
    return JobExecutor(WorkerContext(source, DataSplit.of(parts, data), "fit"), study)


CONFIGURATION = Configuration({**PLAIN, "units": 4}, seed=7)
IN_RUNGS = Assignment((TrialJob(0, CONFIGURATION),), (2, 9), LOSS)


def test_a_trial_that_a_callback_ends_is_complete_and_so_is_its_fit_in_the_finals() -> None:
    class Stops(keras.callbacks.Callback):
        def __init__(self, after: int) -> None:
            super().__init__()
            self.after = after

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = epoch + 1 == self.after

    study = small_study(pruner="none", callbacks=lambda units: [Stops(after=units)])
    *_, said = executor(study).perform(IN_RUNGS)
    assert isinstance(said, AssignmentResult)
    outcome: Outcome = said.outcomes[0]
    losses = list(outcome.curve["val_loss"])
    assert (outcome.state, len(losses), outcome.value) == (State.COMPLETE, 4, losses[-1])
    (refitted,) = executor(study).perform(Refit("again", CONFIGURATION, 9, LOSS))
    assert isinstance(refitted, Refitted)
    assert refitted.curve == outcome.curve


@pytest.mark.parametrize("callbacks", [None, lambda: [Noted()]])
def test_a_trial_with_callbacks_is_not_kept_midway(
    callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.jobs.trial_limits.KEEP", 0.0)
    said = list(executor(small_study(pruner="none", callbacks=callbacks)).perform(IN_RUNGS))
    assert any(isinstance(one, Checkpoint) for one in said) == (callbacks is None)
