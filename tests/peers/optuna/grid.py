"""Every point of a grid, which stops the study when it has been through."""

import optuna


def objective(trial):
    x = trial.suggest_float("x", -100, 100)
    y = trial.suggest_int("y", -100, 100)
    return x**2 + y**2


search_space = {"x": [-50, 0, 50], "y": [-99, 0, 99]}
study = optuna.create_study(sampler=optuna.samplers.GridSampler(search_space, seed=3))

if __name__ == "__main__":
    study.optimize(objective, n_trials=50)
