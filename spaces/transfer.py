"""Digits through MobileNet: its base frozen, or trained along. Some ten minutes on two cores.

Without weights that others trained, the base knows nothing, and frozen it passes nothing on.
"""

import keras

from search import Budget, Choice, Finals, Float, Int, Study, sklearn_data

WEIGHTS = None
"""Path of MobileNet's weights (`mobilenet_2_5_128_tf_no_top.h5`, of keras.applications), the same
on every worker. With None the base begins at random, since nothing is downloaded here."""
EPOCHS, STEPS = 40, 34
"""Passes over 1,078 training rows, and batches of 32 in each."""


def build(frozen, units, dropout, learning_rate):
    """MobileNet, a quarter as wide, below a dense head; it wants 32×32 pixels of three colours."""
    base = keras.applications.MobileNet(
        (32, 32, 3), alpha=0.25, include_top=False, weights=WEIGHTS, pooling="avg"
    )
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9  # 0.99 is for longer trainings: it would still tell of the start
    base.trainable = not frozen
    pictures = keras.Input((8, 8, 1))
    large = keras.layers.Rescaling(2.0, -1.0)(keras.layers.Resizing(32, 32)(pictures))
    found = base(keras.layers.Concatenate()([large, large, large]))
    found = keras.layers.Dense(units, "relu")(keras.layers.Dropout(dropout)(found))
    model = keras.Model(pictures, keras.layers.Dense(10, "softmax")(found))
    model.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(learning_rate, EPOCHS * STEPS)
        ),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


study = Study(
    data=sklearn_data("digits"),
    space={
        "frozen": Choice(True, False),
        "units": Int(16, 128, log=True),
        "dropout": Float(0.0, 0.5),
        "learning_rate": Float(3e-3, 2e-2, log=True),
    },
    model=build,
    budget=Budget(trials=8, epochs=EPOCHS),
    finals=Finals(top=2, seeds=1),
)
