"""(d) Optuna in one process, its study in memory, trials by `fit`."""

from typing import Any

import optuna

from benchmarks.contestants.fitting import Fitting
from benchmarks.contestants.order import Result, answer, order
from search import Choice, Float
from search.study.parameters import Parameter


def drawn(trial: optuna.Trial, name: str, parameter: Parameter) -> Any:
    """A parameter in Optuna's words."""
    if isinstance(parameter, Choice):
        return trial.suggest_categorical(name, parameter.options)
    suggest = trial.suggest_float if isinstance(parameter, Float) else trial.suggest_int
    return suggest(name, parameter.low, parameter.high, log=parameter.log)


def main() -> None:
    """Search."""
    told = order()
    parameters = told.job.study().parameters
    fitting = Fitting(told, told.job.material())
    results: list[Result] = []

    def objective(trial: optuna.Trial) -> float:
        results.append(fitting.result({n: drawn(trial, n, p) for n, p in parameters.items()}))
        return results[-1].accuracy

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=told.seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=told.trials)
    answer(results)


if __name__ == "__main__":
    main()
