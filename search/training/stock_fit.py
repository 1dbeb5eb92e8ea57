"""Training by Keras's own `fit`: an epoch a call, or all of them by one."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.dataset import Array
from search.data.rows_in_file import at_once
from search.data.split import Rows
from search.study.trial import Curve
from search.training.engine import TrainingRequest, TrainingRows
from search.training.fixed_batch import (
    begin_anew,
    fixed_batch,
    rows_at_once,
    stateful,
    whole_batches,
)
from search.training.in_graph import VALIDATION_BATCH, row_order
from search.training.keras_own import overrides
from search.training.keras_training import KerasTraining
from search.training.measure_names import measures_of
from search.training.model_inputs import inputs_of
from search.training.rate_schedule import RateSchedule
from search.training.rate_suggestion import rows_a_rate
from search.training.row_stream import stream
from search.training.target_forms import given_as


class FitTraining(KerasTraining):
    """A model in training by `fit`, an epoch a call, on the same order of rows as the graph's.

    Args:
        request: What is trained.
        rows: With targets as the model takes them.
    """

    def __init__(self, request: TrainingRequest, rows: TrainingRows) -> None:
        super().__init__(request.model, rows.shape)
        self._train = rows.train
        self._batch = rows_at_once(self.model, request.batch)
        self._seed = request.seed
        self._epochs = None if rows.train.stream is None else rows.train.stream.epochs(self._batch)
        self._wanted = request.plan.measure
        self._callbacks = of_keras(request, rows)
        self._validates = partial(validating, self.model, request, rows.validation)

    def _run(self, first: int, last: int) -> Curve:
        found: list[Curve] = []
        data, size = self._validates()
        for epoch in range(first, last):
            more = self._fit(
                self._drawn(epoch),
                validation_data=data,
                validation_batch_size=size,
                initial_epoch=epoch,
                epochs=epoch + 1,
                callbacks=self._callbacks,
            )
            found.append(more)
            if not _goes_on(more):
                break
        return _joined(found)

    def sweep(self, rates: Array) -> Curve:
        """As in `Training`."""
        found: list[Curve] = []
        if self._epochs is not None:
            steps = max(1, rows_a_rate(self._batch) // self._batch)
            self._epochs = self._train.stream.first(steps).epochs(self._batch)
        for epoch, rate in enumerate(rates):
            self.model.optimizer.learning_rate.assign(rate)
            found.append(self._fit(self._drawn(epoch)[: rows_a_rate(self._batch)]))
            if not _goes_on(found[-1]):
                break
        return _joined(found)

    def _drawn(self, epoch: int) -> Array:
        if stateful(self.model):
            return np.arange(len(self._train))
        return drawn(self._train, self._seed, epoch)

    def _fit(self, order: Array, **more: Any) -> Curve:
        """One epoch."""
        order = order[: whole_batches(self.model, len(order), self._batch)]
        rows = fed(self._train, order, self._batch) if self._epochs is None else next(self._epochs)
        with _ends_as_it_has_to():
            history = self.model.fit(**{"shuffle": False} | rows, verbose=0, **more).history
        return measured({name: values[-1:] for name, values in history.items()}, self._wanted)


@contextmanager
def _ends_as_it_has_to() -> Iterator[None]:
    """Without a word of Keras's about each stream whose length it does not know, and which ends."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input ran out of data")
        yield


def measured(history: Curve, wanted: str) -> Curve:
    """A curve of what `fit` logs; what is noted of training alone, as a learning rate, is no part.

    Args:
        history: Name as logged → values.
        wanted: As of `measures_of`.
    """
    validates = any(name.startswith("val_") for name in history)
    found: dict[str, Sequence[float]] = {}
    for prefix in ("", "val_"):
        names = [n.removeprefix(prefix) for n in history if n.startswith("val_") == bool(prefix)]
        if not prefix and validates:
            names = [name for name in names if name == "loss" or f"val_{name}" in history]
        for name, key in measures_of(names, wanted).items():
            found[f"{prefix}{name}"] = history[f"{prefix}{key}"]
    return found


def validating(model: Any, request: TrainingRequest, rows: Rows) -> tuple[Any, int]:
    """What `fit` takes to validate, a tuple or a stream; and how many rows at a time.

    Args:
        model: That is trained.
        request: Its training.
        rows: That validate, with targets as the model takes them.
    """
    # Of what a step of its own returns, Keras keeps the last batch's: so let that be large.
    most = VALIDATION_BATCH if overrides(model, "test_step") else request.batch
    if rows.on_demand:
        size = rows_at_once(model, at_once(rows.x, VALIDATION_BATCH))
        return stream(rows, np.arange(len(rows)), size), size
    weights = () if rows.weights is None else (given_as(rows.weights),)
    return (inputs_of(rows.x), given_as(rows.y), *weights), rows_at_once(model, most)


