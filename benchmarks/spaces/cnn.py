"""A small convolutional network by a `build` of one's own, on 5,000 pictures."""

import keras
from pictures import Pictures

from search import Budget, Float, Int, Study


def build(filters, units, learning_rate):
    """Two convolutions, each pooled, and a dense layer."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(filters, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(2 * filters, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


data = Pictures(train=5_000, others=1_000, shape=(28, 28, 1))

study = Study(
    data=data,
    split=data.split,
    model=build,
    space={
        "filters": Int(4, 16, log=True),
        "units": Int(16, 64, log=True),
        "learning_rate": Float(1e-4, 1e-2, log=True),
    },
    budget=Budget(trials=20, epochs=3),
    pruner="none",  # the peers do not prune either
)
