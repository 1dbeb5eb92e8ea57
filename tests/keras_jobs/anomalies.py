"""Anomalies in time series: an autoencoder of normal windows, whose error tells the others."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
starts = draw.uniform(0, 6, (300, 1))
x = (np.sin(starts + np.linspace(0, 6, 24)) + 0.1 * draw.normal(size=(300, 24)))[..., None]


def build(size):
    model = keras.Sequential([
        keras.Input((24, 1)),
        keras.layers.Conv1D(size, 5, strides=2, padding="same", activation="relu"),
        keras.layers.Conv1DTranspose(size, 5, strides=2, padding="same", activation="relu"),
        keras.layers.Conv1D(1, 5, padding="same"),
    ])  # fmt: skip
    model.compile("adam", "mse", metrics=["mae"])
    return model


study = Study(arrays(x, x), model=build, space={"size": Int(2, 8)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
