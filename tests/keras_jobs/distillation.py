"""Knowledge distillation: a small model learns what a large one says, by a loss of its own."""

import keras
import numpy as np

from search import Budget, Finals, Float, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(400, 4)).astype("float32")
y = ((x[:, 0] > 0) + (x[:, 1] > 0)).astype(int)


@keras.saving.register_keras_serializable("jobs")
class Student(keras.Model):
    teacher, share = None, 0.5

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        own = super().compute_loss(x, y, y_pred, sample_weight)
        if self.teacher is None:
            return own
        said = keras.losses.kl_divergence(self.teacher(x), y_pred)
        return (1 - self.share) * own + self.share * keras.ops.mean(said)


def layers(rows, units):
    return keras.layers.Dense(3, "softmax")(keras.layers.Dense(units, "relu")(rows))


def build(train, units, share):
    rows = keras.Input((4,))
    teacher = keras.Model(rows, layers(rows, 64))
    teacher.compile("adam", "sparse_categorical_crossentropy")
    teacher.fit(train.x, train.y, epochs=5, verbose=0)
    model = Student(rows, layers(rows, units))
    model.teacher, model.share = teacher, share
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"units": Int(2, 8), "share": Float(0.1, 0.9)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
