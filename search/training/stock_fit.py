"""Training by Keras's own `fit`: for models that bring a `fit` of their own, and for doubters."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.dataset import Array
from search.data.split import Rows
from search.study.trial import Curve, epochs_in
from search.training.callbacks import OneTraining
from search.training.engine import TrainingRequest, TrainingRows
from search.training.fixed_batch import begin_anew, rows_at_once, stateful, whole_batches
from search.training.in_graph import VALIDATION_BATCH, row_order
from search.training.keras_own import overrides
from search.training.keras_training import KerasTraining
from search.training.measure_names import measures_of
from search.training.model_inputs import inputs_of
from search.training.rate_schedule import RateSchedule
from search.training.rate_suggestion import rows_a_rate
from search.training.row_stream import stream
from search.training.target_forms import given_as

ALIKE = 1e-5
"""As a fraction, by which one model's measures may differ from one time to the next."""


class FitTraining(KerasTraining):
    """A model in training by `fit`, an epoch a call, on the same order of rows as the graph's.

    Args:
        request: What is trained.
        rows: With targets as the model takes them.
        callbacks: That see the training; None for none.
    """

    def __init__(
        self, request: TrainingRequest, rows: TrainingRows, callbacks: OneTraining | None = None
    ) -> None:
        super().__init__(request.model, rows.shape)
        self._train = rows.train
        self._validation = rows.validation
        self._batch = rows_at_once(self.model, request.batch)
        # Of what a step of its own returns, Keras keeps the last batch's: so let that be large.
        most = VALIDATION_BATCH if overrides(self.model, "test_step") else request.batch
        self._validation_batch = rows_at_once(self.model, most)
        self._seed = request.seed
        self._wanted = request.plan.measure
        self._own = callbacks
        self._callbacks: Any = [] if callbacks is None else callbacks
        if (schedule := request.schedule(len(rows.train))) is not None:
            self._callbacks.append(_Rates(schedule, self.model))
        if stateful(self.model):
            self._callbacks.append(_anew(self.model))

    def _run(self, first: int, last: int) -> Curve:
        measured: list[Curve] = []
        for epoch in range(first, last):
            more = self._fit(
                self._drawn(epoch),
                validation_data=self._validates,
                validation_batch_size=self._validation_batch,
                initial_epoch=epoch,
                epochs=epoch + 1,
                callbacks=self._callbacks,
            )
            measured.append(more)
            if self.stopped or not _goes_on(more):
                break
        return _joined(measured)

    @property
    def stopped(self) -> bool:
        """Whether a callback has ended the training."""
        return self._own is not None and bool(self.model.stop_training)

    def end(self, curve: Curve) -> Curve:
        """Notify the callbacks that the training is over; as in `Training`.

        Where one of them has changed the weights, as `EarlyStopping` restores the best ones, the
        curve ends with the epoch whose measures the model has again; or, where none has them, its
        last epoch is measured anew.
        """
        if self._own is None:
            return curve
        before = self.model.get_weights()
        self._own.end()
        after = self.model.get_weights()
        if all(np.array_equal(*pair, equal_nan=True) for pair in zip(before, after, strict=True)):
            return curve
        now = self._validated()
        epochs = range(epochs_in(curve))
        alike = [k for k in epochs if all(_near(curve[name][k], v) for name, v in now.items())]
        if alike:
            return {name: values[: alike[-1] + 1] for name, values in curve.items()}
        return {n: [*v[:-1], now[n]] if n in now else list(v) for n, v in curve.items()}

    def _validated(self) -> dict[str, float]:
        """What validation measures of the model as it stands, by the names of a curve."""
        rows = self._validates
        given = {"x": rows} if not isinstance(rows, tuple) else {"x": rows[0], "y": rows[1]}
        if isinstance(rows, tuple):
            given["batch_size"] = self._validation_batch
        begin_anew(self.model)
        found = self.model.evaluate(**given, verbose=0, return_dict=True)
        return {
            f"val_{short}": float(np.mean(found[name]))
            for short, name in measures_of(found, self._wanted).items()
        }

    def sweep(self, rates: Array) -> Curve:
        """As in `Training`."""
        measured: list[Curve] = []
        for epoch, rate in enumerate(rates):
            self.model.optimizer.learning_rate.assign(rate)
            measured.append(self._fit(self._drawn(epoch)[: rows_a_rate(self._batch)]))
            if not _goes_on(measured[-1]):
                break
        return _joined(measured)

    @cached_property
    def _validates(self) -> Any:
        """What `fit` takes to validate: a pair, or a stream."""
        rows = self._validation
        if rows.in_file:
            size = rows_at_once(self.model, VALIDATION_BATCH)
            return stream(replace(rows, weights=None), np.arange(len(rows)), size)
        return inputs_of(rows.x), given_as(rows.y)

    def _drawn(self, epoch: int) -> Array:
        if stateful(self.model):
            return np.arange(len(self._train))
        order: Array = row_order(
            len(self._train), tf.constant(self._seed), tf.constant(epoch)
        ).numpy()
        return order

    def _fit(self, order: Array, **more: Any) -> Curve:
        """One epoch."""
        order = order[: whole_batches(self.model, len(order), self._batch)]
        rows = fed(self._train, order, self._batch)
        history = self.model.fit(**rows, shuffle=False, verbose=0, **more).history
        last = {name: values[-1:] for name, values in history.items()}
        told = [name for name in last if not name.startswith("val_")]
        if "validation_data" not in more:
            return {name: last[key] for name, key in measures_of(told, self._wanted).items()}
        # With callbacks, what these note is there too, such as the learning rate: a measure of
        # training is what is there of validation as well.
        own = measures_of(
            [name for name in told if name == "loss" or f"val_{name}" in last], self._wanted
        )
        seen = measures_of(
            [n.removeprefix("val_") for n in last if n.startswith("val_")], self._wanted
        )
        return {name: last[key] for name, key in own.items()} | {
            f"val_{name}": last[f"val_{key}"] for name, key in seen.items()
        }


def fed(rows: Rows, order: Array, batch: int) -> dict[str, Any]:
    """What `fit` is given of rows: arrays, or a stream where they stay in their file.

    Args:
        rows: That train.
        order: Numbers of those to take, in their order.
        batch: Rows a step.
    """
    if rows.in_file:
        return {"x": stream(rows, order, batch)}
    weights = {} if rows.weights is None else {"sample_weight": rows.weights[order]}
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


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= ALIKE * max(abs(one), abs(other), ALIKE)


def _joined(measured: Sequence[Curve]) -> Curve:
    return {name: [value for one in measured for value in one[name]] for name in measured[0]}
