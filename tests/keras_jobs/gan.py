"""A generative adversarial network: two optimizers, steps of its own, judged by its moments."""

import keras
import tensorflow as tf
from keras.layers import Dense

from search import Budget, Int, Study, arrays


@keras.saving.register_keras_serializable("jobs")
class Gan(keras.Model):
    def __init__(self, units):
        super().__init__()
        self.units, self.other = units, keras.optimizers.Adam(1e-3)
        self.made = keras.Sequential([keras.Input((2,)), Dense(units, "relu"), Dense(2)])
        self.judge = keras.Sequential([keras.Input((2,)), Dense(units, "relu"), Dense(1)])
        self.compile("adam")

    def get_config(self):
        return {"units": self.units}

    def call(self, rows):
        return self.made(keras.random.normal(keras.ops.shape(rows), seed=0))

    def train_step(self, rows):
        with tf.GradientTape(persistent=True) as tape:
            true, fake = self.judge(rows), self.judge(self.made(tf.random.normal(tf.shape(rows))))
            first, second = tf.nn.softplus(-true) + tf.nn.softplus(fake), tf.nn.softplus(-fake)
        for loss, part, by in (first, self.judge, self.other), (second, self.made, self.optimizer):
            by.apply(tape.gradient(loss, part.trainable_weights), part.trainable_weights)
        return {"fooled": tf.reduce_mean(second)}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=False):
        return tf.reduce_sum(tf.reduce_mean(y_pred - x, 0) ** 2)


def build(units):
    return Gan(units)


rows = arrays(tf.random.stateless_normal((320, 2), (0, 0), 2.0, 0.5).numpy())
study = Study(rows, model=build, space={"units": Int(4, 9)}, budget=Budget(trials=2, epochs=3))
