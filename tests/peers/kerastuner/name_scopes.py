"""One block of layers, used twice under two names."""

import keras
import keras_tuner as kt
from keras import layers


def block(hp, x):
    x = layers.Dense(hp.Int("units", 8, 64, step=8), hp.Choice("activation", ["relu", "tanh"]))(x)
    if hp.Boolean("normalize", default=True):
        x = layers.BatchNormalization()(x)
    if hp.Boolean("drop"):
        x = layers.Dropout(hp.Float("rate", 0.1, 0.5, step=0.1))(x)
    return x


def build(hp):
    inputs = keras.Input((16,))
    with hp.name_scope("encoder"):
        x = block(hp, inputs)
        with hp.name_scope("inner"):
            x = block(hp, x)
    with hp.name_scope("head"):
        x = block(hp, x)
    model = keras.Model(inputs, layers.Dense(1, "sigmoid")(x))
    model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.AUC(name="auc")])
    return model


tuner = kt.RandomSearch(build, kt.Objective("val_auc", direction="max"), max_trials=5)
