"""Training by Keras's own `fit`: for models that bring a `fit` of their own, and for doubters."""

from typing import Any

import numpy as np
import tensorflow as tf

from search.study.dataset import Array
from search.study.split import Rows
from search.training.in_graph import accuracy_of, row_order
from search.training.rate_suggestion import rows_a_rate


class StockFit:
    """Trains a model by `fit`, an epoch a call, on the same order of rows as the graph would.

    Args:
        model: Compiled and built.
        train: Rows that train.
        validation: Rows that are measured after each epoch.
        batch_size: Rows a step.
        seed: Of the order.
    """

    name = "fit"

    def __init__(
        self, model: Any, train: Rows, validation: Rows, batch_size: int, seed: int
    ) -> None:
        self.model = model
        self._train = train
        self._validation = validation
        self._batch = batch_size
        self._seed = seed

    def run(self, first: int, last: int) -> Array:
        """Train from after epoch `first` to `last`; see `InGraph.run`."""
        measured: list[tuple[float, ...]] = []
        for epoch in range(first, last):
            measured.append(self._one(epoch))
            if not np.isfinite(measured[-1][0]):
                break
        return np.array(measured, dtype=np.float32)

    def sweep(self, rates: Array) -> Array:
        """Train a short epoch at each learning rate; see `InGraph.sweep`."""
        measured: list[tuple[float, ...]] = []
        for epoch, rate in enumerate(rates):
            self.model.optimizer.learning_rate.assign(rate)
            order = self._drawn(epoch)[: rows_a_rate(self._batch)]
            history, accuracy = self._fit(order)
            measured.append((history["loss"][-1], history[accuracy][-1]))
            if not np.isfinite(measured[-1][0]):
                break
        return np.array(measured, dtype=np.float32)

    def _one(self, epoch: int) -> tuple[float, ...]:
        seen = (self._validation.x, self._validation.y)
        history, accuracy = self._fit(self._drawn(epoch), validation_data=seen)
        names = ("loss", accuracy, "val_loss", f"val_{accuracy}")
        return tuple(history[name][-1] for name in names)

    def _drawn(self, epoch: int) -> Array:
        order: Array = row_order(
            len(self._train), tf.constant(self._seed), tf.constant(epoch)
        ).numpy()
        return order

    def _fit(self, order: Array, **more: Any) -> tuple[dict[str, list[float]], str]:
        history = self.model.fit(
            self._train.x[order],
            self._train.y[order],
            batch_size=self._batch,
            epochs=1,
            shuffle=False,
            verbose=0,
            **more,
        ).history
        return history, accuracy_of(history)
