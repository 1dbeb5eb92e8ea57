"""Structured data with Keras's FeatureSpace, learnt on the rows that train."""

import keras
import numpy as np
import tensorflow as tf

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = {
    "age": draw.uniform(20, 80, 240),
    "town": draw.choice(["Bonn", "Ulm", "York"], 240),
    "calls": draw.integers(0, 6, 240),
}
y = (x["age"] / 40 + (x["town"] == "Ulm") + 0.2 * x["calls"] > 2.1).astype(int)


def build(train, units):
    kinds = {
        "age": "float_normalized",
        "town": "string_categorical",
        "calls": "integer_categorical",
    }
    space = keras.utils.FeatureSpace(features=kinds, output_mode="concat")
    space.adapt(tf.data.Dataset.from_tensor_slices(train.x))
    inputs, encoded = space.get_inputs(), space.get_encoded_features()
    hidden = keras.layers.Dense(units, "relu")(encoded)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"units": Int(4, 16)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
