"""Two half moons through two branches: a wide one and a deep one, joined at the end."""

import keras

from search import Budget, Choice, Float, Int, Study, moons


def build(units=16, depth=2, activation="relu", dropout=0.0, learning_rate=1e-3, wide=True):
    """A compiled model of the functional API; `wide=False` leaves the deep branch alone."""
    rows = keras.Input((2,))
    deep = rows
    for _ in range(depth):
        deep = keras.layers.Dense(units, activation)(deep)
    deep = keras.layers.Dropout(dropout)(deep)
    joined = keras.layers.Concatenate()([rows, deep]) if wide else deep
    model = keras.Model(rows, keras.layers.Dense(1, "sigmoid")(joined))
    model.compile(keras.optimizers.Adam(learning_rate), "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(
    data=moons(samples=1000, noise=0.15),
    space={
        "units": Int(4, 64, log=True),
        "depth": Int(1, 3),
        "activation": Choice("relu", "tanh"),
        "dropout": Float(0.0, 0.5),
        "learning_rate": Float(1e-4, 1e-1, log=True),
    },
    model=build,
    budget=Budget(trials=30, epochs=25),
)
