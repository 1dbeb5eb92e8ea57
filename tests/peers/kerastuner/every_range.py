"""Each kind of range, and each way to draw from it."""

import keras
import keras_tuner as kt


def build(hp):
    units = hp.Int("units", min_value=6, max_value=13, step=3)
    more = hp.Int("more", 4, 64, step=2, sampling="log", default=8)
    wide = hp.Int("wide", 4, 64, sampling="log")
    late = hp.Int("late", 2, 20, sampling="reverse_log")
    rate = hp.Float("rate", 0.0, 0.75, step=0.25)
    decay = hp.Float("decay", 1e-6, 1e-2, step=10, sampling="log", default=1e-4)
    beta = hp.Float("beta", 0.5, 0.99, sampling="reverse_log")
    size = hp.Choice("size", [8, 16, 32], ordered=True, default=16)
    scale = hp.Choice("scale", [0.5, 1.0], ordered=False)
    bias = hp.Choice("bias", [True, False])
    seed = hp.Fixed("seed", 5)
    same = hp.Int("same", 3, 3)
    model = keras.Sequential([keras.Input((16,))])
    for count in (units, more, wide, late, size, same, hp["units"]):
        model.add(keras.layers.Dense(count, "relu", use_bias=bool(bias)))
    model.add(keras.layers.Dropout(rate, seed=seed))
    model.add(keras.layers.Rescaling(scale))
    model.add(keras.layers.Dense(1, "sigmoid"))
    optimizer = keras.optimizers.Adam(1e-3, beta_1=beta, weight_decay=decay)
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


tuner = kt.GridSearch(build, "val_loss", max_trials=8)
