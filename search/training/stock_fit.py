"""Training by Keras's own `fit`: for models that bring a `fit` of their own, and for doubters."""

from typing import Any

import numpy as np
import tensorflow as tf

from search.study.data import Array
from search.study.split import Rows
from search.training.in_graph import accuracy_of, row_order


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
        self._model = model
        self._train = train
        self._validation = validation
        self._batch = batch_size
        self._seed = seed

    def run(self, first: int, last: int, rates: Array | None = None) -> Array:
        """Train from after epoch `first` to `last`; see `InGraph.run`."""
        measured: list[tuple[float, ...]] = []
        for epoch in range(first, last):
            if rates is not None:
                self._model.optimizer.learning_rate.assign(rates[epoch - first])
            measured.append(self._one(epoch))
            if not np.isfinite(measured[-1][0]):
                break
        return np.array(measured, dtype=np.float32)

    def _one(self, epoch: int) -> tuple[float, ...]:
        order = row_order(len(self._train), tf.constant(self._seed), tf.constant(epoch)).numpy()
        history = self._model.fit(
            self._train.x[order],
            self._train.y[order],
            batch_size=self._batch,
            epochs=1,
            shuffle=False,
            validation_data=(self._validation.x, self._validation.y),
            verbose=0,
        ).history
        accuracy = accuracy_of(history)
        names = ("loss", accuracy, "val_loss", f"val_{accuracy}")
        return tuple(history[name][-1] for name in names)
