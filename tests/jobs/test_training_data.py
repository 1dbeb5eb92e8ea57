"""What `build(…, train)` is given: the rows that train, never those that choose or judge."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search import Budget, Choice, InputError, Int, Study, arrays
from search.finals.folds import TOGETHER, Folds
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.messages import (
    Assignment,
    AssignmentResult,
    Configuration,
    Failed,
    FirstStep,
    Limits,
    Predicted,
    Prediction,
    Refit,
    Refitted,
    Stepped,
    TrialJob,
)
from search.loading.space_file import SpaceSource
from search.study.goal import Goal

GOAL = Goal("val_loss", "minimize")
SEEN: list[Any] = []
X = np.stack([np.arange(200), np.tile([1.0, -1.0], 100)], axis=1).astype(np.float32)
"""Rows that are told apart by their first number."""
Y = np.tile([[0, 1], [1, 0]], (100, 1))


def build(units: int, train: Any) -> Any:
    import keras

    SEEN.append(train)
    scale = keras.layers.Normalization()
    scale.adapt(train.x)
    layers = [keras.Input((2,)), scale, keras.layers.Dense(units), keras.layers.Dense(2, "softmax")]
    model = keras.Sequential(layers)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def study_of(**more: Any) -> Study:
    given = {"data": arrays(X, Y), "model": build, "space": {"units": Int(2, 8)}, **more}
    return Study(budget=Budget(trials=2, epochs=2), **given)


class Worker:
    """One in this process, with what it was given of each job."""

    def __init__(self, study: Study) -> None:
        self.data = study.data.load()
        self.parts = study.split.parts(self.data)
        self.folds = Folds(study.split, self.parts)
        source = SpaceSource("a.py", "a.py", {})
        context = WorkerContext(source, DataSplit.of(self.parts, self.data), "in-graph")
        self._executor = JobExecutor(context, study)

    def does(self, job: Any) -> tuple[Any, set[float]]:
        """The job's result, and the numbers of the rows that `build` saw."""
        SEEN.clear()
        said = list(self._executor.perform(job))[-1]
        return said, {float(row) for train in SEEN for row in train.x[:, 0]}


def rows(x: Any) -> set[float]:
    return set(x[:, 0].tolist())


@pytest.mark.keras
def test_each_job_is_given_its_own_training_rows_and_no_others() -> None:
    worker = Worker(study_of())
    trained = rows(worker.parts.train.x)
    first, seen = worker.does(FirstStep(Configuration({"units": 2}, 1), 2, GOAL, Limits()))
    assert isinstance(first, Stepped), first
    assert seen == trained  # all of them, though few take the step
    jobs = tuple(TrialJob(n, Configuration({"units": 2 + n}, seed=n)) for n in range(2))
    ended, seen = worker.does(Assignment(jobs, (2,), GOAL))
    assert isinstance(ended, AssignmentResult), ended
    assert seen == trained
    assert len({id(train) for train in SEEN}) == 1  # functools.cache finds it again
    x, y = SEEN[0]
    np.testing.assert_array_equal(x, worker.parts.train.x)
    np.testing.assert_array_equal(y, Y[x[:, 0].astype(int)])  # one-hot, as they were given
    for split in (1, 2, TOGETHER):
        fold = worker.folds.fold(split)
        assert fold is not None
        job = Refit("a", Configuration({"units": 2}, 1), 2, GOAL, fold=fold, until=1)
        again, seen = worker.does(job)
        assert isinstance(again, Refitted), again
        assert seen == rows(fold.train.x) != trained
        assert not seen & rows(worker.parts.held_out.x)
        if split != TOGETHER:
            assert not seen & rows(fold.validation.x)


@pytest.mark.keras
def test_a_fresh_split_is_adapted_to_anew_and_so_is_its_file(tmp_path: Path) -> None:
    import keras

    worker = Worker(study_of())
    fold = worker.folds.fold(1)
    configuration = Configuration({"units": 3}, 5)
    fit, _ = worker.does(Refit("a", configuration, 2, GOAL, fold=fold))
    worker.does(Refit("a", configuration, 2, GOAL))  # other rows in between
    inputs = {"held_out": worker.parts.held_out.x}
    job = Prediction("a", configuration, fit.weights, inputs, export=True, fold=fold)
    told, seen = worker.does(job)
    assert isinstance(told, Predicted), told
    assert isinstance(fold, DataSplit)
    assert seen == rows(fold.train.x)
    assert told.model, told.no_model
    path = tmp_path / "winner.keras"
    path.write_bytes(told.model)
    loaded = keras.saving.load_model(path, safe_mode=True)
    x = worker.parts.held_out.x
    np.testing.assert_allclose(
        loaded.predict(x, verbose=0), told.predictions["held_out"], atol=1e-6
    )
    np.testing.assert_allclose(
        np.ravel(loaded.layers[0].mean), fold.train.x.mean(axis=0), rtol=1e-5, atol=1e-5
    )


@pytest.mark.keras
def test_a_mistake_in_adapt_is_a_sentence_with_your_line() -> None:
    def wrong(units: int, train: Any) -> Any:
        import keras

        del units
        keras.layers.Normalization(axis=5).adapt(train.x)

    first = FirstStep(Configuration({"units": 2}, 1), 2, GOAL, Limits())
    said, _ = Worker(study_of(model=wrong)).does(first)
    assert isinstance(said, Failed)
    assert "axis" in said.reason
    assert len(said.reason.splitlines()) == 1


def test_it_is_no_hyperparameter() -> None:
    with pytest.raises(
        InputError, match="'train' is the argument by which build gets the training"
    ):
        study_of(space={"units": Int(2, 8), "train": Choice(True, False)})

    def space(trial: Any) -> None:
        trial.suggest_int("units", 2, 8)

    assert study_of(space=space).conditional
