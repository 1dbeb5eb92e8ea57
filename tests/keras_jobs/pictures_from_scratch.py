"""Image classification from scratch: augmentation, convolutions, pixels as bytes."""

import keras
from sklearn.datasets import load_digits

from search import Budget, Finals, Float, Int, Study, arrays

digits = load_digits()
x = (digits.images[:600, ..., None] * 15.9).astype("uint8")


def build(filters, turn):
    model = keras.Sequential([
        keras.Input((8, 8, 1), dtype="uint8"),
        keras.layers.Rescaling(1 / 255),
        keras.layers.RandomRotation(turn),
        keras.layers.Conv2D(filters, 3, activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dense(10, "softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, digits.target[:600]), model=build,
              space={"filters": Int(4, 16), "turn": Float(0.0, 0.1)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
