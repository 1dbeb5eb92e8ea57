"""A variational autoencoder: no targets, and a loss that the model adds itself."""

import keras
import numpy as np
from keras import layers, ops

from search import Budget, Finals, Int, Study, arrays

x = np.random.default_rng(0).normal(size=(300, 2)) @ np.random.default_rng(1).normal(size=(2, 8))


@keras.saving.register_keras_serializable("jobs")
class Sampled(layers.Layer):
    def __init__(self, **more):
        super().__init__(**more)
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, both, training=False):
        mean, log = ops.split(both, 2, axis=-1)
        self.add_loss(-0.05 * ops.mean(1 + log - mean**2 - ops.exp(log)))
        drawn = keras.random.normal(ops.shape(mean), seed=self.seeds)
        return mean + ops.exp(0.5 * log) * drawn if training else mean


@keras.saving.register_keras_serializable("jobs")
class Rebuilt(layers.Layer):
    def call(self, pair):
        self.add_loss(ops.mean((pair[0] - pair[1]) ** 2))
        return pair[1]


def build(units, size):
    rows = keras.Input((8,))
    inner = layers.Dense(2 * size)(layers.Dense(units, "relu")(rows))
    outer = layers.Dense(8)(layers.Dense(units, "relu")(Sampled()(inner)))
    model = keras.Model(rows, Rebuilt()([rows, outer]))
    model.compile("adam")
    return model


study = Study(arrays(x), model=build, space={"units": Int(8, 32), "size": Int(1, 3)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
