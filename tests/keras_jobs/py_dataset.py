"""A `keras.utils.PyDataset` that makes its batches as they are asked for."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, streams


class Made(keras.utils.PyDataset):
    def __init__(self, first, batches):
        super().__init__()
        self.first, self.batches = first, batches

    def __len__(self):
        return self.batches

    def __getitem__(self, place):
        x = np.random.default_rng(self.first + place).normal(size=(32, 4)).astype("float32")
        return x, (x[:, 0] > x[:, 1]).astype("int32")


def make():
    return {"train": Made(0, 10), "validation": Made(1000, 3), "held_out": Made(2000, 3)}


def build(units):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(streams(make), model=build, space={"units": Int(4, 16)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
