"""Ordinal regression: four stages, told by three thresholds that each row has passed or not."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(400, 3))
stage = np.digitize(x[:, 0] + 0.5 * x[:, 1], [-0.7, 0.0, 0.7])
y = (stage[:, None] > np.arange(3)).astype(int)


def build(units):
    rows = keras.Input((3,))
    one = keras.layers.Dense(1, use_bias=False)(keras.layers.Dense(units, "relu")(rows))
    passed = keras.layers.EinsumDense("bi,ij->bj", 3, bias_axes="j")(one)
    model = keras.Model(rows, keras.layers.Activation("sigmoid")(passed))
    model.compile("adam", "binary_crossentropy", metrics=["binary_accuracy"])
    return model


study = Study(arrays(x, y, class_names=["above 0", "above 1", "above 2"]), model=build,
              space={"units": Int(4, 16)}, budget=Budget(trials=2, epochs=3),
              finals=Finals(top=1, seeds=1))  # fmt: skip
