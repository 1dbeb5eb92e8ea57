"""Segmentation by a small U-Net: which pixels belong to a square."""

import keras
import numpy as np
from keras import layers

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x, y = draw.normal(0, 0.4, (160, 16, 16, 1)), np.zeros((160, 16, 16, 1), "uint8")
for row, (top, left) in enumerate(draw.integers(0, 9, (160, 2))):
    y[row, top : top + 7, left : left + 7] = 1
x += y


def build(filters):
    rows = keras.Input((16, 16, 1))
    wide = layers.Conv2D(filters, 3, padding="same", activation="relu")(rows)
    deep = layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(
        layers.MaxPooling2D()(wide)
    )
    up = layers.concatenate([wide, layers.UpSampling2D()(deep)])
    model = keras.Model(rows, layers.Conv2D(1, 1, activation="sigmoid")(up))
    model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.BinaryIoU(name="iou")])
    return model


study = Study(arrays(x, y), model=build, space={"filters": Int(2, 8)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
