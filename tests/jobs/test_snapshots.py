"""A recording tells what the model said at each of its epochs, and is of the very training."""

from typing import Any

import numpy as np
import pytest

from search import table
from search.finals.projection import points_of
from search.jobs import snapshots as film
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.messages import (
    Configuration,
    Failed,
    Refit,
    Refitted,
    Result,
    SnapshotJob,
    Snapshots,
)
from search.jobs.permutation import ASKED, FEWEST
from search.jobs.snapshots import FRAMES, frame_epochs
from search.loading.space_file import SpaceSource
from search.study.goal import Goal
from search.study.study import Study
from tests.runs import small_study

GOAL = Goal("val_loss", "minimize")
SIDE = np.linspace(-1.2, 1.2, 5)
INPUTS = {"features": points_of((SIDE, SIDE))}


def performed(
    study: Study, kind: Any, epochs: int = 12, engine: str = "numpy", **more: Any
) -> Result:
    data = study.data.load()
    parts = study.split.parts(data)
    source = SpaceSource("small.py", "small.py", {})
    context = WorkerContext(source, DataSplit.of(parts, data), engine)
    params = {**study.fixed, "layers": 1, "units": 8, "activation": "relu", "learning_rate": 0.03}
    goal = more.pop("goal", GOAL)
    (said,) = JobExecutor(context, study).perform(
        kind("one", Configuration(params, seed=7), epochs, goal, **more)
    )
    assert not isinstance(said, tuple)
    return said


def filmed(epochs: int = 12, **more: Any) -> Snapshots:
    said = performed(small_study(), SnapshotJob, epochs, inputs=INPUTS, **more)
    assert isinstance(said, Snapshots), said
    return said


def refitted(study: Study, **more: Any) -> Refitted:
    said = performed(study, Refit, **more)
    assert isinstance(said, Refitted), said
    return said


@pytest.mark.parametrize("engine", ["numpy", pytest.param("in-graph", marks=pytest.mark.keras)])
def test_a_frame_is_what_a_shorter_training_says(engine: str) -> None:
    recording = filmed(engine=engine)
    assert recording.epochs == tuple(frame_epochs(12))
    assert recording.frames["features"].shape == (len(recording.epochs), 25, 2)
    for epoch in (1, 5):
        frame = recording.frames["features"][recording.epochs.index(epoch)]
        shorter = filmed(epoch, engine=engine).frames["features"][-1]
        np.testing.assert_allclose(frame, shorter, atol=1e-5)


def test_with_patience_it_ends_with_the_training() -> None:
    goal = Goal("val_loss", "minimize", patience=1)
    trained = len(refitted(small_study(), epochs=200, goal=goal).curve["loss"])
    assert trained < 200
    assert filmed(200, goal=goal).epochs == tuple(at for at in frame_epochs(200) if at <= trained)


def test_a_model_that_is_slow_to_ask_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film, "LONGEST", -1.0)
    said = performed(small_study(), SnapshotJob, inputs=INPUTS)
    assert said == Failed("asking it once took over a second")


@pytest.mark.parametrize("epochs", [1, 2, 25, 10_000])
def test_frames_are_few_and_the_last_epoch_is_one(epochs: int) -> None:
    at = frame_epochs(epochs)
    assert (at[0], at[-1]) == (1, epochs)
    assert at == sorted(set(at))
    assert len(at) <= FRAMES


def one_column_decides() -> Study:
    """A target that hangs on a category, beside a number that says nothing and one that helps."""
    import pandas as pd

    draw = np.random.default_rng(0)
    kind, noise = draw.integers(0, 3, 400), draw.normal(size=400)
    helps = np.where(kind == 1, 1.0, -1.0) * (draw.random(400) < 0.8)
    columns = {"noise": noise, "kind": np.array(["a", "b", "c"])[kind], "helps": helps}
    frame = pd.DataFrame({**columns, "bought": np.where(kind == 1, "yes", "no")})
    return small_study(data=table(frame, target="bought"))


def test_what_a_model_lives_by_matters_most_and_a_category_is_shuffled_as_one() -> None:
    found = refitted(one_column_decides(), importance=True).importance
    noise, kind, helps = found
    assert kind > helps > abs(noise)
    assert refitted(one_column_decides()).importance == ()


def test_more_columns_than_can_be_asked_about_are_not_measured() -> None:
    from search import arrays

    draw = np.random.default_rng(0)
    x = draw.normal(size=(60, ASKED // FEWEST + 1))
    study = small_study(data=arrays(x, (x[:, 0] > 0).astype(int)))
    assert refitted(study, epochs=1, importance=True).importance == ()
