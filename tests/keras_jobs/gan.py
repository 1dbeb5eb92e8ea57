"""A generative adversarial network: two optimizers, steps of its own, judged by its moments."""

import keras
import numpy as np
import tensorflow as tf

from search import Budget, Int, Study, arrays

x = np.random.default_rng(0).normal(2.0, 0.5, (320, 2)).astype("float32")


class Gan(keras.Model):
    def __init__(self, units):
        super().__init__()
        dense = keras.layers.Dense
        self.made = keras.Sequential([dense(units, "relu"), dense(2)])
        self.judge = keras.Sequential([dense(units, "relu"), dense(1)])
        self.other = keras.optimizers.Adam(1e-3)

    def call(self, rows):
        return self.made(keras.random.normal(keras.ops.shape(rows), seed=0))

    def train_step(self, rows):
        with tf.GradientTape(persistent=True) as tape:
            true, fake = self.judge(rows), self.judge(self.made(tf.random.normal(tf.shape(rows))))
            caught = tf.reduce_mean(tf.nn.softplus(-true) + tf.nn.softplus(fake))
            fooled = tf.reduce_mean(tf.nn.softplus(-fake))
        for loss, part, by in (caught, self.judge, self.other), (fooled, self.made, self.optimizer):
            by.apply(tape.gradient(loss, part.trainable_weights), part.trainable_weights)
        return {"loss": fooled}

    def test_step(self, rows):
        return {"loss": tf.reduce_sum(tf.reduce_mean(self(rows) - rows, 0) ** 2)}


def build(units):
    model = Gan(units)
    model.compile("adam")
    return model


study = Study(arrays(x), model=build, space={"units": Int(4, 16)}, budget=Budget(trials=2))
