"""Optimizer, epochs and rows a step as hyperparameters, beside the model's own."""

import keras
import numpy as np

from search import Budget, Choice, Finals, Float, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(300, 4))
y = draw.integers(0, 3, 300)
x[:, 0] += y


def build(optimizer, rate):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(16, "relu"), keras.layers.Dense(3, "softmax")]
    )
    made = keras.optimizers.get(optimizer)
    made.learning_rate = rate
    model.compile(made, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build,
              space={"optimizer": Choice("adam", "rmsprop", "sgd"), "epochs": Int(1, 4),
                     "rate": Float(1e-3, 1e-1, log=True), "batch_size": Choice(16, 32)},
              budget=Budget(trials=2, epochs=4), finals=Finals(top=1, seeds=1))  # fmt: skip
