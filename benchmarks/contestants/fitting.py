"""A trial as people write it today: build a model, compile it, call `fit`."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from benchmarks.contestants.order import Order, Result
from benchmarks.jobs import Material

BATCH = 32
"""Keras's own default, and the product's."""


class Fitting:
    """Trains one configuration after the other by stock Keras.

    Args:
        order: What to search.
        material: The rows.
    """

    def __init__(self, order: Order, material: Material) -> None:
        self._study = order.job.study()
        self._epochs = order.epochs
        self._material = material
        keras.utils.set_random_seed(order.seed)

    def result(self, params: Mapping[str, Any]) -> Result:
        """Train from scratch, after what Keras kept of the model before is freed."""
        keras.utils.clear_session()
        return self.fit(self.model(params))

    def model(self, params: Mapping[str, Any]) -> Any:
        """A compiled model: by the space's own `build`, or a dense network."""
        everything = {**self._study.fixed, **params}
        if self._study.model is not None:
            return self._study.model(**everything)
        return dense(self._material, everything)

    def fit(self, model: Any, callbacks: Sequence[Any] = (), verbose: int = 0) -> Result:
        """Train a compiled model."""
        train, validation = self._material.train, self._material.validation
        history = model.fit(
            train.x,
            train.y,
            batch_size=BATCH,
            epochs=self._epochs,
            validation_data=(validation.x, validation.y),
            callbacks=list(callbacks),
            verbose=verbose,
        ).history
        return Result(time.time(), history["val_accuracy"][-1], history["val_loss"][-1])


def dense(material: Material, params: Mapping[str, Any]) -> Any:
    """A dense network by hand, with the layers that a `DenseSpace` means."""
    layers = [
        keras.layers.Dense(params["units"], activation=params["activation"])
        for _ in range(params["layers"])
    ]
    binary = material.shape.task == "binary"
    activation = "sigmoid" if binary else "softmax"
    output = keras.layers.Dense(material.shape.outputs, activation=activation)
    model = keras.Sequential([keras.Input(material.shape.features), *layers, output])
    optimizer = keras.optimizers.get(params["optimizer"])
    optimizer.learning_rate = params["learning_rate"]
    model.compile(
        optimizer=optimizer,
        loss="binary_crossentropy" if binary else "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
