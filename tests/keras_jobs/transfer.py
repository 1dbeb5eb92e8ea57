"""Transfer learning in two phases: the head on a frozen base, and then both at a lower rate."""

import keras
from keras.layers import Dense
from sklearn.datasets import load_digits

from search import Budget, Finals, Float, Study, arrays

x, y = load_digits(return_X_y=True)
loss = "sparse_categorical_crossentropy"
keras.utils.set_random_seed(0)  # each worker reads this file, and all shall have the same base
base = keras.Sequential([keras.Input((64,)), Dense(32, "relu")])
whole = keras.Sequential([base, Dense(5, "softmax")])
whole.compile("adam", loss)
whole.fit(x[y < 5], y[y < 5], epochs=3, verbose=0)


def build(rate):
    copy = keras.models.clone_model(base)
    copy.set_weights(base.get_weights())
    model = keras.Sequential([copy, Dense(5, "softmax")])
    model.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    return model


def fit(model, train, validation, epochs, callbacks, rate):
    for trains, of, first, last in ((False, 1, 0, epochs // 2), (True, 10, epochs // 2, epochs)):
        model.layers[0].trainable = trains
        model.compile(keras.optimizers.Adam(rate / of), loss, metrics=["accuracy"])
        more = {"validation_data": tuple(validation), "callbacks": callbacks}
        model.fit(*train, initial_epoch=first, epochs=last, **more)


rows = arrays(x[y >= 5], y[y >= 5] - 5)
study = Study(rows, model=build, fit=fit, space={"rate": Float(1e-3, 1e-2)},
              budget=Budget(trials=2, epochs=4), finals=Finals(top=1, seeds=1))  # fmt: skip
