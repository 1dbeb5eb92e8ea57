"""A training loop by hand, in the place of `model.fit`."""

import keras
import numpy as np
import tensorflow as tf

from search import Budget, Finals, Float, Study, arrays

draw = np.random.default_rng(0)
x = draw.normal(size=(320, 4)).astype("float32")
y = (x[:, :1] * x[:, 1:2] + x[:, 2:3]).astype("float32")


def build(rate):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(9, "relu"), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(rate), "mse")
    return model


def loop(model, train, validation, epochs, callbacks):
    for epoch in range(epochs):
        for part in np.array_split(np.random.permutation(len(train.x)), 6):
            with tf.GradientTape() as tape:
                loss = model.compute_loss(y=train.y[part], y_pred=model(train.x[part]))
            weights = model.trainable_weights
            model.optimizer.apply(tape.gradient(loss, weights), weights)
        found = model.evaluate(*validation, verbose=0)
        callbacks.on_epoch_end(epoch, {"loss": float(loss), "val_loss": found})


study = Study(arrays(x, y), model=build, fit=loop, space={"rate": Float(1e-3, 1e-1, log=True)},
              budget=Budget(trials=2, epochs=2), finals=Finals(top=1, seeds=1))  # fmt: skip
