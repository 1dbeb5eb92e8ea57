"""Jobs whose targets are neither classes nor labels nor numbers, small ones: rows and models."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

ROWS = 120


@dataclass(frozen=True)
class Job:
    """What is learnt: rows, and the function that makes a model from its units."""

    x: Any
    y: Any
    build: Callable[[int], Any]
    task: str | None = None


def _unet(units: int) -> Any:
    from keras import Input, Model, layers

    inputs = Input((8, 8, 1))
    down = layers.Conv2D(units, 3, padding="same", activation="relu")(inputs)
    low = layers.Conv2D(units, 3, padding="same", activation="relu")(layers.MaxPooling2D()(down))
    up = layers.Concatenate()([layers.UpSampling2D()(low), down])
    model = Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(up))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def _two(units: int) -> Any:
    from keras import Input, Model, layers

    inputs = Input((4,))
    hidden = layers.Dense(units, "relu")(inputs)
    outputs = {"price": layers.Dense(1)(hidden), "kind": layers.Dense(3, "softmax")(hidden)}
    model = Model(inputs, outputs)
    model.compile(
        "adam",
        loss={"price": "mae", "kind": "sparse_categorical_crossentropy"},
        loss_weights={"price": 0.5, "kind": 1.0},
        metrics={"price": ["mse"], "kind": ["accuracy"]},
    )
    return model


def _vae(units: int) -> Any:
    import keras
    from keras import Input, Model, layers

    @keras.saving.register_keras_serializable("jobs")
    class Sampled(layers.Layer):  # type: ignore[misc]
        def __init__(self, **more: Any) -> None:
            super().__init__(**more)
            self.seeds = keras.random.SeedGenerator(7)

        def call(self, given: Any) -> Any:
            mean, spread = given
            divergence = keras.ops.exp(spread) + keras.ops.square(mean) - 1 - spread
            self.add_loss(0.05 * keras.ops.mean(keras.ops.sum(divergence, axis=1)))
            noise = keras.random.normal(keras.ops.shape(mean), seed=self.seeds)
            return mean + keras.ops.exp(0.5 * spread) * noise

    @keras.saving.register_keras_serializable("jobs")
    class Rebuilt(layers.Layer):  # type: ignore[misc]
        def call(self, given: Any) -> Any:
            self.add_loss(keras.ops.mean(keras.ops.square(given[0] - given[1])))
            return given[1]

    inputs = Input((6,))
    hidden = layers.Dense(units, "relu")(inputs)
    code = Sampled()([layers.Dense(2)(hidden), layers.Dense(2)(hidden)])
    model = Model(inputs, Rebuilt()([inputs, layers.Dense(6)(code)]))
    model.compile("adam")
    return model


def _autoencoder(units: int) -> Any:
    import keras
    from keras import layers

    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(units, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(1, 3, strides=2, padding="same"),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def _bottleneck(units: int) -> Any:
    from keras import Input, Sequential, layers

    model = Sequential([Input((6,)), layers.Dense(units, "relu"), layers.Dense(6)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def _tagger(units: int) -> Any:
    import keras
    from keras import layers

    ids = keras.Input((5,), dtype="int32", name="ids")
    said = layers.Dense(3, "softmax")(layers.Embedding(10, units)(ids))
    model = keras.Model({"ids": ids}, said)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def jobs() -> dict[str, Job]:
    """By name."""
    draw = np.random.default_rng(0)
    pictures = draw.normal(size=(ROWS, 8, 8, 1)).astype("float32")
    flat = draw.normal(size=(ROWS, 4)).astype("float32")
    six = draw.normal(size=(ROWS, 2)).astype("float32") @ draw.normal(size=(2, 6))
    ids = draw.integers(0, 10, (ROWS, 5))
    two = {"price": flat[:, 0] * 2, "kind": np.digitize(flat[:, 1], [-0.5, 0.5])}
    return {
        "masks": Job(pictures, (pictures[..., 0] > 0).astype("uint8"), _unet),
        "two outputs": Job(flat, two, _two),
        "vae": Job(six.astype("float32"), None, _vae),
        "autoencoder": Job(pictures, pictures, _autoencoder),
        "rows of numbers, themselves": Job(six, six, _bottleneck),
        "tags": Job({"ids": ids}, ids % 3, _tagger, "custom"),
    }
