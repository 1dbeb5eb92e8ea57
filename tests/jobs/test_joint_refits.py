"""The seeds of a configuration, trained in one program, come to what each comes to by itself."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from search import Budget, Choice, DenseSpace, Int, Study, moons
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.messages import (
    Configuration,
    Failed,
    JointRefit,
    JointRefitted,
    Refit,
    Refitted,
    Result,
)
from search.loading.space_file import SpaceSource
from search.study.goal import Goal
from search.study.trial import EngineChoice
from search.training.choice import TOGETHER

pytestmark = pytest.mark.keras

ALONE, STACKED = EngineChoice("in-graph"), EngineChoice("in-graph-stacked", TOGETHER)
GOAL = Goal("val_loss", "minimize")


class Bench:
    """A worker with a study's rows."""

    def __init__(self, study: Study) -> None:
        self.study = study.for_task("binary")
        data = study.data.load()
        self.rows = DataSplit.of(study.split.parts(data), data)
        source = SpaceSource("small.py", "small.py", {})
        self._executor = JobExecutor(WorkerContext(source, self.rows, "in-graph"), self.study)

    def jobs(self, seeds: Sequence[int], params: Any = None, **more: Any) -> list[Refit]:
        values = {**self.study.fixed, **(params or {})}
        return [
            Refit("a", Configuration(values, seed), more.get("epochs", 4), more.get("goal", GOAL))
            for seed in seeds
        ]

    def alone(self, jobs: Sequence[Refit]) -> list[Result]:
        return [result for job in jobs for result in self._done(job)]

    def together(self, jobs: Sequence[Refit]) -> list[Result]:
        (done,) = self._done(JointRefit.of(jobs))
        assert isinstance(done, JointRefitted)
        return list(done.results)

    def _done(self, job: Any) -> list[Any]:
        return list(self._executor.perform(job))


def agree(found: Sequence[Result], expected: Sequence[Result]) -> None:
    for ours, alone in zip(found, expected, strict=True):
        assert isinstance(ours, Refitted)
        assert isinstance(alone, Refitted)
        assert ours.curve.keys() == alone.curve.keys()
        for name, values in alone.curve.items():
            np.testing.assert_allclose(ours.curve[name], values, rtol=2e-4, atol=2e-5, err_msg=name)
        np.testing.assert_allclose(ours.predictions, alone.predictions, rtol=2e-3, atol=2e-4)
        assert [array.shape for array in ours.weights] == [a.shape for a in alone.weights]
        assert (ours.count, len(ours.importance)) == (alone.count, len(alone.importance))


def dense(**changes: Any) -> Study:
    space = DenseSpace(layers=Int(1, 2), units=Int(8, 16), activation="tanh")
    return Study(data=moons(samples=120, noise=0.3), space=space, **changes)


def test_with_patience_each_ends_at_its_own_epoch_and_counts_at_its_best() -> None:
    bench = Bench(dense(budget=Budget(epochs=40, patience=2)))
    assert bench.study.goal.patience == 2
    params = {"layers": 1, "units": 16, "learning_rate": 0.1}
    jobs = bench.jobs((1, 2, 3), params, epochs=40, goal=bench.study.goal)
    jobs = [replace(job, importance=True) for job in jobs]
    found, expected = bench.together(jobs), bench.alone(jobs)
    agree(found, expected)
    refitted = [one for one in found if isinstance(one, Refitted)]
    assert [one.engine for one in refitted] == [STACKED] * 3
    ends = {len(one.curve["val_loss"]) for one in refitted}
    assert len(ends) > 1
    assert max(ends) < 40
    for one in refitted:
        assert bench.study.goal.place(one.curve) < len(one.curve["val_loss"]) - 1
    seconds = [one.seconds for one in refitted]
    assert all(value > 0 for value in seconds)


def test_on_rows_that_the_jobs_bring_and_to_an_epoch_that_is_given() -> None:
    bench = Bench(dense())
    rows = bench.rows
    fold = replace(rows, train=rows.validation, validation=rows.train, name="fold")
    params = {"layers": 1, "units": 8, "learning_rate": 0.01}
    jobs = [replace(job, fold=fold, until=3) for job in bench.jobs((1, 2), params)]
    found = bench.together(jobs)
    agree(found, bench.alone(jobs))
    for one in found:
        assert isinstance(one, Refitted)
        assert len(one.predictions) == len(rows.train)
        assert set(one.curve) == {"loss", "accuracy"}
        assert len(one.curve["loss"]) == 3


def of_luck(units: int, own: str) -> Any:
    """A model that diverges by some seeds."""
    import keras

    class Own(keras.layers.Layer):  # type: ignore[misc] # Keras has no types
        """A layer of a user's."""

        def call(self, x: Any) -> Any:
            return x

    layers = [keras.layers.Dense(units, "tanh"), *([Own()] if own == "yes" else [])]
    model = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    if own == "nan" and np.random.random() < 0.5:
        model.set_weights([np.full_like(array, np.nan) for array in model.get_weights()])
    return model


def lucky(seed: int) -> bool:
    return float(np.random.RandomState(seed).random_sample()) >= 0.5


def own_model() -> Study:
    space = {"units": Int(2, 9), "own": Choice("no", "yes", "nan")}
    return Study(data=moons(samples=120), model=of_luck, space=space)


def test_one_that_fails_leaves_the_others_alone() -> None:
    bench = Bench(own_model())
    seeds = range(1, 5)
    assert 0 < sum(map(lucky, seeds)) < 4
    jobs = bench.jobs(seeds, {"units": 4, "own": "nan"})
    found, expected = bench.together(jobs), bench.alone(jobs)
    for seed, ours, alone in zip(seeds, found, expected, strict=True):
        if lucky(seed):
            agree([ours], [alone])
            assert isinstance(ours, Refitted)
            assert ours.engine == STACKED
        else:
            assert ours == alone == Failed("loss became NaN in epoch 1")


def test_what_the_program_cannot_take_is_trained_one_by_one(
    capfd: pytest.CaptureFixture[str],
) -> None:
    bench = Bench(own_model())
    jobs = bench.jobs((1, 2), {"units": 4, "own": "yes"})
    found = bench.together(jobs)
    assert capfd.readouterr().err.endswith(
        "a, seeds 1, 2: one after the other, since the model has parts that Keras's configuration "
        "does not describe\n"
    )
    agree(found, bench.alone(jobs))
    assert [one.engine for one in found if isinstance(one, Refitted)] == [ALONE] * 2


def test_so_is_what_has_no_room_on_the_device(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import tensorflow as tf

    from search.training.stacked import Stack

    def no_room(*_: Any) -> Any:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(Stack, "epochs", no_room)
    bench = Bench(own_model())
    jobs = bench.jobs((1, 2), {"units": 4, "own": "no"})
    found = bench.together(jobs)
    assert (
        "one after the other, since ResourceExhaustedError: OOM when allocating tensor"
        in capfd.readouterr().err
    )
    assert [one.engine for one in found if isinstance(one, Refitted)] == [ALONE] * 2


def test_what_fails_alone_too_says_why_for_each() -> None:
    bench = Bench(own_model())
    found = bench.together(bench.jobs((1, 2), {"units": -1, "own": "no"}))
    reasons = [one.reason for one in found if isinstance(one, Failed)]
    assert len(reasons) == 2
    assert all("units" in reason for reason in reasons)
