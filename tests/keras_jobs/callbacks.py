"""Callbacks whose arguments are hyperparameters: a rate that falls, a training that ends early."""

import keras
import numpy as np

from search import Budget, Finals, Float, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(300, 4))
y = x[:, 0] * x[:, 1] + 0.1 * draw.normal(size=300)


def build(units):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def callbacks(factor, patience):
    plateau = keras.callbacks.ReduceLROnPlateau(factor=factor, patience=1)
    return [plateau, keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)]


study = Study(arrays(x, y), model=build, callbacks=callbacks,
              space={"units": Int(4, 16), "factor": Float(0.1, 0.5), "patience": Int(1, 3)},
              budget=Budget(trials=2, epochs=6), finals=Finals(top=1, seeds=1))  # fmt: skip
