"""(c) Ray Tune with its own OptunaSearch: two reused actors with a thread each, trials by `fit`.

Written to Ray's advantage: rows lie in the object store once, TensorFlow is loaded in an actor's
first step (loaded earlier, reused actors end up doing everything in one), a step is a whole trial,
and neither result files nor checkpoints are written.
"""

import os
import tempfile
from typing import Any

import ray
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from benchmarks.contestants.order import Order, Result, answer, order
from benchmarks.jobs import Material
from search import Choice, Float
from search.study.parameters import Parameter


class Trial(tune.Trainable):
    """One configuration after the other, in an actor that stays warm."""

    def setup(self, config: dict[str, Any], told: Order, material: Material) -> None:
        """Take the first configuration."""
        self._params = config
        self._context = (told, material)
        self._fitting: Any = None

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take another."""
        self._params = new_config
        return True

    def step(self) -> dict[str, Any]:
        """The whole trial."""
        self._fitting = self._fitting or one_thread(*self._context)
        result = self._fitting.result(self._params)
        return {
            "val_accuracy": result.accuracy,
            "val_loss": result.loss,
            "ended": result.ended,
            "done": True,
        }


def one_thread(told: Order, material: Material) -> Any:
    """Stock Keras with one thread; with more, the two actors would fight for the two cores."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    from benchmarks.contestants.fitting import Fitting

    return Fitting(told, material)


def drawn(parameter: Parameter) -> Any:
    """A parameter in Tune's words; its whole numbers end before their upper bound."""
    if isinstance(parameter, Choice):
        return tune.choice(list(parameter.options))
    if isinstance(parameter, Float):
        kind = tune.loguniform if parameter.log else tune.uniform
        return kind(parameter.low, parameter.high)
    whole = tune.lograndint if parameter.log else tune.randint
    return whole(parameter.low, parameter.high + 1)


def searched(told: Order, folder: str) -> tune.ResultGrid:
    """Search, and leave Tune's files in a folder."""
    material = told.job.material()
    parameters = told.job.study().parameters
    return tune.Tuner(
        tune.with_parameters(Trial, told=told, material=material),
        param_space={name: drawn(parameter) for name, parameter in parameters.items()},
        tune_config=tune.TuneConfig(
            metric="val_accuracy",
            mode="max",
            search_alg=OptunaSearch(seed=told.seed),
            num_samples=told.trials,
            max_concurrent_trials=2,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            storage_path=folder,
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
        ),
    ).fit()


def main() -> None:
    """Search on a cluster of its own."""
    told = order()
    os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"
    os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    with tempfile.TemporaryDirectory(prefix="race-") as folder:
        grid = searched(told, folder)
    found = [done.metrics for done in grid if done.error is None]
    workers = sorted({m["pid"] for m in found})
    answer([Result(m["ended"], m["val_accuracy"], m["val_loss"]) for m in found], workers=workers)


if __name__ == "__main__":
    main()
