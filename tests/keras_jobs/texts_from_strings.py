"""Text from strings: the vocabulary is learnt on the rows that train, within the model."""

import keras
import numpy as np

from search import Budget, Finals, Int, Study, arrays

draw = np.random.default_rng(0)
words = np.array("good fine great bad poor dull film plot cast the a very".split())
x = np.array([" ".join(words[draw.integers(0, 12, 8)]) for _ in range(300)])
y = np.array([sum(w in row for w in words[:3]) > sum(w in row for w in words[3:6]) for row in x])


def build(train, size):
    vectors = keras.layers.TextVectorization(max_tokens=50, output_sequence_length=8)
    vectors.adapt(train.x)
    texts = keras.Input((), dtype="string")
    hidden = keras.layers.Embedding(50, size)(vectors(texts))
    hidden = keras.layers.GlobalAveragePooling1D()(hidden)
    model = keras.Model(texts, keras.layers.Dense(1, "sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


study = Study(arrays(x, y), model=build, space={"size": Int(4, 16)},
              budget=Budget(trials=2, epochs=3), finals=Finals(top=1, seeds=1))  # fmt: skip
