"""A forecast of two series, six steps ahead: targets of shape (steps, series)."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

time = np.arange(400)
both = np.stack([np.sin(time / 5), np.cos(time / 7)], axis=1)
both += np.random.default_rng(0).normal(0, 0.1, both.shape)
x = np.stack([both[i : i + 24] for i in range(360)])
y = np.stack([both[i + 24 : i + 30] for i in range(360)])


def build(size):
    model = keras.Sequential([
        keras.Input((24, 2)),
        keras.layers.GRU(size),
        keras.layers.Dense(12),
        keras.layers.Reshape((6, 2)),
    ])  # fmt: skip
    model.compile("adam", "mse", metrics=["mae"])
    return model


study = Study(arrays(x, y), model=build, space={"size": Int(4, 16)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
