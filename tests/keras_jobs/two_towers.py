"""A recommender of two towers: embeddings of a user's id and a film's id, and their product."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = {"user": draw.integers(0, 40, 400), "film": draw.integers(0, 30, 400)}
users, films = draw.normal(size=(40, 2)), draw.normal(size=(30, 2))
y = 3 + (users[x["user"]] * films[x["film"]]).sum(axis=1)


def build(size):
    inputs = [keras.Input((1,), name=name, dtype="int32") for name in ("user", "film")]
    towers = [
        keras.layers.Flatten()(keras.layers.Embedding(rows, size)(one))
        for one, rows in zip(inputs, (40, 30), strict=True)
    ]
    product = keras.layers.Dot(axes=1)(towers)
    model = keras.Model(inputs, keras.layers.Dense(1)(product))
    model.compile("adam", "mse", metrics=["mae"])
    return model


study = Study(arrays(x, y), model=build, space={"size": Int(2, 16)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
