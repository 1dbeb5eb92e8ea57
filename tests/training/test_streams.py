"""Streams: what `make` returns, how models are trained on it, and what is refused."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from search import Budget, Choice, DenseSpace, Finals, Float, InputError, Int, Study, streams
from search.data.streams import Streams
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.executor import JobExecutor
from search.jobs.first_read import _told
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
    TrialJob,
)
from search.jobs.refits import RATE
from search.loading.space_file import SpaceSource, read
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.goal import Goal
from search.study.trial import State, Trial
from search.training.endless import never_ends
from search.training.stream_rows import first_read
from search.training.streams import opened
from search.tuning.runner import InProcessRunner
from search.tuning.search_loop import SearchLoop
from tests.playing import play
from tests.runs import recorder_for

pytestmark = pytest.mark.keras

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(240, 3)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")
SOURCE = SpaceSource("space.py", "space.py", {})
SPEC = (tf.TensorSpec((3,), tf.float32), tf.TensorSpec((), tf.int32))


def dataset(rows: slice = slice(None)) -> tf.data.Dataset:
    """Rows one by one."""
    return tf.data.Dataset.from_tensor_slices((X[rows], Y[rows]))


def parts(train: Any = None) -> dict[str, Any]:
    """Three streams, training rows last."""
    return {
        "train": dataset(slice(80, 240)) if train is None else train,
        "validation": dataset(slice(40)).batch(16),
        "held_out": dataset(slice(40, 80)).batch(16),
    }


def cut(order: np.ndarray) -> dict[str, Any]:
    """The rows of this order in three."""
    rows = tf.data.Dataset.from_tensor_slices((X[order], Y[order]))
    return {
        "train": rows.skip(80).batch(16),
        "validation": rows.take(40).batch(16),
        "held_out": rows.skip(40).take(40).batch(16),
    }


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The training rows in batches of 32."""

    def __len__(self) -> int:
        return 5

    def __getitem__(self, at: int) -> tuple[np.ndarray, np.ndarray]:
        place = slice(80 + 32 * at, 112 + 32 * at)
        return X[place], Y[place]


