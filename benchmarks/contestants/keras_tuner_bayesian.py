"""(b) KerasTuner's BayesianOptimization, with its own work: a checkpoint where an epoch is better.

Of a plain History it would take the best epoch; the race compares last epochs, so `fit` returns
the last one's measures, which is KerasTuner's documented way to say so.
"""

import tempfile
from typing import Any

import keras_tuner as kt

from benchmarks.contestants.fitting import Fitting
from benchmarks.contestants.order import Result, answer, order
from search import Choice, Float
from search.study.parameters import Parameter


class Space(kt.HyperModel):
    """The study's space; KerasTuner itself clears Keras's session between trials.

    Args:
        fitting: Builds and trains.
        parameters: What is searched.

    Attributes:
        results: Of the trials so far.
    """

    def __init__(self, fitting: Fitting, parameters: dict[str, Parameter]) -> None:
        super().__init__()
        self._fitting = fitting
        self._parameters = parameters
        self.results: list[Result] = []

    def build(self, hp: kt.HyperParameters) -> Any:
        """A compiled model."""
        return self._fitting.model({n: drawn(hp, n, p) for n, p in self._parameters.items()})

    def fit(
        self, hp: kt.HyperParameters, model: Any, *, callbacks: list[Any], verbose: int
    ) -> dict[str, Any]:
        """Train it with KerasTuner's callbacks; the rows are the fitting's own."""
        del hp
        result = self._fitting.fit(model, callbacks=callbacks, verbose=verbose)
        self.results.append(result)
        return {"val_accuracy": result.accuracy, "val_loss": result.loss}


def drawn(hp: kt.HyperParameters, name: str, parameter: Parameter) -> Any:
    """A parameter in KerasTuner's words."""
    if isinstance(parameter, Choice):
        return hp.Choice(name, list(parameter.options))
    kind = hp.Float if isinstance(parameter, Float) else hp.Int
    sampling = "log" if parameter.log else "linear"
    return kind(name, parameter.low, parameter.high, sampling=sampling)


def main() -> None:
    """Search."""
    told = order()
    parameters = told.job.study().parameters
    space = Space(Fitting(told, told.job.material()), parameters)
    with tempfile.TemporaryDirectory(prefix="race-") as folder:
        tuner = kt.BayesianOptimization(
            space,
            objective=kt.Objective("val_accuracy", "max"),
            max_trials=told.trials,
            seed=told.seed,
            directory=folder,
            project_name="race",
        )
        tuner.search(verbose=0)
    answer(space.results)


if __name__ == "__main__":
    main()
