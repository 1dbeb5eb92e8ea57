"""Counts by Poisson regression, with an exponential output."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(300, 4))
y = draw.poisson(np.exp(0.5 * x[:, 0] + 0.3 * x[:, 1]))


def build(units):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "exponential")]
    )
    model.compile("adam", "poisson")
    return model


study = Study(arrays(x, y, task="regression"), model=build, space={"units": Int(4, 32)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
