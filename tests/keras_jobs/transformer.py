"""Text from ids by a transformer block of one's own: attention, and what stands around it."""

import keras
import numpy as np
from keras import layers

from search import Budget, Choice, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
x = draw.integers(0, 30, (300, 12))
y = (x == 3).any(axis=1).astype(int) + (x == 5).any(axis=1)


def build(size, heads):
    ids = keras.Input((12,), dtype="int32")
    tokens = layers.Embedding(30, size)(ids)
    places = layers.Embedding(12, size)(keras.ops.arange(12))
    hidden = tokens + places
    seen = layers.MultiHeadAttention(heads, size // heads)(hidden, hidden)
    hidden = layers.LayerNormalization()(hidden + seen)
    hidden = layers.LayerNormalization()(hidden + layers.Dense(size, "relu")(hidden))
    pooled = layers.Dropout(0.1)(layers.GlobalAveragePooling1D()(hidden))
    model = keras.Model(ids, layers.Dense(3, "softmax")(pooled))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"size": Int(8, 16, step=4), "heads": Choice(1, 2)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
