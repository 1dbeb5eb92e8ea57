"""A label for each step of a sequence: which of the words belong to a name."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.integers(1, 30, (300, 9))
y = np.where(x < 4, 2, np.where(np.roll(x, 1, axis=1) < 4, 1, 0))[..., None]


def build(size):
    model = keras.Sequential([
        keras.Input((9,), dtype="int32"),
        keras.layers.Embedding(30, 8),
        keras.layers.Bidirectional(keras.layers.LSTM(size, return_sequences=True)),
        keras.layers.Dense(3, "softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"size": Int(4, 16)}, objective="val_accuracy",
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
