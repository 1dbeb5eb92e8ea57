"""Collaborative filtering: biases and embeddings of users and items, in one subclassed model."""

import keras
import numpy as np
from keras.layers import Embedding

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = np.stack([draw.integers(0, 30, 400), draw.integers(0, 20, 400)], axis=1)
y = draw.normal(size=30)[x[:, 0]] + draw.normal(size=20)[x[:, 1]]


@keras.saving.register_keras_serializable("jobs")
class Ratings(keras.Model):
    def __init__(self, size):
        super().__init__()
        self.size, self.own = size, Embedding(50, 1)
        self.users, self.items = Embedding(30, size), Embedding(20, size)

    def call(self, pairs):
        product = self.users(pairs[:, 0]) * self.items(pairs[:, 1])
        own = self.own(pairs[:, 0]) + self.own(30 + pairs[:, 1])
        return keras.ops.sum(product, axis=1, keepdims=True) + own

    def get_config(self):
        return {"size": self.size}


def build(size):
    model = Ratings(size)
    model.compile("adam", "mse", metrics=["mae"])
    return model


study = Study(arrays(x, y), model=build, space={"size": Int(2, 8)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
