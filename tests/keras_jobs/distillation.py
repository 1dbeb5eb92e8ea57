"""Knowledge distillation: a small model learns what a large one says, by a loss of its own."""

import keras
import numpy as np

from search import Budget, Finals, Float, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(400, 4)).astype("float32")
y = (x[:, :2] > 0).sum(axis=1)


@keras.saving.register_keras_serializable("jobs")
class Student(keras.Model):
    teacher, share = None, 0.5

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        own = super().compute_loss(x, y, y_pred, sample_weight)
        told = keras.losses.kl_divergence(self.teacher(x), y_pred) if self.teacher else 0.0
        return (1 - self.share) * own + self.share * keras.ops.mean(told)


def build(train, units, share):
    rows, loss = keras.Input((4,)), "sparse_categorical_crossentropy"
    large, small = (keras.layers.Dense(n, "relu")(rows) for n in (64, units))
    teacher = keras.Model(rows, keras.layers.Dense(3, "softmax")(large))
    teacher.compile("adam", loss)
    teacher.fit(train.x, train.y, epochs=5, verbose=0)
    model = Student(rows, keras.layers.Dense(3, "softmax")(small))
    model.teacher, model.share = teacher, share
    model.compile("adam", loss, metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"units": Int(2, 8), "share": Float(0.1, 0.9)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
