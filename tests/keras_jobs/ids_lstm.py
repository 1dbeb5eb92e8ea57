"""Text from ids: an embedding with a mask, and an LSTM or one in both directions."""

import keras
import numpy as np

from search import Budget, Choice, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
ids = draw.integers(1, 40, (300, 10))
x = np.where(np.arange(10) < draw.integers(4, 11, (300, 1)), ids, 0)
y = (np.isin(x, range(1, 8)).sum(axis=1) > 1).astype(int)


def build(size, both_ways):
    layer = keras.layers.LSTM(size)
    model = keras.Sequential([
        keras.Input((10,), dtype="int32"),
        keras.layers.Embedding(40, 8, mask_zero=True),
        keras.layers.Bidirectional(layer) if both_ways else layer,
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build,
              space={"size": Int(4, 16), "both_ways": Choice(True, False)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