def without_end(x: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """Rows, again and again."""
    while True:
        for row in x:
            yield row, 1


def counted() -> Iterator[tuple[np.ndarray, int]]:
    """Rows without end, of which the code does not tell it."""
    for number in itertools.count():
        yield X[number % len(X)], 1


class Rows:
    """What `from_generator` calls."""

    def __call__(self) -> Iterator[tuple[np.ndarray, int]]:
        while 1:
            yield X[0], 1


def of_generator(made: Any) -> tf.data.Dataset:
    """Rows of a generator."""
    spec = (tf.TensorSpec((3,)), tf.TensorSpec((), tf.int32))
    return tf.data.Dataset.from_generator(made, output_signature=spec)


def build(units: int, width: int = 3) -> keras.Model:
    """A small network, the same weights each time."""
    model = keras.Sequential([
        keras.Input((width,)),
        keras.layers.Dense(units, "relu"),
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def study_of(data: Streams, **space: Any) -> Study:
    """Settled, as a worker has it."""
    study = Study(data=data, model=build, space={"units": Int(4, 8), **space}, budget=Budget(9, 3))
    return study.for_task("binary")


def worker(study: Study, values: Mapping[str, Any] | None = None) -> tuple[JobExecutor, DataSplit]:
    """With the rows that a driver would send."""
    data = study.data
    assert isinstance(data, Streams)
    found = data.dataset(first_read(data, values or {}), by_values=bool(values))
    split = study.split.parts(found)
    rows = DataSplit.of(split, found)
    context = WorkerContext(SOURCE, rows, "fit")
    return JobExecutor(context, study), rows


def done(executor: JobExecutor, job: Any) -> Any:
    """The result of a job."""
    return list(executor.perform(job))[-1]


def assignment(study: Study, *values: Mapping[str, Any]) -> Assignment:
    """Trials of these values."""
    jobs = [TrialJob(n, Configuration(dict(v), n)) for n, v in enumerate(values)]
    return Assignment(tuple(jobs), (study.budget.epochs,), study.goal)


@pytest.mark.long
def test_no_pipeline_is_made_again_for_a_trial_that_keeps_its_values() -> None:
    calls: list[float] = []

    def make(noise: float) -> dict[str, Any]:
        calls.append(noise)
        return parts(dataset(slice(80, 240)).map(lambda x, y: (x + noise, y)).shuffle(50))

    study = study_of(streams(make), noise=Float(0, 1))
    executor, _ = worker(study, {"noise": 0.5})
    calls.clear()
    values = [{"units": units, "noise": noise} for noise in (0.1, 0.2) for units in (4, 8)]
    result = done(executor, assignment(study, *values, values[0], values[2]))
    assert isinstance(result, AssignmentResult)
    assert all(one.state is State.COMPLETE for one in result.outcomes.values())
    assert calls == [0.1, 0.2]  # six trials
    done(executor, assignment(study, {"units": 4, "noise": 0.3}, values[0]))
    assert calls == [0.1, 0.2, 0.3, 0.1]  # two are kept


@pytest.mark.parametrize("first", [2, pytest.param(3, marks=pytest.mark.long)])
def test_a_winner_is_judged_on_rows_of_its_own_values(first: int, tmp_path: Path) -> None:
    """Not on those of the values by which the streams were read first."""

    def make(width: int) -> dict[str, Any]:
        made = {"train": dataset(slice(80, 240)).batch(32), "validation": dataset(slice(40)),
                "held_out": dataset(slice(40, 80))}  # fmt: skip
        return {name: one.map(lambda x, y: (x[..., :width], y)) for name, one in made.items()}

    data, width = streams(make), 5 - first
    space = {"width": Choice(width)}
    study = Study(data=data, model=partial(build, 4), space=space, budget=Budget(1, 1),
                  finals=Finals(top=1, seeds=1))  # fmt: skip
    read_first = data.dataset(first_read(data, {"width": first}), by_values=True)
    played = play(study, tmp_path, read_first, engine="fit")
    model = keras.saving.load_model(load_run(played.path).folder.model, compile=False)
    said = model.predict(X[40:80, :width], verbose=0)[:, 0] > 0.5
    assert played.answer.headline.value == pytest.approx((said == Y[40:80]).mean())
    why = load_run(played.path).arrays("dependence")["why"]
    assert "each configuration is given other features of a row" in str(why)


def test_the_constant_is_of_the_rows_that_train_where_values_make_the_others(
    tmp_path: Path,
) -> None:
    def make(batch: int) -> dict[str, Any]:
        some = {"train": slice(80, 240), "held_out": slice(40, 80)}
        made = {name: dataset(rows).batch(batch) for name, rows in some.items()}
        ones = tf.data.Dataset.from_tensor_slices((X[Y == 1][:40], Y[Y == 1][:40]))
        return made | {"validation": ones.batch(8)}

    def judged(units: int) -> keras.Model:
        model = build(units)
        model.compile(
            "adam", "binary_crossentropy", metrics=[keras.metrics.MeanSquaredError("brier")]
        )
        return model

    data, space = streams(make), {"units": Int(4, 8), "batch": Choice(8, 16)}
    study = Study(data=data, model=judged, space=space, objective="val_brier", direction="minimize",
                  budget=Budget(1, 1), finals=Finals(top=1, seeds=1))  # fmt: skip
    read_first = data.dataset(first_read(data, {"batch": 8}), by_values=True)
    played = play(study, tmp_path, read_first, engine="fit")
    (constant,) = [one for one in played.answer.yardsticks if one.name == "constant"]
    truth, share = Y[40:80], Y[80:].mean()
    assert constant.score.goal.value == pytest.approx(np.square(truth - share).mean(), rel=1e-3)


def test_rates_of_a_schedule_are_those_of_the_streams_own_batches() -> None:
    def falling(units: int) -> keras.Model:
        model = build(units)
        rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
        return model

    data = streams(lambda: parts(dataset(slice(80, 240)).batch(16)))  # ten batches
    study = replace(study_of(data), model=falling)
    executor, _ = worker(study)
    fit = done(executor, Refit("r", Configuration({"units": 4}, 1), 3, study.goal))
    expected = [0.1 * 0.5 ** ((10 * epoch - 1) / 10) for epoch in (1, 2, 3)]
    np.testing.assert_allclose(fit.curve[RATE], expected, rtol=1e-5)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_loop_by_another_optimizer_than_the_models_has_no_rates_of_its_schedule(
    compiled: bool,
) -> None:
    def falling(units: int) -> keras.Model:
        layers = [keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")]
        model = keras.Sequential([keras.Input((3,)), *layers])
        if compiled:
            rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
            model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
        return model

    def loop(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> None:
        optimizer = keras.optimizers.SGD(0.1)
        for epoch in range(epochs):
            for x in train.x.map(lambda x, _: x):
                with tf.GradientTape() as tape:
                    loss = tf.reduce_mean(tf.square(model(x)))
                optimizer.apply(tape.gradient(loss, model.trainable_variables),
                                model.trainable_variables)  # fmt: skip
            callbacks.on_epoch_end(epoch, {"val_mine": float(loss)})

    data = streams(lambda: parts(dataset(slice(80, 240)).batch(16)))
    study = replace(study_of(data), model=falling, fit=loop, objective="val_mine")
    executor, _ = worker(study)
    executor = JobExecutor(replace(executor._models.context, engine="own loop"), study)
    goal = Goal("val_mine", "minimize")
    fit = done(executor, Refit("r", Configuration({"units": 4}, 1), 2, goal))
    assert isinstance(fit, Refitted), fit
    assert RATE not in fit.curve


def searched(study: Study, root: Path, *, stop: int = 0) -> list[Trial]:
    """The trials of a search, which is interrupted in the one of number `stop`, if any."""
    data = study.data
    assert isinstance(data, Streams)
    found = data.dataset(first_read(data, {"width": 2, "batch_size": 8}), by_values=True)
    rows = DataSplit.of(study.split.parts(found), found)
    with closing(recorder_for(study, root)) as recorder:
        if stop:
            first = SearchLoop(replace(study, budget=Budget(stop, 2)), recorder, 1)
            InProcessRunner(WorkerContext(SOURCE, rows, "fit"), study).run(first)
            assert SearchLoop(study, recorder, 1).next() is not None  # and it never ends
    with closing(Recorder(recorder.folder)) as again:
        InProcessRunner(WorkerContext(SOURCE, rows, "fit"), study).run(SearchLoop(study, again, 1))
        return again.trials()


def test_a_search_that_was_interrupted_goes_on_to_the_same_trials(tmp_path: Path) -> None:
    def make(width: int, batch_size: int) -> dict[str, Any]:
        def narrow(data: tf.data.Dataset) -> tf.data.Dataset:
            return data.map(lambda x, y: (x[..., :width], y))

        train = dataset(slice(80, 240)).batch(batch_size)
        return {name: narrow(part) for name, part in parts(train).items()}

    study = study_of(streams(make), width=Int(2, 3), batch_size=Int(8, 40))
    study = replace(study, budget=Budget(4, 2))
    whole, resumed = (searched(study, tmp_path / n, stop=at) for n, at in (("a", 0), ("b", 2)))
    assert len({(t.params["width"], t.params["batch_size"]) for t in whole}) > 1
    assert [t.params for t in resumed] == [t.params for t in whole]
    assert [t.state for t in resumed] == [State.COMPLETE] * 4
    for one, other in zip(resumed, whole, strict=True):
        assert one.curve.keys() == other.curve.keys()
        for name, values in one.curve.items():
            assert values == pytest.approx(other.curve[name], rel=1e-5), name


def test_an_epoch_of_steps_goes_on_where_the_one_before_ended_as_under_fit() -> None:
    endless = dataset(slice(80, 240)).repeat().batch(32)
    study = study_of(streams(lambda: parts(endless), steps=3))
    executor, _ = worker(study)
    result = done(executor, Refit("r", Configuration({"units": 4}, 7), 3, study.goal))
    assert isinstance(result, Refitted), result
    keras.utils.set_random_seed(7)
    model = build(4)
    history = model.fit(
        endless,
        epochs=3,
        steps_per_epoch=3,
        shuffle=False,
        verbose=0,
        validation_data=(X[:40], Y[:40]),
    ).history
    for name in ("loss", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(result.curve[name], history[name], rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_pydataset_is_trained_as_by_fit(workers: int) -> None:
    study = study_of(streams(lambda: parts(Batches(workers=workers))))
    executor, _ = worker(study)
    result = done(executor, Refit("r", Configuration({"units": 4}, 7), 2, study.goal))
    assert isinstance(result, Refitted), result
    keras.utils.set_random_seed(7)
    model = build(4)
    data, losses = Batches(workers=workers), []
    for _ in range(2):
        losses += model.fit(data, verbose=0).history["loss"]
    np.testing.assert_allclose(result.curve["loss"], losses, rtol=1e-5)


def test_rows_without_batches_are_batched_by_batch_size() -> None:
    study = study_of(streams(parts), batch_size=20)
    executor, _ = worker(study)
    result = done(
        executor, Refit("r", Configuration({"units": 4, "batch_size": 20}, 7), 2, study.goal)
    )
    assert isinstance(result, Refitted), result
    keras.utils.set_random_seed(7)
    model = build(4)
    model.fit(X[80:], Y[80:], batch_size=20, epochs=2, shuffle=False, verbose=0)
    for mine, theirs in zip(result.weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


def test_a_fit_of_the_finals_is_the_same_whatever_was_trained_before_it() -> None:
    def noisy() -> Iterator[tuple[np.ndarray, int]]:
        for x, y in zip(X[80:], Y[80:], strict=True):
            yield x + np.random.normal(size=3).astype("float32"), y

    def make(copies: int) -> dict[str, Any]:
        made = tf.data.Dataset.from_generator(noisy, output_signature=SPEC)
        return parts(made.repeat(copies).shuffle(64))

    study = study_of(streams(make), copies=Int(1, 2))
    executor, _ = worker(study, {"copies": 1})
    values = {"units": 4, "copies": 2}
    job = Refit("r", Configuration(values, 3), 2, study.goal)
    first = done(executor, job)
    np.random.normal()
    done(executor, assignment(study, values, values))
    again = done(executor, job)
    assert isinstance(first, Refitted)
    assert first.curve == again.curve


def test_held_out_rows_are_read_by_no_job_but_a_prediction_and_for_its_values() -> None:
    read: list[str] = []

    def part(name: str, rows: slice, width: int) -> tf.data.Dataset:
        def each() -> Iterator[tuple[np.ndarray, int]]:
            read.append(name)
            yield from zip(X[rows, :width], Y[rows], strict=True)

        spec = (tf.TensorSpec((width,), tf.float32), SPEC[1])
        return tf.data.Dataset.from_generator(each, output_signature=spec).batch(16)

    def make(width: int) -> tuple[Any, ...]:
        places = {"train": slice(80, 240), "validation": slice(40), "held_out": slice(40, 80)}
        return tuple(part(name, rows, width) for name, rows in places.items())

    study = study_of(streams(make), width=Int(1, 3))
    executor, rows = worker(study, {"width": 3})
    read.clear()
    values = {"units": 4, "width": 2}
    step = FirstStep(Configuration(values, 1), 3, study.goal, Limits())
    done(executor, step)
    done(executor, assignment(study, values))
    fit = done(executor, Refit("r", Configuration(values, 1), 1, study.goal))
    assert isinstance(fit, Refitted), fit
    assert "held_out" not in read
    asked = {"held_out": rows.validation.x}  # any forty rows: a worker makes its own
    result = done(
        executor, Prediction("p", Configuration(values, 1), fit.weights, asked, export=True)
    )
    assert isinstance(result, Predicted), result
    assert read.count("held_out") == 1
    model = build(4, 2)
    model.set_weights(fit.weights)
    said = result.predictions["held_out"][:, 1]
    np.testing.assert_allclose(said, model.predict(X[40:80, :2], verbose=0)[:, 0], atol=1e-5)
    assert result.model, result.no_model


def test_one_stream_is_split_by_the_places_of_its_elements() -> None:
    data = streams(dataset, split=(3, 1, 1))
    made = opened(data, {}, seed=0)
    found = [
        np.concatenate([x.nested for x, _, _ in part.batches()])
        for part in (made.train, made.validation, made.held_out)
    ]
    place = np.arange(240) % 5
    for part, rows in zip(found, (place < 3, place == 3, place == 4), strict=True):
        np.testing.assert_array_equal(part, X[rows])


def test_what_is_said_of_training_rows_is_of_those_that_were_read() -> None:
    many = dataset().repeat(200)
    study = study_of(streams(lambda: parts(many)))
    _, rows = worker(study)
    assert len(rows.train) == 10_000
    data = study.data
    assert isinstance(data, Streams)
    found = data.dataset(first_read(data, {}), by_values=False)
    assert found.given.stream is not None
    assert found.given.stream.rows == 48_000
    assert "48,000 of them" in " ".join(found.given.notes)
    assert "nobody looked for rows that are in two parts" in " ".join(found.given.notes)


def test_training_rows_in_another_order_are_the_same_data() -> None:
    hashes = set()
    for seed in (1, 2):
        data = streams(lambda seed=seed: parts(dataset(slice(80, 240)).shuffle(160, seed=seed)))
        found = data.dataset(first_read(data, {}), by_values=False)
        hashes.add(found.hash)
    assert len(hashes) == 1


def test_judging_rows_may_be_shuffled_and_augmented() -> None:
    def noisy(x: Any, y: Any) -> tuple[Any, Any]:
        return x + tf.random.normal(tf.shape(x)), y

    told = parts()
    told["validation"] = dataset(slice(40)).shuffle(40).batch(8)
    told["held_out"] = dataset(slice(40, 80)).map(noisy).batch(8)
    assert first_read(streams(lambda: told), {}).facts.rows == len(Y) - 80


def test_a_split_after_a_shuffle_by_a_seed_of_its_own_is_one_split() -> None:
    def make() -> dict[str, Any]:
        rows = dataset().shuffle(240, seed=1, reshuffle_each_iteration=False)
        return {
            "train": rows.skip(80).batch(16),
            "validation": rows.take(40).batch(16),
            "held_out": rows.skip(40).take(40).batch(16),
        }

    read = first_read(streams(make), {})
    for seed in (1, 2):
        again = opened(streams(make), {}, seed=seed)
        kept = np.concatenate([y for _, y, _ in again.held_out.batches()])
        np.testing.assert_array_equal(kept, read.parts[2][1])

    def reshuffled() -> dict[str, Any]:
        rows = dataset().shuffle(240, seed=1)
        return {
            "train": rows.skip(80).batch(16),
            "validation": rows.take(40).batch(16),
            "held_out": rows.skip(40).take(40).batch(16),
        }

    with pytest.raises(InputError, match="each time that make is called, or it is read"):
        first_read(streams(reshuffled), {})


def weighted(of: Callable[[Any], Any]) -> tf.data.Dataset:
    """Batches with weights."""
    return dataset().batch(16).map(lambda x, y: (x, y, of(y)))


def _changing(kind: str) -> Any:
    class Changing(Batches):
        def __getitem__(self, at: int) -> tuple[Any, Any]:
            x, y = super().__getitem__(at)
            if at < 3:
                return x, y
            return {"shape": (x[:, :2], y), "type": (x, y.astype("float32"))}.get(
                kind, ({"a": x}, y)
            )

    return Changing()


WRONG: dict[str, tuple[Callable[..., Any], dict[str, Any], str]] = {
    "None": (lambda: None, {}, "it returned None; return train, validation and held_out"),
    "two": (lambda: (dataset(), dataset()), {}, "it returned a tuple of 2"),
    "keys": (lambda: {"train": dataset()}, {}, "it returned the keys 'train'"),
    "arrays": (lambda: parts(X), {}, "make returned a ndarray for it; return a tf.data.Dataset"),
    "empty": (lambda: parts(dataset(slice(0))), {}, "train: this stream is empty"),
    "no validation": (
        lambda: parts() | {"validation": dataset(slice(0)).batch(4)},
        {},
        "validation: this stream is empty",
    ),
    "endless": (lambda: parts(dataset().repeat()), {}, "never ends; say how many batches an epoch"),
    "endless validation": (
        lambda: parts() | {"validation": dataset().repeat()},
        {"steps": 3},
        "validation: this stream never ends; end it",
    ),
    "endless generator": (
        lambda: parts(of_generator(lambda: without_end(X))),
        {},
        "train: this stream never ends; say how many batches an epoch has: streams(…, steps=100)",
    ),
    "endless generator held out": (
        lambda: parts() | {"held_out": of_generator(Rows()).batch(4)},
        {"steps": 3},
        "held_out: this stream never ends; end it, such as by .take(100)",
    ),
    "endless generator, split": (
        lambda: of_generator(partial(without_end, X)).map(lambda x, y: (x, y)),
        {"split": (8, 1, 1)},
        "this stream never ends",
    ),
    "four": (
        lambda: parts(dataset().map(lambda x, y: (x, x, x, y))),
        {},
        "its elements are tuples of 4",
    ),
    "shape": (lambda: parts(_changing("shape")), {}, "element 3: it has x of shape (2,)"),
    "type": (lambda: parts(_changing("type")), {}, "it has y of shape () and type float32"),
    "keys of x": (lambda: parts(_changing("keys")), {}, "it has a of shape (3,)"),
    "batches of unlike length": (
        lambda: parts(
            tf.data.Dataset.range(1, 9)
            .map(lambda n: (tf.range(n), n % 2))
            .padded_batch(2, padded_shapes=([None], []))
        ),
        {},
        "bring all batches to one length, such as by .padded_batch(size, padded_shapes=…)",
    ),
    "ragged": (
        lambda: parts(tf.data.Dataset.from_tensors((tf.ragged.constant([[1], []]), [0, 1]))),
        {},
        "hold a RaggedTensor; make them dense",
    ),
    "argument": (lambda window: parts(), {}, "the space has no hyperparameter 'window'"),
    "reshuffled": (
        lambda: dataset().shuffle(240),
        {"split": (8, 1, 1)},
        "rows would pass from one part into another",
    ),
    "split anew": (
        lambda: cut(np.random.default_rng().permutation(len(Y))),
        {},
        "validation: it has other rows each time that make is called, or it is read",
    ),
    "split by Keras's seed": (
        lambda: cut(np.random.permutation(len(Y))),
        {},
        "validation: it has other rows each time that make is called, or it is read",
    ),
    "reshuffled before the split": (
        lambda: {
            "train": dataset().shuffle(240).skip(80).batch(16),
            "validation": dataset(slice(40)).batch(16),
            "held_out": dataset().shuffle(240).take(40).batch(16),
        },
        {},
        "held_out: it has other rows each time that make is called, or it is read",
    ),
    "classes": (
        lambda: {n: d.map(lambda x, y: (x, y + 1)) for n, d in parts().items()},
        {},
        "the targets of the streams are '1', '2'",
    ),
    "unlike weights": (
        lambda: parts(weighted(lambda y: tf.ones(tf.size(y) + 1))),
        {},
        "train, element 0: its parts have 16, 17 rows; give as many in each",
    ),
    "a weight below 0": (
        lambda: parts(weighted(lambda y: -tf.ones(tf.size(y)))),
        {},
        "train, element 0, row 0 (from 0): a weight of -1.0; give finite numbers of 0 or more",
    ),
    "nan": (
        lambda: parts(dataset().map(lambda x, y: (tf.where(y > 0, x, np.nan), y)).batch(16)),
        {},
        f"train, element 0: x: row {int(np.argmin(Y))}, column 0 (from 0) is nan",
    ),
    "other rows": (
        lambda: parts() | {"validation": dataset(slice(9)).map(lambda x, y: (x[:2], y))},
        {},
        "validation: its x is of shape (9, 2)",
    ),
}


RAISING = """\
import tensorflow as tf
from search import Budget, Int, Study, streams

def rows():
    yield [1.0], 1
    raise OSError("the disk is gone")

def divided(x, y):
    return tf.py_function(lambda z: 1 / 0, [x], tf.float32), y

def make():
    part = tf.data.Dataset.from_tensor_slices(([[1.0], [2.0]], [0, 1])).batch(2)
    spec = (tf.TensorSpec((1,)), tf.TensorSpec((), tf.int32))
    train = {{
        "generator": tf.data.Dataset.from_generator(rows, output_signature=spec).batch(8),
        "map": part.map(divided),
    }}["{where}"]
    return train, part, part

study = Study(data=streams(make), model=lambda units: None, space={{"units": Int(2, 4)}},
              budget=Budget(trials=2, epochs=1))
"""


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_streams_is_one_sentence(name: str) -> None:
    make, options, sentence = WRONG[name]
    data = streams(make, **options)
    with pytest.raises(InputError) as caught:
        data.dataset(first_read(data, {}), by_values=False)
    assert sentence in str(caught.value)


def test_an_endless_generator_that_is_ended_or_has_steps_is_read() -> None:
    def make() -> dict[str, tf.data.Dataset]:
        endless = of_generator(lambda: without_end(X))
        return parts(endless.batch(8)) | {"validation": endless.skip(5).take(7).batch(4)}

    train, validation, _ = first_read(streams(make, steps=4), {}).parts
    assert len(train[1]) == 10_000
    np.testing.assert_array_equal(validation[0].nested, X[5:12])


def test_what_may_end_is_not_taken_for_endless() -> None:
    def with_break(x: np.ndarray) -> Iterator[np.ndarray]:
        while True:
            yield x
            if x is not None:
                break

    def with_error(x: np.ndarray) -> Iterator[np.ndarray]:
        while True:
            yield x
            if x is None:
                raise OSError

    others: list[Any] = [
        lambda: with_error(X),
        lambda: zip(X, Y, strict=True),
        lambda: itertools.islice(without_end(X), 3),
        lambda: with_break(X),
        lambda: (x for x in without_end(X)),
        counted,
        [1, 2],
    ]
    for ends in others:
        assert not never_ends(ends)


def test_a_validation_stream_that_does_not_end_in_time_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("search.training.streams.LONGEST", 0.0)
    with pytest.raises(InputError, match=r"validation: it has more than 256 rows: .* not ended"):
        first_read(streams(lambda: parts() | {"validation": of_generator(counted)}), {})


@pytest.mark.parametrize("where", ["generator", "map"])
def test_what_a_pipeline_raises_is_told_and_not_what_tensorflow_says_of_it(
    where: str, tmp_path: Path
) -> None:
    (tmp_path / "space.py").write_text(RAISING.format(where=where))
    source = read(tmp_path / "space.py")
    study = source.execute().study
    assert isinstance(study.data, Streams)
    with pytest.raises(tf.errors.OpError) as caught:
        first_read(study.data, {})
    told = str(_told(caught.value, source, study.data))
    if where == "map":
        assert told == "data=make: it failed (ZeroDivisionError: division by zero); fix it"
    else:
        assert told == "data=make, line 6: it failed (OSError: the disk is gone); fix it"


def test_texts_that_keras_takes_from_no_pydataset_are_one_sentence() -> None:
    class Texts(Batches):
        def __getitem__(self, at: int) -> tuple[np.ndarray, np.ndarray]:
            return np.array(["good", "bad"]), np.array([0, 1])

    with pytest.raises(
        InputError, match=r"which Keras takes from no PyDataset; return tf\.constant"
    ):
        first_read(streams(lambda: parts(Texts())), {})


def kept(units: int) -> keras.Model:
    """Of states for batches of 24."""
    model = keras.Sequential([
        keras.Input(batch_shape=(24, 3)),
        keras.layers.Reshape((3, 1)),
        keras.layers.GRU(units, stateful=True),
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def test_a_stream_of_other_batches_than_a_stateful_model_keeps_is_a_mistake() -> None:
    rows = dataset(slice(80, 240))
    study = replace(study_of(streams(lambda: parts(rows.batch(32)))), model=kept)
    executor, _ = worker(study)
    result = done(executor, FirstStep(Configuration({"units": 4}, 1), 3, study.goal, Limits()))
    assert "its batches are of 32 rows, and the model is made for batches of 24" in result.reason


@pytest.mark.parametrize("batched", [pytest.param(True, marks=pytest.mark.long), False])
def test_what_is_left_of_a_stream_does_not_train_a_stateful_model(batched: bool) -> None:
    rows = dataset(slice(80, 240))
    source = streams(lambda: parts(rows.batch(24) if batched else rows))
    study = replace(study_of(source), model=kept)
    executor, _ = worker(study)
    result = done(executor, assignment(study, {"units": 4}))
    keras.utils.set_random_seed(0)
    model, whole, losses = kept(4), rows.batch(24, drop_remainder=True), []
    for _ in range(3):
        model.layers[1].reset_state()
        losses += model.fit(whole, shuffle=False, verbose=0).history["loss"]
    np.testing.assert_allclose(result.outcomes[0].curve["loss"], losses, rtol=1e-4)


def test_targets_that_change_with_a_value_are_refused() -> None:
    def make(seed: int) -> dict[str, Any]:
        return parts() | {"validation": dataset(slice(40)).shuffle(40, seed=seed).batch(8)}

    study = study_of(streams(make), seed=Int(1, 2))
    executor, _ = worker(study, {"seed": 1})
    result = done(executor, assignment(study, {"units": 4, "seed": 2}))
    assert "with seed=2 its targets are not those that were read" in result.outcomes[0].reason


def test_a_loss_that_takes_other_targets_is_a_mistake() -> None:
    study = study_of(streams(parts))

    def two(units: int) -> keras.Model:
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        return model

    executor, _ = worker(replace(study, model=two))
    step = FirstStep(Configuration({"units": 4}, 1), 3, study.goal, Limits())
    result = done(executor, step)
    assert isinstance(result, Failed)
    assert "and the loss takes one-hot; give tf.one_hot(y, 2) in make" in result.reason


@pytest.mark.parametrize(
    ("change", "loss", "told"),
    [
        (lambda y: y, "categorical_crossentropy", "y['a'] is classes as whole numbers, and "
         "the loss takes one-hot; give tf.one_hot(y, 3) in make"),
        (lambda y: tf.one_hot(y, 3), "sparse_categorical_crossentropy", "y['a'] is one-hot, and "
         "the loss takes classes as whole numbers; give classes as 0, 1 … in make"),
    ],
)  # fmt: skip
def test_a_loss_of_several_that_takes_other_targets_is_a_mistake(
    change: Any, loss: str, told: str
) -> None:
    def two(units: int) -> keras.Model:
        inputs = keras.Input((3,))
        a = keras.layers.Dense(3, "softmax", name="a")(inputs)
        b = keras.layers.Dense(1, name="b")(keras.layers.Dense(units)(inputs))
        model = keras.Model(inputs, {"a": a, "b": b})
        model.compile("sgd", {"a": loss, "b": "mse"})
        return model

    given = lambda x, y: (x, {"a": change(y), "b": tf.cast(y, tf.float32)[..., None]})  # noqa: E731
    source = streams(lambda: {name: part.map(given) for name, part in parts().items()})
    study = replace(study_of(source), model=two).for_task("custom")
    executor, _ = worker(study)
    result = done(executor, FirstStep(Configuration({"units": 4}, 1), 3, study.goal, Limits()))
    assert isinstance(result, Failed)
    assert told in result.reason


def test_build_is_given_streams_to_adapt_to() -> None:
    def adapted(units: int, train: Any) -> keras.Model:
        layer = keras.layers.Normalization()
        layer.adapt(train.x)
        model = keras.Sequential([keras.Input((3,)), layer, keras.layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    for train in (None, Batches()):
        study = replace(study_of(streams(lambda train=train: parts(train))), model=adapted)
        executor, _ = worker(study)
        result = done(executor, Refit("r", Configuration({"units": 4}, 1), 1, study.goal))
        assert isinstance(result, Refitted), result
        mean = next(w for w in result.weights if w.shape == (3,))
        np.testing.assert_allclose(mean, X[80:].mean(axis=0), atol=1e-5)


def test_callbacks_see_one_training_by_steps_as_under_fit() -> None:
    seen: list[int] = []

    class Seen(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            seen.append(batch)

    endless = dataset(slice(80, 240)).repeat().batch(32)
    study = study_of(streams(lambda: parts(endless), steps=3))
    study = replace(study, callbacks=lambda: [Seen()], finals=replace(study.finals, refit=False))
    executor, _ = worker(study)
    result = done(executor, assignment(study, {"units": 4}))
    assert result.outcomes[0].state is State.COMPLETE, result
    assert seen == [0, 1, 2] * 3
    keras.utils.set_random_seed(0)
    model = build(4)
    history = model.fit(endless, epochs=3, steps_per_epoch=3, shuffle=False, verbose=0).history
    np.testing.assert_allclose(result.outcomes[0].curve["loss"], history["loss"], rtol=1e-5)


def test_a_loop_of_ones_own_is_given_the_stream() -> None:
    given: list[Any] = []

    def loop(model: Any, train: Any, validation: Any, epochs: int, callbacks: Any) -> Any:
        given.append(train.x)
        return model.fit(
            train.x, epochs=epochs, validation_data=(validation.x, validation.y), shuffle=False,
            callbacks=callbacks, verbose=0,
        )  # fmt: skip

    study = replace(study_of(streams(lambda: parts(dataset().batch(32)))), fit=loop)
    executor, _ = worker(study)
    executor = JobExecutor(replace(executor._models.context, engine="own loop"), study)
    result = done(executor, assignment(study, {"units": 4}))
    assert result.outcomes[0].state is State.COMPLETE, result
    assert sum(len(y) for _, y in given[0]) == 240


def test_several_targets_or_none_are_trained_as_by_fit() -> None:
    inputs = keras.Input((3,))

    def two(units: int) -> keras.Model:
        del units
        outputs = {"a": keras.layers.Dense(1, name="a"), "b": keras.layers.Dense(3, name="b")}
        model = keras.Model(inputs, {name: layer(inputs) for name, layer in outputs.items()})
        model.compile("sgd", {"a": "mse", "b": "mae"})
        return model

    def itself(units: int) -> keras.Model:
        class Narrow(keras.layers.Layer):  # type: ignore[misc]
            def build(self, shape: Any) -> None:
                self.kernel = self.add_weight(shape=(3, units))

            def call(self, x: Any) -> Any:
                said = x @ self.kernel @ keras.ops.transpose(self.kernel)
                self.add_loss(keras.ops.mean(keras.ops.square(said - x)))
                return said

        model = keras.Model(inputs, Narrow()(inputs))
        model.compile("sgd")
        return model

    changes = {
        two: lambda x, y: (x, {"a": tf.cast(y, tf.float32)[..., None], "b": x}),
        itself: lambda x, y: (x,),
    }
    for made, change in changes.items():
        source = streams(lambda change=change: {n: d.map(change) for n, d in parts().items()})
        study = Study(data=source, model=made, space={"units": Int(2, 3)}, budget=Budget(9, 3))
        found = source.dataset(first_read(source, {}), by_values=False)
        study = study.for_task(found.task)
        rows = DataSplit.of(study.split.parts(found), found)
        context = WorkerContext(SpaceSource("space.py", "space.py", {}), rows, "fit")
        result = done(JobExecutor(context, study), assignment(study, {"units": 2}))
        assert result.outcomes[0].state is State.COMPLETE, result
        keras.utils.set_random_seed(0)
        batches = dataset(slice(80, 240)).map(change).batch(32)
        losses = made(2).fit(batches, epochs=3, shuffle=False, verbose=0).history["loss"]
        np.testing.assert_allclose(result.outcomes[0].curve["loss"], losses, rtol=1e-5)


def test_a_pipeline_in_the_place_of_rows_is_told_where_it_belongs() -> None:
    import keras

    class Own(keras.utils.PyDataset):  # type: ignore[misc, name-defined]
        def __len__(self) -> int:
            return 1

        def __getitem__(self, place: int) -> Any:
            return np.ones((4, 2)), np.ones(4)

    for made in (tf.data.Dataset.from_tensors((np.ones((4, 2)), np.ones(4))), Own()):
        with pytest.raises(InputError, match=r"write data=streams\(make\)"):
            Study(data=made, space=DenseSpace())
        with pytest.raises(InputError, match=r"it returned a \w+, whose batches come as a stream"):
            Study(data=lambda made=made: made, space=DenseSpace()).data.load()
