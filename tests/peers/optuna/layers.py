"""A network whose number of layers decides which names there are."""

import optuna
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, Y = load_wine(return_X_y=True)


def create_model(trial: optuna.Trial) -> MLPClassifier:
    n_layers = trial.suggest_int("n_layers", 1, 3)
    layers = [trial.suggest_int(f"n_units_l{i}", 2, 24) for i in range(n_layers)]
    rate = trial.suggest_float("lr_init", 1e-4, 1e-1, log=True)
    return MLPClassifier(tuple(layers), learning_rate_init=rate, max_iter=15, random_state=0)


def objective(trial: optuna.Trial) -> float:
    x, xv, y, yv = train_test_split(X, Y, random_state=0)
    model = make_pipeline(StandardScaler(), create_model(trial))
    return model.fit(x, y).score(xv, yv)


def main():
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.NopPruner())
    study.optimize(objective, n_trials=14, timeout=600)


if __name__ == "__main__":
    main()
