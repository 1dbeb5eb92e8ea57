"""Wide & deep: two inputs, one straight to the output and one through layers."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = {"wide": draw.normal(size=(300, 3)), "deep": draw.normal(size=(300, 5))}
y = x["wide"][:, 0] + np.sin(2 * x["deep"][:, 0]) + 0.1 * draw.normal(size=300)


def build(units, depth):
    wide, deep = keras.Input((3,), name="wide"), keras.Input((5,), name="deep")
    hidden = deep
    for _ in range(depth):
        hidden = keras.layers.Dense(units, "relu")(hidden)
    joined = keras.layers.concatenate([wide, hidden])
    model = keras.Model([wide, deep], keras.layers.Dense(1)(joined))
    model.compile("adam", "mse", metrics=["mae"])
    return model


study = Study(arrays(x, y), model=build, space={"units": Int(4, 32), "depth": Int(1, 2)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
