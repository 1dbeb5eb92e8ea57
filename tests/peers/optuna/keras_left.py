"""A Keras regression that keeps its model with the trial, as Optuna's own FAQ does."""

import keras
import numpy as np
import optuna
from sklearn.datasets import load_diabetes

X, Y = load_diabetes(return_X_y=True)
X, Y = X.astype("float32") * 20, (Y / 100).astype("float32")


def objective(trial):
    keras.utils.set_random_seed(trial.number)
    units = trial.suggest_int("units", 4, 32)
    model = keras.Sequential(
        [keras.Input((10,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(trial.suggest_float("lr", 1e-4, 1e-1, log=True)), "mse")
    model.fit(X[:300], Y[:300], epochs=3, batch_size=50, verbose=0)
    trial.set_user_attr("model", model)
    return float(np.mean((model.predict(X[300:], verbose=0)[:, 0] - Y[300:]) ** 2))


def keep_best(study, trial):
    if study.best_trial.number == trial.number:
        study.set_user_attr("best_model", trial.user_attrs["model"])


if __name__ == "__main__":
    study = optuna.create_study(direction="minimize")
    study.optimize(objective, n_trials=8, callbacks=[keep_best])
    study.user_attrs["best_model"].summary()