def validated(request: TrainingRequest, rows: Rows) -> Curve:
    """What validation measures of a model as it stands, an epoch of a curve.

    Args:
        request: The model's training.
        rows: As of `validating`.
    """
    model = request.model
    data, size = validating(model, request, rows)
    given = {"x": data}
    if isinstance(data, tuple):
        names = ("x", "y", "sample_weight")
        given = {**dict(zip(names, data, strict=False)), "batch_size": size}
    begin_anew(model)
    found = model.evaluate(**given, verbose=0, return_dict=True)
    values = {f"val_{name}": [float(np.mean(value))] for name, value in found.items()}
    return measured(values, request.plan.measure)


def whole_fit(request: TrainingRequest, rows: TrainingRows) -> Callable[[Any], Any]:
    """One call of `fit` for all epochs, which is given callbacks; as its user would call it."""
    model, train = request.model, rows.train
    data, size = validating(model, request, rows.validation)
    batch = rows_at_once(model, request.batch)
    if train.stream is not None:
        given: dict[str, Any] = train.stream.whole(batch)
    elif train.on_demand:
        epochs = count()
        order = lambda: drawn(train, request.seed, next(epochs))  # noqa: E731
        given = {"x": stream(train, order, batch)}
    else:
        given = fed(train, np.arange(len(train)), batch)
        given["shuffle"] = not stateful(model)
        if fixed_batch(model):
            given = {"x": _in_whole_batches(given, request.seed)}

    def call(callbacks: Any) -> Any:
        with _ends_as_it_has_to():
            return model.fit(
                **given, epochs=request.plan.epochs, validation_data=data,
                validation_batch_size=size, callbacks=callbacks, verbose=0,
            )  # fmt: skip

    return call


def _in_whole_batches(given: Mapping[str, Any], seed: int) -> Any:
    """Of rows in memory, for a model that takes batches of one size alone."""
    names = ("x", "y", "sample_weight")
    parts = tuple(given[name] for name in names if given.get(name) is not None)
    rows = tf.data.Dataset.from_tensor_slices(parts)
    if given["shuffle"]:
        rows = rows.shuffle(rows.cardinality(), seed=seed)
    return rows.batch(given["batch_size"], drop_remainder=True)


def drawn(rows: Rows, seed: int, epoch: int) -> Array:
    """The order of an epoch's rows, as by the graph engine."""
    order: Array = row_order(len(rows), tf.constant(seed), tf.constant(epoch)).numpy()
    return order


def of_keras(request: TrainingRequest, rows: TrainingRows) -> list[Any]:
    """Callbacks that a training needs beside yours."""
    made: list[Any] = []
    if (schedule := request.schedule(len(rows.train))) is not None:
        made.append(_Rates(schedule, request.model))
    return [*made, _anew(request.model)] if stateful(request.model) else made


def fed(rows: Rows, order: Array, batch: int) -> dict[str, Any]:
    """What `fit` is given of rows: arrays, or a stream where they stay in their file.

    Args:
        rows: That train.
        order: Numbers of those to take, in their order.
        batch: Rows a step.
    """
    if rows.on_demand:
        return {"x": stream(rows, order, batch)}
    weights = {} if rows.weights is None else {"sample_weight": given_as(rows.weights[order])}
    y = given_as(rows.y[order])
    return {"x": inputs_of(rows.x[order]), "y": y, "batch_size": batch, **weights}


class _Rates(keras.callbacks.Callback):  # type: ignore[misc]
    """Sets the rate before each step."""

    def __init__(self, schedule: RateSchedule, model: Any) -> None:
        super().__init__()
        self.set_model(model)
        self._schedule = schedule

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Compute those of the epoch."""
        del logs
        self._of_epoch = self._schedule.rates(epoch, epoch + 1)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the step's."""
        del logs
        self.model.optimizer.learning_rate.assign(self._of_epoch[batch])


def _anew(model: Any) -> Any:
    """Puts the states of layers back before an epoch, and before validation."""

    def put_back(*told: object) -> None:
        del told
        begin_anew(model)

    return keras.callbacks.LambdaCallback(on_epoch_begin=put_back, on_test_begin=put_back)


def _goes_on(measured: Curve) -> bool:
    """Whether the loss of the last epoch is a finite number, or that of which there is none."""
    return bool(np.isfinite(measured.get("loss", (0.0,))[-1]))


def _joined(found: Sequence[Curve]) -> Curve:
    return {name: [value for one in found for value in one[name]] for name in found[0]}
