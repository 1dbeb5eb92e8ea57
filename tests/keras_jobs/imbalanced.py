"""Imbalanced classification: one row in twelve is positive, weighted in training."""

import keras
import numpy as np

from search import Budget, Choice, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(600, 6))
y = (x[:, 0] + x[:, 1] + 0.3 * draw.normal(size=600) > 2.0).astype(int)


def build(units):
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "sigmoid")]
    )
    model.compile(
        keras.optimizers.Adam(0.01),
        "binary_crossentropy",
        metrics=[keras.metrics.AUC(5000, name="auc")],
    )
    return model


study = Study(arrays(x, y), model=build, objective="val_auc",
              space={"units": Int(4, 32), "class_weight": Choice("none", "balanced")},
              budget=Budget(trials=2, epochs=6), finals=Finals(top=1, seeds=1))  # fmt: skip
