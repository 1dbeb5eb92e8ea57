"""The custom training loop of KerasTuner's guide: epochs and a measure of its own."""

import keras
import keras_tuner
import numpy as np
import tensorflow as tf


class MyHyperModel(keras_tuner.HyperModel):
    def build(self, hp):
        inputs = keras.Input(shape=(16,))
        units = hp.Int("units", min_value=8, max_value=32, step=8)
        x = keras.layers.Dense(units=units, activation="relu")(inputs)
        return keras.Model(inputs=inputs, outputs=keras.layers.Dense(1)(x))

    def fit(self, hp, model, x, y, validation_data, callbacks=None, **kwargs):
        batch_size = hp.Int("batch_size", 32, 128, step=32, default=64)
        train_ds = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)
        validation_data = tf.data.Dataset.from_tensor_slices(validation_data).batch(batch_size)
        optimizer = keras.optimizers.Adam(
            hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
        )
        loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
        epoch_loss_metric = keras.metrics.Mean()

        @tf.function
        def run_train_step(rows, labels):
            with tf.GradientTape() as tape:
                loss = loss_fn(tf.reshape(labels, (-1, 1)), model(rows))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))

        @tf.function
        def run_val_step(rows, labels):
            epoch_loss_metric.update_state(loss_fn(tf.reshape(labels, (-1, 1)), model(rows)))

        for callback in callbacks:
            callback.set_model(model)
        best_epoch_loss = float("inf")
        for epoch in range(2):
            for rows, labels in train_ds:
                run_train_step(rows, labels)
            for rows, labels in validation_data:
                run_val_step(rows, labels)
            epoch_loss = float(epoch_loss_metric.result().numpy())
            for callback in callbacks:
                # The "my_metric" is the objective passed to the tuner.
                callback.on_epoch_end(epoch, logs={"my_metric": epoch_loss})
            epoch_loss_metric.reset_state()
            best_epoch_loss = min(best_epoch_loss, epoch_loss)
        return best_epoch_loss


tuner = keras_tuner.RandomSearch(
    objective=keras_tuner.Objective("my_metric", "min"),
    max_trials=2,
    hypermodel=MyHyperModel(),
    directory="results",
    project_name="custom_training",
    overwrite=True,
)
x = np.random.rand(200, 16)
y = np.random.randint(0, 2, 200)
tuner.search(x=x[:100], y=y[:100], validation_data=(x[100:], y[100:]))
best_hps = tuner.get_best_hyperparameters()[0]
