"""Multi-label classification: a row has any of four labels."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(300, 8))
y = (x @ draw.normal(size=(8, 4)) > 0.5).astype(int)


def build(units):
    model = keras.Sequential(
        [keras.Input((8,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(4, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["binary_accuracy"])
    return model


study = Study(arrays(x, y, class_names=["red", "old", "big", "new"]), model=build,
              space={"units": Int(4, 32)}, budget=Budget(trials=2, epochs=3),
              finals=Finals(top=1, seeds=1))  # fmt: skip
