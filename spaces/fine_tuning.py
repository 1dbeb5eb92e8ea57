"""Fine-tuning: a network that knows the digits 0 to 4 learns 5 to 9, its base frozen at first."""

from functools import cache

import keras
from sklearn.datasets import load_digits

from search import Budget, Choice, Float, Int, Study, arrays

x, y = load_digits(return_X_y=True)
x, old, loss = x.reshape(-1, 8, 8, 1) / 16, y < 5, "sparse_categorical_crossentropy"


def network(units):
    """For five digits: its first layer is the base, a network too."""
    layers = keras.layers
    base = keras.Sequential([layers.Conv2D(16, 3, activation="relu"), layers.Flatten()])
    head = [layers.Dense(units, "relu"), layers.Dense(5, "softmax")]
    return keras.Sequential([keras.Input((8, 8, 1)), base, *head])


@cache
def known():
    """A base that knows 0 to 4; the same on each worker, which trains it once."""
    keras.utils.set_random_seed(0)
    model = network(32)
    model.compile("adam", loss)
    model.fit(x[old], y[old], epochs=5, verbose=0)
    return model.layers[0].get_weights()


def build(units):
    """A head that knows nothing on that base."""
    model = network(units)
    model.layers[0].set_weights(known())
    return model


def train_loop(model, train, validation, epochs, callbacks, frozen, rate):
    """The head alone for a few epochs, and then all at a tenth of the rate."""
    for base, count in ((False, frozen), (True, epochs - frozen)):
        model.layers[0].trainable = base
        optimizer = keras.optimizers.Adam(rate / 10 if base else rate)
        model.compile(optimizer, loss, metrics=["accuracy"])
        model.fit(*train, epochs=count, validation_data=validation, callbacks=callbacks, verbose=0)


study = Study(
    data=arrays(x[~old], y[~old]),
    model=build,
    fit=train_loop,
    space={"units": Choice(16, 64), "frozen": Int(1, 8), "rate": Float(1e-3, 1e-1, log=True)},
    budget=Budget(trials=8, epochs=10),
)
