"""A stream of pictures by tf.data, turned as they come: how strongly is searched."""

import keras
import tensorflow as tf
from sklearn.datasets import load_digits

from search import Budget, Finals, Float, Int, Study, streams

digits = load_digits()
x, y = (digits.images[:600, ..., None] / 16).astype("float32"), digits.target[:600]


def make(turn, batch_size):
    turned = keras.layers.RandomRotation(turn, seed=0)
    rows = tf.data.Dataset.from_tensor_slices((x, y))
    train = rows.skip(200).shuffle(400, seed=0).batch(batch_size)
    train = train.map(lambda x, y: (turned(x, training=True), y))
    return train, rows.take(100).batch(50), rows.skip(100).take(100).batch(50)


def build(filters):
    inner = keras.layers.Conv2D(filters, 3, activation="relu")
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), inner, keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


space = {"filters": Int(4, 16), "turn": Float(0.0, 0.1), "batch_size": Int(16, 64)}
study = Study(streams(make), model=build, space=space,
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
