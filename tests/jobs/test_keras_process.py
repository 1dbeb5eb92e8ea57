"""The process that loads Keras beside a search does its one job as a worker would, or leaves it."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from search.app.resolved import ResolvedStudy
from search.cluster.resources import Resources
from search.jobs import keras_process
from search.jobs.batch import Batch
from search.jobs.context import WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.keras_process import LARGEST, BatchWithKeras, KerasProcess, keras_beside
from search.jobs.messages import Configuration, Predicted, Prediction, Refit, Refitted
from search.loading.space_file import read
from search.store.model_file import ModelFile

PATIENCE = 120.0
SPACE = """
from search import Budget, Choice, DenseSpace, Study, circles, table

study = Study(
    data={data}, space=DenseSpace(layers=1, units=Choice(4, 8), learning_rate=0.01),
    budget=Budget(1, epochs=2),
)
"""
CLASSES, NUMBERS = "circles(samples=200)", "table('rows.csv', target='price')"


def prepared(folder: Path, data: str = CLASSES) -> tuple[WorkerContext, Prediction]:
    """What workers have, and the job that the winner's file comes of."""
    lines = [f"{n},{'ab'[n % 2]},{3.5 * n}" for n in range(200)]
    (folder / "rows.csv").write_text("\n".join(["size,kind,price", *lines]))
    (folder / "small.py").write_text(SPACE.format(data=data))
    space = read(folder / "small.py").execute()
    ready = ResolvedStudy.of(space)
    context = ready.context("numpy", Resources())
    values = {**ready.study.fixed, "units": 4, "activation": "relu", "optimizer": "adam"}
    configuration = Configuration(values, 1)
    (fit,) = JobExecutor(context).perform(Refit("a", configuration, 2, ready.study.goal))
    assert isinstance(fit, Refitted), fit
    inputs, raw = {"held_out": ready.parts.held_out.x}, ready.parts.raw
    return context, Prediction("a", configuration, fit.weights, inputs, export=True, raw=raw)


def waited_for(batch: Batch) -> None:
    late = time.monotonic() + PATIENCE
    while not batch.over():
        assert time.monotonic() < late, "nothing came of the job"
        time.sleep(0.02)


def process_of(keras: KerasProcess) -> int:
    return keras._process.pid


@pytest.mark.keras
@pytest.mark.parametrize("data", [CLASSES, NUMBERS])
def test_it_does_the_job_as_a_worker_does(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    context, job = prepared(tmp_path, data)
    with keras_beside(1) as keras:
        keras.context = context
        other = replace(job, export=False)
        batch = BatchWithKeras([job, other], lambda _: None, keras)
        assert batch.next() is other  # the first is nothing for a worker
        batch.ended(other, Predicted({}), "")
        waited_for(batch)
    (said,) = JobExecutor(context).perform(job)
    found = batch.results[0]
    assert isinstance(said, Predicted), said
    assert isinstance(found, Predicted), found
    np.testing.assert_array_equal(found.predictions["held_out"], said.predictions["held_out"])
    assert (found.notes, found.kind, found.no_model) == (said.notes, said.kind, "")
    assert set(found.latency) == set(said.latency) != set()
    files = [ModelFile("winner.keras", each.model) for each in (found, said)]
    assert files[0].signature == files[1].signature


@pytest.mark.parametrize("has_begun", [False, True])
def test_where_it_has_died_a_worker_does_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_begun: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    context, job = prepared(tmp_path)
    with keras_beside(1) as keras:
        keras.context = context
        batch = BatchWithKeras([job], lambda _: None, keras)
        if has_begun:
            assert batch.next() is None
        os.kill(process_of(keras), signal.SIGKILL)
        late = time.monotonic() + PATIENCE
        while (again := batch.next()) is None:
            assert time.monotonic() < late, "it is lost"
            time.sleep(0.02)
        assert again is job
        assert not batch.over()


def test_where_it_is_frozen_a_worker_does_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(keras_process, "ANSWERS", 0.5)
    context, job = prepared(tmp_path)
    with keras_beside(1) as keras:
        keras.context = context
        os.kill(process_of(keras), signal.SIGSTOP)
        batch = BatchWithKeras([job], lambda _: None, keras)
        late = time.monotonic() + PATIENCE
        while (again := batch.next()) is None:
            assert time.monotonic() < late, "it is waited for"
            time.sleep(0.02)
        assert again is job


def test_it_ends_where_it_waits_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    context, job = prepared(tmp_path)
    with keras_beside(1, patience=0) as keras:
        keras.context = context
        late = time.monotonic() + PATIENCE
        while keras.takes(job):
            assert time.monotonic() < late, "it waits on"
            time.sleep(0.02)
        assert BatchWithKeras([job], lambda _: None, keras).next() is job


def test_large_rows_are_left_to_workers_who_have_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    context, job = prepared(tmp_path)
    with keras_beside(1) as keras:
        assert not keras.takes(job)  # it has nothing to work with
        keras.context = context
        assert keras.takes(job)
        large = np.broadcast_to(np.float32(0), (LARGEST, 2))
        rows = replace(context.rows, train=replace(context.rows.train, x=large))
        assert not keras.takes(replace(job, fold=rows))


def test_it_ends_with_the_search_that_has_no_job_for_it() -> None:
    with keras_beside(1) as keras:
        pid = process_of(keras)
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
