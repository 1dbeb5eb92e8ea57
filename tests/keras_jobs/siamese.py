"""A siamese pair: one tower for two pictures, which are of the same kind or not."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
kinds = draw.integers(0, 3, (300, 2))
shapes = draw.normal(size=(3, 8, 8, 1))
x = [shapes[kinds[:, side]] + 0.3 * draw.normal(size=(300, 8, 8, 1)) for side in range(2)]
y = (kinds[:, 0] == kinds[:, 1]).astype(int)


def build(size):
    pair = [keras.Input((8, 8, 1)), keras.Input((8, 8, 1))]
    tower = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(size, "tanh")])
    distance = keras.ops.abs(tower(pair[0]) - tower(pair[1]))
    model = keras.Model(pair, keras.layers.Dense(1, "sigmoid")(distance))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"size": Int(4, 32)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
