"""Each kind of suggestion: choices of tuples, None and booleans, whole numbers on a log scale."""

import math

import optuna


def objective(trial):
    shape = trial.suggest_categorical("shape", [(50,), (100,), (50, 50)])
    weight = trial.suggest_categorical("class_weight", [None, "balanced"])
    bias = trial.suggest_categorical("bias", [True, False])
    leaves = trial.suggest_int("leaves", 2, 256, log=True)
    even = trial.suggest_int("even", 2, 20, step=2)
    most = trial.suggest_int("most", 1, even)
    again = trial.suggest_int("even", 2, 20, step=2)
    assert again == even
    assert isinstance(shape, tuple)
    fixed = trial.suggest_float("fixed", 0.5, 0.5)
    loss = abs(sum(shape) - 100) / 100 + abs(math.log(leaves) - 3) + (most - 3) ** 2 / 9
    return loss + (weight is None) * 0.1 + bias * 0.05 + fixed


study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=4))
study.optimize(objective, 20)
