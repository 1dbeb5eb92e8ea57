"""Trials of exactly one second: what a search adds to them is its own cost."""

import random
import time

import keras

from search import Budget, Float, Study, circles


class Sleeper(keras.Sequential):
    """Is trained by waiting until a second after it was built."""

    def fit(self, *rows, **options):
        """Wait, and say something that a search can weigh."""
        del rows, options
        time.sleep(max(0.0, self.built_at + 1.0 - time.monotonic()))
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        self.history = keras.callbacks.History()
        self.history.history = {name: [random.random()] for name in names}  # noqa: S311
        return self.history


def build(learning_rate):
    """The smallest model there is."""
    began = time.monotonic()
    model = Sleeper([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.SGD(learning_rate), "binary_crossentropy", metrics=["accuracy"])
    model.built_at = began
    return model


study = Study(
    data=circles(),
    model=build,
    space={"learning_rate": Float(1e-4, 1e-1, log=True)},
    budget=Budget(trials=300, epochs=1),
    pruner="none",
)
