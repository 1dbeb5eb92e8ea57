"""Hyperband, whose brackets hang on the name of its study: here it has the one that a search gives."""

import optuna


def objective(trial: optuna.Trial) -> float:
    far = abs(trial.suggest_float("x", -5, 5))
    for step in range(1, 10):
        trial.report(far + 1 / step, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return far


study = optuna.create_study(
    study_name="seed 0",
    sampler=optuna.samplers.TPESampler(seed=3),
    pruner=optuna.pruners.HyperbandPruner(min_resource=1, max_resource=9),
)

if __name__ == "__main__":
    study.optimize(objective, n_trials=24)
