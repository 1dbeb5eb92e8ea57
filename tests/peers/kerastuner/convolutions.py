"""A convolutional network for pictures."""

import keras
from keras import layers
from keras_tuner import Hyperband, Objective


def build_model(hp):
    inputs = keras.Input(shape=(16, 16, 3))
    x = inputs
    for i in range(hp.Int("conv_blocks", 2, 4, default=3)):
        filters = hp.Int("filters_" + str(i), 8, 32, step=8)
        for _ in range(2):
            x = layers.Convolution2D(filters, kernel_size=(3, 3), padding="same")(x)
            x = layers.ReLU()(x)
        if hp.Choice("pooling_" + str(i), ["avg", "max"]) == "max":
            x = layers.MaxPool2D()(x)
        else:
            x = layers.AvgPool2D(2)(x)
    x = layers.GlobalAvgPool2D()(x)
    x = layers.Dense(hp.Int("hidden_size", 30, 100, step=10, default=50), activation="relu")(x)
    x = layers.Dropout(hp.Float("dropout", 0, 0.5, step=0.1, default=0.5))(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(
            hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


tuner = Hyperband(
    build_model,
    objective=Objective("val_accuracy", "max"),
    max_epochs=30,
    hyperband_iterations=2,
)
