"""A denoising autoencoder: pictures with noise go in, clean ones shall come out."""

import keras
import numpy as np
from sklearn.datasets import load_digits

from search import Budget, Finals, Int, Study, arrays

clean = load_digits().images[:300, ..., None] / 16
noisy = clean + np.random.default_rng(0).normal(0, 0.3, clean.shape)


def build(filters):
    model = keras.Sequential([
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2DTranspose(filters, 3, strides=2, padding="same", activation="relu"),
        keras.layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ])  # fmt: skip
    model.compile("adam", "mse")
    return model


study = Study(arrays(noisy, clean), model=build, space={"filters": Int(4, 16)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
