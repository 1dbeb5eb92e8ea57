"""Time-series classification by convolutions: waves of three forms, with noise."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
time, y = np.linspace(0, 6, 40), draw.integers(0, 3, 300)
waves = np.stack([np.sin(time), np.sign(np.sin(time)), np.sin(time) ** 3])
x = (waves[y] + 0.5 * draw.normal(size=(300, 40)))[..., None]


def build(filters, width):
    model = keras.Sequential([
        keras.Input((40, 1)),
        keras.layers.Conv1D(filters, width, padding="same"),
        keras.layers.BatchNormalization(),
        keras.layers.ReLU(),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(3, "softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"filters": Int(4, 16), "width": Int(3, 7)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
