"""A recording tells what the model said at each of its epochs, and leaves the training as it is."""

from typing import Any

import numpy as np
import pytest

from search.finals.replay import points_of
from search.study.goal import Goal
from search.study.reading import SpaceSource
from search.study.study import Study
from search.tuning.bench import Bench, Supplies
from search.tuning.film import FRAMES, frame_epochs
from search.tuning.work import Configuration, Refit, Refitted
from tests.runs import small_study

GOAL = Goal("val_loss", "minimize")
SIDE = np.linspace(-1.2, 1.2, 5)
GRID = points_of((SIDE, SIDE))


def refitted(study: Study, engine: str, epochs: int = 12, **more: Any) -> Refitted:
    data = study.data.load()
    parts = study.split.parts(data)
    source = SpaceSource("small.py", "small.py", {})
    supplies = Supplies(source, data.shape, parts.train, parts.validation, engine)
    params = {**study.fixed, "layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.03}
    goal = more.pop("goal", GOAL)
    job = Refit("one", Configuration(params, seed=7), epochs, goal, **more)
    (said,) = Bench(supplies, study).perform(job)
    assert isinstance(said, Refitted), said
    return said


@pytest.mark.parametrize("engine", ["numpy", pytest.param("in-graph", marks=pytest.mark.keras)])
def test_a_frame_is_what_a_shorter_training_says(engine: str) -> None:
    study = small_study()
    found, plain = refitted(study, engine, grid=GRID), refitted(study, engine)
    assert plain.recording is None
    assert found.curve == plain.curve
    np.testing.assert_array_equal(found.predictions, plain.predictions)
    recording = found.recording
    assert recording is not None
    assert recording.epochs == tuple(frame_epochs(12))
    assert recording.shares.shape == (len(recording.epochs), 25, 2)
    for epoch in (1, 5):
        shorter = refitted(study, engine, epochs=epoch, grid=GRID).recording
        assert shorter is not None
        frame = recording.shares[recording.epochs.index(epoch)].astype(int)
        assert np.abs(frame - shorter.shares[-1]).max() <= 1


def test_with_patience_it_ends_with_the_training() -> None:
    goal = Goal("val_loss", "minimize", patience=1)
    found = refitted(small_study(), "numpy", 200, grid=GRID, goal=goal)
    trained = len(found.curve["loss"])
    assert trained < 200
    assert found.recording is not None
    assert found.recording.epochs == tuple(at for at in frame_epochs(200) if at <= trained)


@pytest.mark.parametrize("epochs", [1, 2, 25, 10_000])
def test_frames_are_few_and_the_last_epoch_is_one(epochs: int) -> None:
    at = frame_epochs(epochs)
    assert (at[0], at[-1]) == (1, epochs)
    assert at == sorted(set(at))
    assert len(at) <= FRAMES
