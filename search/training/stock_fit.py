"""Training by Keras's own `fit`: for models that bring a `fit` of their own, and for doubters."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.study.dataset import Array
from search.study.split import Rows
from search.study.trial import Curve
from search.training.in_graph import measures_of, row_order
from search.training.rate_schedule import RateSchedule
from search.training.rate_suggestion import rows_a_rate


class StockFit:
    """Trains a model by `fit`, an epoch a call, on the same order of rows as the graph would.

    Args:
        model: Compiled and built.
        train: Rows that train.
        validation: Rows that are measured after each epoch.
        batch_size: Rows a step.
        seed: Of the order.
        schedule: Of the learning rate; None to leave it to the model.
    """

    name = "fit"

    def __init__(  # noqa: PLR0913, PLR0917 - InGraph's, with the rows that its program has
        self,
        model: Any,
        train: Rows,
        validation: Rows,
        batch_size: int,
        seed: int,
        schedule: RateSchedule | None = None,
    ) -> None:
        self.model = model
        self._train = train
        self._validation = validation
        self._batch = batch_size
        self._seed = seed
        self._schedule = schedule

    def run(self, first: int, last: int) -> Curve:
        """Train from after epoch `first` to `last`; see `InGraph.run`."""
        validation = (self._validation.x, self._validation.y)
        measured: list[Curve] = []
        for epoch in range(first, last):
            more = {"validation_data": validation, "callbacks": self._callbacks(epoch)}
            measured.append(self._fit(self._drawn(epoch), **more))
            if not np.isfinite(measured[-1]["loss"][0]):
                break
        return _joined(measured)

    def sweep(self, rates: Array) -> Curve:
        """Train a short epoch at each learning rate; see `InGraph.sweep`."""
        measured: list[Curve] = []
        for epoch, rate in enumerate(rates):
            self.model.optimizer.learning_rate.assign(rate)
            measured.append(self._fit(self._drawn(epoch)[: rows_a_rate(self._batch)]))
            if not np.isfinite(measured[-1]["loss"][0]):
                break
        return _joined(measured)

    def _callbacks(self, epoch: int) -> list[Any]:
        """What sets the rate before each step of an epoch, where it changes."""
        if self._schedule is None:
            return []
        rates, optimizer = self._schedule.rates(epoch, epoch + 1), self.model.optimizer

        def set_rate(step: int, logs: Any = None) -> None:
            del logs
            optimizer.learning_rate.assign(rates[step])

        return [keras.callbacks.LambdaCallback(on_train_batch_begin=set_rate)]

    def _drawn(self, epoch: int) -> Array:
        order: Array = row_order(
            len(self._train), tf.constant(self._seed), tf.constant(epoch)
        ).numpy()
        return order

    def _fit(self, order: Array, **more: Any) -> Curve:
        """One epoch."""
        history = self.model.fit(
            self._train.x[order],
            self._train.y[order],
            batch_size=self._batch,
            epochs=1,
            shuffle=False,
            verbose=0,
            **more,
        ).history
        names = measures_of(name for name in history if not name.startswith("val_"))
        own = {name: history[key] for name, key in names.items()}
        seen = {f"val_{name}": history[f"val_{key}"] for name, key in names.items() if more}
        return own | seen


def _joined(measured: Sequence[Curve]) -> Curve:
    return {name: [value for one in measured for value in one[name]] for name in measured[0]}
