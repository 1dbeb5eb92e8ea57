"""A subclassed model with a train_step of its own: each gradient is clipped by its sign."""

import keras
import numpy as np
import tensorflow as tf

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(300, 4))
y = (x[:, 0] * x[:, 1] > 0).astype(int)


@keras.saving.register_keras_serializable("jobs")
class BySign(keras.Model):
    def train_step(self, data):
        rows, truth = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=truth, y_pred=self(rows, training=True))
        signs = map(keras.ops.sign, tape.gradient(loss, self.trainable_weights))
        self.optimizer.apply(list(signs), self.trainable_weights)
        return self.compute_metrics(rows, truth, self(rows)) | {"loss": loss}


def build(units):
    rows = keras.Input((4,))
    inner = keras.layers.Dense(units, "relu")(rows)
    model = BySign(rows, keras.layers.Dense(1, "sigmoid")(inner))
    model.compile(keras.optimizers.SGD(0.01), "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"units": Int(4, 16)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
