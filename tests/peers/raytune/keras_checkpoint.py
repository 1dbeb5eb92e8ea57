"""A Keras model that is trained epoch by epoch, with a checkpoint at each report."""

import os
import tempfile

import keras
from ray import tune
from ray.tune import Checkpoint
from sklearn.datasets import load_wine


def train_wine(config):
    keras.utils.set_random_seed(0)
    x, y = load_wine(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    model = keras.Sequential(
        [
            keras.Input((13,)),
            keras.layers.Dense(config["units"], config["activation"]),
            keras.layers.Dense(3, "softmax"),
        ]
    )
    model.compile(
        keras.optimizers.SGD(config["lr"]), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    for epoch in range(3):
        model.fit(x[::2], y[::2], batch_size=16, verbose=0)
        loss, accuracy = model.evaluate(x[1::2], y[1::2], verbose=0)
        with tempfile.TemporaryDirectory() as folder:
            model.save(os.path.join(folder, "model.keras"))
            with open(os.path.join(folder, "epoch.txt"), "w") as file:
                file.write(str(epoch))
            tune.report(
                {"mean_loss": loss, "mean_accuracy": accuracy},
                checkpoint=Checkpoint.from_directory(folder),
            )


search_space = {
    "units": tune.choice([4, 8, 16]),
    "activation": tune.choice(["relu", "tanh"]),
    "lr": tune.loguniform(1e-3, 1e-1),
}

if __name__ == "__main__":
    tuner = tune.Tuner(
        train_wine,
        param_space=search_space,
        tune_config=tune.TuneConfig(metric="mean_loss", mode="min", num_samples=7),
    )
    best = tuner.fit().get_best_result()
    with best.checkpoint.as_directory() as folder:
        keras.saving.load_model(os.path.join(folder, "model.keras")).summary()
