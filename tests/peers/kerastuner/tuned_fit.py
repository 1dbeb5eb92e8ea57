"""How a model is trained is searched as well."""

import keras
import keras_tuner
import numpy as np
from keras import layers


class MyHyperModel(keras_tuner.HyperModel):
    def build(self, hp):
        model = keras.Sequential()
        model.add(layers.Flatten())
        model.add(
            layers.Dense(
                units=hp.Int("units", min_value=32, max_value=512, step=32), activation="relu"
            )
        )
        model.add(layers.Dense(1, activation="sigmoid"))
        model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
        return model

    def fit(self, hp, model, *args, **kwargs):
        return model.fit(
            *args,
            shuffle=hp.Boolean("shuffle"),
            batch_size=hp.Choice("batch_size", [16, 32]),
            **kwargs,
        )


tuner = keras_tuner.RandomSearch(
    MyHyperModel(), objective="val_accuracy", max_trials=3, overwrite=True, directory="my_dir"
)

if __name__ == "__main__":
    x = np.random.rand(100, 16)
    y = np.random.randint(0, 2, (100, 1))
    tuner.search(x, y, epochs=2, validation_split=0.2)
