"""Steps of a sequence, read by one of three kinds of layer."""

import keras
import keras_tuner as kt
from keras import layers

KINDS = {"gru": layers.GRU, "lstm": layers.LSTM}


def build(hp):
    inputs = keras.Input((10, 4))
    kind = hp.Choice("kind", ["gru", "lstm", "conv"])
    if kind == "conv":
        x = layers.Conv1D(hp.Int("filters", 8, 32, step=8), hp.Int("width", 2, 5))(inputs)
        x = layers.GlobalMaxPooling1D()(x)
    else:
        deep = hp.Boolean("two_layers")
        if deep:
            first = KINDS[kind](hp.Int("first_units", 4, 16, step=4), return_sequences=True)
            x = first(inputs)
        else:
            x = inputs
        x = KINDS[kind](hp.Int("units", 4, 16, step=4))(x)
    hp.Fixed("note", "sequences")
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(x))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


tuner = kt.Tuner(
    oracle=kt.oracles.BayesianOptimizationOracle(objective="val_accuracy", max_trials=9),
    hypermodel=build,
    directory="sequences",
)
