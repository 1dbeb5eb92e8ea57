"""A training loop by hand, in a hypermodel's fit."""

import keras
import keras_tuner
import tensorflow as tf
from keras import layers


class MyHyperModel(keras_tuner.HyperModel):
    def build(self, hp):
        inputs = keras.Input(shape=(16,))
        x = layers.Dense(hp.Int("units", 8, 64, step=8), activation="relu")(inputs)
        return keras.Model(inputs=inputs, outputs=layers.Dense(1)(x))

    def fit(self, hp, model, x, y, validation_data, epochs=2, callbacks=None, **kwargs):
        batch_size = hp.Int("batch_size", 32, 128, step=32, default=64)
        train_ds = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)
        validation_ds = tf.data.Dataset.from_tensor_slices(validation_data).batch(batch_size)
        optimizer = keras.optimizers.Adam(
            hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
        )
        loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
        losses = {name: keras.metrics.Mean() for name in ("loss", "val_loss")}

        @tf.function
        def run_train_step(images, labels):
            with tf.GradientTape() as tape:
                loss = loss_fn(tf.reshape(labels, (-1, 1)), model(images, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            losses["loss"].update_state(loss)

        @tf.function
        def run_val_step(images, labels):
            loss = loss_fn(tf.reshape(labels, (-1, 1)), model(images))
            losses["val_loss"].update_state(loss)

        for callback in callbacks:
            callback.set_model(model)
        best_epoch_loss = float("inf")
        for epoch in range(epochs):
            for images, labels in train_ds:
                run_train_step(images, labels)
            for images, labels in validation_ds:
                run_val_step(images, labels)
            logs = {name: float(metric.result()) for name, metric in losses.items()}
            for callback in callbacks:
                callback.on_epoch_end(epoch, logs=logs)
            for metric in losses.values():
                metric.reset_state()
            best_epoch_loss = min(best_epoch_loss, logs["val_loss"])
        return best_epoch_loss


tuner = keras_tuner.RandomSearch(
    objective=keras_tuner.Objective("val_loss", "min"),
    max_trials=2,
    hypermodel=MyHyperModel(),
    directory="results",
    project_name="custom_training",
    overwrite=True,
)
