"""Quantile regression: three quantiles of one target, by the pinball loss."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(400, 2))
y = x[:, 0] + draw.gumbel(size=400)
WANTED = np.array([0.1, 0.5, 0.9], "float32")


@keras.saving.register_keras_serializable("jobs")
def pinball(truth, said):
    gap = truth - said
    return keras.ops.mean(keras.ops.maximum(WANTED * gap, (WANTED - 1) * gap), axis=-1)


def build(units):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(3)]
    )
    model.compile("adam", pinball)
    return model


study = Study(arrays(x, y[:, None], task="custom"), model=build,
              space={"units": Int(4, 32)}, budget=Budget(trials=2, epochs=3),
              finals=Finals(top=1, seeds=1))  # fmt: skip
