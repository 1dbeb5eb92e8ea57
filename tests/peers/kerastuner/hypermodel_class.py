"""A hypermodel with an argument of its own."""

import keras
import keras_tuner as kt
from keras import layers


class DenseHyperModel(kt.HyperModel):
    def __init__(self, classes):
        super().__init__(name="dense")
        self.classes = classes

    def build(self, hp):
        model = keras.Sequential()
        model.add(keras.Input((16,)))
        model.add(
            layers.Dense(
                units=hp.Int("units", min_value=32, max_value=512, step=32, default=64),
                activation="relu",
            )
        )
        model.add(layers.Dense(self.classes, activation="softmax"))
        model.compile(
            optimizer=keras.optimizers.Adam(
                hp.Choice("learning_rate", values=[1e-2, 1e-3, 1e-4], default=1e-3)
            ),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return model


hypermodel = DenseHyperModel(classes=2)

tuner = kt.RandomSearch(hypermodel, objective="val_loss", max_trials=10, directory="my_dir")
