"""Two kinds of network in one search, each with hyperparameters of its own."""

import keras
import keras_tuner
from keras import layers


def build_model(hp):
    model = keras.Sequential()
    model.add(keras.Input(shape=(8, 8, 1)))
    model_type = hp.Choice("model_type", ["mlp", "cnn"])
    with hp.conditional_scope("model_type", ["mlp"]):
        if model_type == "mlp":
            model.add(layers.Flatten())
            model.add(layers.Dense(hp.Int("mlp_units", 32, 128, step=32), activation="relu"))
    with hp.conditional_scope("model_type", ["cnn"]):
        if model_type == "cnn":
            blocks = hp.Int("blocks", 1, 2)
            for i in range(blocks):
                model.add(
                    layers.Conv2D(
                        hp.Choice(f"filters_{i}", [8, 16, 32]), 3, activation="relu", padding="same"
                    )
                )
            pooling = hp.Choice("pooling", ["average", "maximum"])
            with hp.conditional_scope("pooling", ["maximum"]):
                if pooling == "maximum":
                    model.add(layers.MaxPooling2D(hp.Int("pool", 2, 4)))
            model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(2, activation="softmax"))
    model.compile(
        optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


tuner = keras_tuner.Hyperband(
    build_model,
    objective="val_accuracy",
    max_epochs=10,
    factor=3,
    directory="my_dir",
    project_name="scopes",
)
