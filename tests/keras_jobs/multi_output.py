"""Several outputs: a price and a kind, with a loss each and weights of the losses."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(300, 6))
y = {"price": x[:, 0] * 2 + x[:, 1], "kind": np.digitize(x[:, 2], [-0.5, 0.5])}


def build(units):
    rows = keras.Input((6,))
    hidden = keras.layers.Dense(units, "relu")(rows)
    price = keras.layers.Dense(1, name="price")(hidden)
    kind = keras.layers.Dense(3, "softmax", name="kind")(hidden)
    model = keras.Model(rows, {"price": price, "kind": kind})
    model.compile(
        "adam",
        loss={"price": "mse", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"price": 0.3, "kind": 1.0},
        metrics={"price": ["mae"], "kind": ["accuracy"]},
    )
    return model


study = Study(arrays(x, y), model=build, space={"units": Int(4, 32)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
