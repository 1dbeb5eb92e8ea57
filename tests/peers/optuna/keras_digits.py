"""A Keras network on scikit-learn's digits, pruned by epoch."""

import keras
import numpy as np
import optuna
from sklearn.datasets import load_digits

X, Y = load_digits(return_X_y=True)


def objective(trial):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((64,)), keras.layers.Rescaling(1 / 16)])
    model.add(keras.layers.Dense(trial.suggest_int("units", 8, 64, log=True), "relu"))
    if trial.suggest_categorical("dropout", [True, False]):
        model.add(keras.layers.Dropout(trial.suggest_float("rate", 0.1, 0.5)))
    model.add(keras.layers.Dense(10, "softmax"))
    rate = trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    accuracy = 0.0
    for epoch in range(4):
        model.fit(X[:400], Y[:400], batch_size=50, epochs=1, verbose=0)
        accuracy = model.evaluate(X[400:600], Y[400:600], verbose=0)[1]
        trial.report(float(np.float32(accuracy)), epoch)
        if trial.should_prune():
            raise optuna.exceptions.TrialPruned()
    return accuracy


if __name__ == "__main__":
    study = optuna.create_study(
        direction="maximize", pruner=optuna.pruners.SuccessiveHalvingPruner()
    )
    study.optimize(objective, n_trials=8, timeout=600)
