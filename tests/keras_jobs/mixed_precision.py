"""Mixed precision, by the policy of each model's own layers."""

import keras
import numpy as np

from search import Budget, Choice, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(300, 8))
y = (x[:, 0] + x[:, 1] > 0).astype(int)


def build(units, policy):
    keras.mixed_precision.set_global_policy(policy)
    model = keras.Sequential([
        keras.Input((8,)),
        keras.layers.Dense(units, "relu"),
        keras.layers.Dense(1, "sigmoid", dtype="float32"),
    ])  # fmt: skip
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build,
              space={"units": Int(4, 16), "policy": Choice("float32", "mixed_bfloat16")},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
