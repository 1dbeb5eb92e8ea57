"""An optimizer, and settings that only one of them has."""

import keras
import kerastuner as kt
from kerastuner.tuners import BayesianOptimization


def make_optimizer(hp):
    kind = hp.Choice("optimizer", ["adam", "sgd", "rmsprop"])
    fast = hp.Float(
        "sgd_lr", 1e-3, 1e-1, sampling="log", parent_name="optimizer", parent_values=["sgd"]
    )
    slow = hp.Float(
        "lr", 1e-4, 1e-2, sampling="log", parent_name="optimizer", parent_values=["adam", "rmsprop"]
    )
    momentum = hp.Float(
        "momentum", 0.0, 0.9, step=0.3, default=0.3, parent_name="optimizer", parent_values="sgd"
    )
    if kind == "sgd":
        return keras.optimizers.SGD(fast, momentum=momentum, nesterov="momentum" in hp)
    return {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}[kind](slow)


def build(hp: kt.HyperParameters):
    model = keras.Sequential(
        [
            keras.Input((16,)),
            keras.layers.Dense(hp.Int("units", 16, 64, 16), hp.Choice("act", ["relu", "selu"])),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile(make_optimizer(hp), "binary_crossentropy", metrics=["accuracy"])
    return model


tuner = BayesianOptimization(build, "val_accuracy", 20, num_initial_points=5, seed=7)
