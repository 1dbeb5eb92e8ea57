"""Sequence to sequence: sums of two numbers, a digit at a time, by an encoder and a decoder."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
pairs = draw.integers(0, 50, (500, 2))
x = np.array([[int(digit) for digit in f"{a:02}{b:02}"] for a, b in pairs])
y = np.array([[int(digit) for digit in f"{total:02}"] for total in pairs.sum(axis=1)])


def build(size):
    model = keras.Sequential([
        keras.Input((4,), dtype="int32"),
        keras.layers.Embedding(10, 8),
        keras.layers.GRU(size),
        keras.layers.RepeatVector(2),
        keras.layers.GRU(size, return_sequences=True),
        keras.layers.Dense(10, "softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y, task="custom"), model=build, space={"size": Int(8, 32)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
