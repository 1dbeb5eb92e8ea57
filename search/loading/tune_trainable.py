"""`tune_trainable(trainable, space)`: a function written for Ray Tune, and how its file is read."""

import math
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from search.loading.optuna_objective import check_function, first_argument
from search.loading.stand_in_keras_tuner import SearchReached
from search.study.budget import Budget
from search.study.errors import InputError
from search.study.function_study import CHECKPOINT, FunctionMistakeError, FunctionStudy, Left
from search.study.plain_text import brief

_CALLED = threading.local()
"""Its `reports` is the call of a trainable that this thread is in."""
LARGEST = 1 << 32
"""Bytes of a checkpoint that is kept."""
LAST = "_metric"
"""As Tune names what a function returns that is no dict."""


def tune_trainable(  # noqa: PLR0913 - reads like Tune's own calls in a space file
    trainable: Callable[[dict[str, Any]], Any],
    space: Mapping[str, Any],
    *,
    metric: str,
    direction: str = "minimize",
    budget: Budget | None = None,
    seed: int = 0,
    sampler: Any = None,
) -> FunctionStudy:
    """A study of a function that was written for Ray Tune, for a space file.

    Optuna suggests the values of its config, where Tune alone would draw them; a grid is gone
    through in order, beside whatever else is drawn. No trial is stopped early.

    Args:
        trainable: Takes a config, and calls `tune.report({…})` or returns a dict.
        space: As Tune's `param_space`: `tune.uniform`, `quniform`, `loguniform`, `randint`,
            `qrandint`, `lograndint`, `choice`, `grid_search`, `sample_from` and plain values.
        metric: Which of the reported values trials are compared by, at the last report.
        direction: "minimize" or "maximize", Tune's mode.
        budget: How many trials; left out, once through the grid where there is one.
        seed: Of the sampler, where none is given.
        sampler: One of Optuna's; left out, `TPESampler(seed=seed)`.

    Raises:
        InputError: It is no function of a config, or no such space.
    """
    check_function(trainable, "tune_trainable", "config")
    grid = check_space(space)
    points = math.prod(map(len, grid.values()))
    return FunctionStudy(
        budget=budget or (Budget(trials=points) if grid else Budget()),
        objective=metric,
        direction=direction,  # type: ignore[arg-type]
        seed=seed,
        function=TuneCall(trainable, space, metric),
        sampler_object=sampler,
        pruner_object=_nothing_pruned(),
    )


def _nothing_pruned() -> Any:
    import optuna

    return optuna.pruners.NopPruner()


class TuneCall:
    """A trainable as a function of an Optuna trial.

    Args:
        trainable: As of `tune_trainable`.
        space: As there.
        metric: As there.
    """

    def __init__(
        self, trainable: Callable[[dict[str, Any]], Any], space: Mapping[str, Any], metric: str
    ) -> None:
        self._trainable, self._space, self._metric = trainable, space, metric

    def __call__(self, trial: Any) -> float:
        """Call it with the config of a trial; returns what was reported last."""
        config = config_of(trial, self._space)
        reports = Reports(trial, self._metric)
        _CALLED.reports = reports
        try:
            returned = self._trainable(config)
        finally:
            _CALLED.reports = None
        if returned is not None:
            reports.take(returned if isinstance(returned, Mapping) else {LAST: returned})
        if reports.last is None:
            raise FunctionMistakeError(
                f"the function reported no {self._metric}; call tune.report("
                f"{{{self._metric!r}: …}}), or return such a dict"
            )
        return reports.last


class Reports:
    """What a trainable reports.

    Args:
        trial: Optuna's.
        metric: Which of it counts.

    Attributes:
        last: The newest; None before the first.
    """

    def __init__(self, trial: Any, metric: str) -> None:
        self._trial, self._metric, self._count = trial, metric, 0
        self.last: float | None = None

    def take(self, metrics: Mapping[str, Any], checkpoint: Any = None) -> None:
        """Take a report; its checkpoint is in the place of the one before.

        Raises:
            FunctionMistakeError: The metric is not in it or no number, or the checkpoint is none.
        """
        if self._metric not in metrics:
            known = ", ".join(map(str, metrics))
            raise FunctionMistakeError(
                f"the function reported no {self._metric}, only {known}; name one of these as the "
                "metric"
            )
        try:
            self.last = float(metrics[self._metric])
        except (TypeError, ValueError):
            value = brief(metrics[self._metric])
            raise FunctionMistakeError(
                f"the function reported {self._metric}={value}; report a number"
            ) from None
        self._trial.report(self.last, self._count)
        self._count += 1
        if checkpoint is not None:
            # As it is now: most are in temporary folders that are gone after the report.
            self._trial.set_user_attr("checkpoint", _packed(checkpoint))


def _packed(checkpoint: Any) -> Left:
    """The folder of a checkpoint as one file.

    Raises:
        FunctionMistakeError: It is no checkpoint, or has no folder.
    """
    if not hasattr(checkpoint, "as_directory"):
        raise FunctionMistakeError(
            f"the function reported checkpoint={brief(checkpoint)}; give "
            "tune.Checkpoint.from_directory(folder)"
        )
    with checkpoint.as_directory() as folder:
        files = [file for file in sorted(Path(folder).rglob("*")) if file.is_file()]
        if not files:
            raise FunctionMistakeError(
                f"the function reported a checkpoint without files in {folder}; write them first"
            )
        if (size := sum(file.stat().st_size for file in files)) > LARGEST:
            why = f"its checkpoint has {size / 1e9:.1f} GB, and at most {LARGEST / 1e9:.1f} are"
            return Left(CHECKPOINT, why_none=f"{why} kept")
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:  # weights are hardly smaller if compressed
            for file in files:
                archive.writestr(file.relative_to(folder).as_posix(), file.read_bytes())
    return Left(CHECKPOINT, packed.getvalue())


def config_of(trial: Any, space: Mapping[str, Any]) -> dict[str, Any]:
    """A config of a space, as a trial suggests it; what is computed comes last."""
    grid = _grid(space)
    place = trial.number
    for name, values in grid.items():
        trial.fix(name, values, place % len(values))
        place //= len(values)
    later: list[tuple[dict[str, Any], str, Any]] = []
    config = _filled(trial, space, "", grid, later)
    for part, name, domain in later:
        part[name] = domain.sample(config)
    return config


def _filled(
    trial: Any, space: Mapping[str, Any], above: str, grid: Mapping[str, Any], later: list[Any]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in space.items():
        path = f"{above}{name}"
        if path in grid:
            found[name] = trial.suggest_categorical(path, grid[path])
        elif isinstance(value, Mapping):
            found[name] = _filled(trial, value, f"{path}/", grid, later)
        elif not _is_domain(value):
            found[name] = value
        elif value.is_function():
            found[name] = None
            later.append((found, name, value))
        else:
            found[name] = _drawn(trial, path, value)
    return found


def _drawn(trial: Any, name: str, domain: Any) -> Any:
    """A value of one of Tune's domains, whose upper end is no value but for steps."""
    kind, scale, step = _parts(domain)
    log = scale == "LogUniform"
    if kind == "Categorical":
        return trial.suggest_categorical(name, list(domain.categories))
    if kind == "Integer":
        low, high = int(domain.lower), int(domain.upper)
        if step in (None, 1):
            return trial.suggest_int(name, low, high - 1, log=log)
        low, high = math.ceil(low / step) * step, math.floor(high / step) * step
        return trial.suggest_int(name, low, high, step=int(step))
    low, high = domain.lower, domain.upper
    if step is None:
        return trial.suggest_float(name, low, high, log=log)
    low = math.ceil(low / step - 1e-9) * step
    high = low + step * math.floor((high - low) / step + 1e-9)
    return trial.suggest_float(name, low, high, step=step)


def _parts(domain: Any) -> tuple[str, str, Any]:
    """Kind, sampler and step of one of Tune's domains."""
    sampler, step = domain.get_sampler(), None
    if type(sampler).__name__ == "Quantized":
        sampler, step = sampler.get_sampler(), sampler.q
    return type(domain).__name__, type(sampler).__name__.strip("_"), step


def _is_domain(value: object) -> bool:
    return hasattr(value, "get_sampler") and hasattr(value, "is_function")


def _grid(space: Mapping[str, Any], above: str = "") -> dict[str, list[Any]]:
    """Path → values that are gone through."""
    found: dict[str, list[Any]] = {}
    for name, value in space.items():
        if isinstance(value, Mapping) and set(value) == {"grid_search"}:
            found[f"{above}{name}"] = list(value["grid_search"])
        elif isinstance(value, Mapping):
            found |= _grid(value, f"{above}{name}/")
    return found


def check_space(space: object, above: str = "") -> Mapping[str, list[Any]]:
    """Refuse what no config can be drawn of; returns its grid.

    Raises:
        InputError: Names it.
    """
    if not isinstance(space, Mapping):
        raise InputError(
            f"space={brief(space)}", "this is no param_space",
            'give a dict, such as {"lr": tune.loguniform(1e-4, 1e-1)}',
        )  # fmt: skip
    if not is_searched(space):
        raise InputError(
            "space", "nothing in it is searched, everything is fixed",
            "give a range such as tune.uniform(0, 1)",
        )  # fmt: skip
    for name, value in space.items():
        _check(f"{above}{name}", value)
    return _grid(space)


def _check(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        if set(value) == {"grid_search"} and not (
            isinstance(value["grid_search"], list | tuple) and value["grid_search"]
        ):
            raise InputError(f"space[{name!r}]", fix="give tune.grid_search a list of values")
        if set(value) != {"grid_search"}:
            for inner, one in value.items():
                _check(f"{name}/{inner}", one)
    elif _is_domain(value) and not value.is_function():
        kind, sampler, step = _parts(value)
        known = sampler == "Uniform" or (sampler == "LogUniform" and step is None)
        if kind != "Categorical" and not known:
            raise InputError(
                f"space[{name!r}]", f"{sampler}{' with steps' if step else ''} is not drawn here",
                "give tune.uniform, quniform, loguniform, randint, qrandint, lograndint, choice, "
                "grid_search or sample_from",
            )  # fmt: skip
    elif not _is_domain(value) and type(value).__module__.partition(".")[0] in _OTHERS:
        raise InputError(
            f"space[{name!r}]", f"{type(value).__name__} is of another package",
            "give one of tune's, such as tune.uniform(0, 1)",
        )  # fmt: skip


_OTHERS = {"hyperopt", "scipy", "optuna", "ConfigSpace", "skopt"}


def is_searched(space: Mapping[str, Any]) -> bool:
    """Whether a `param_space` has a range or a grid."""
    inner = [value for value in space.values() if isinstance(value, Mapping)]
    own = any(_is_domain(value) and not value.is_function() for value in space.values())
    return own or any("grid_search" in value or is_searched(value) for value in inner)


class FitReached(SearchReached):
    """A file has come to its `Tuner(…).fit()` or `tune.run(…)`, which is not run.

    Attributes:
        function: That it was given.
    """

    def __init__(self, function: Any) -> None:
        super().__init__(None)
        self.function = function


@contextmanager
def fit_not_run() -> Iterator[None]:
    """While inside, Tune's tuners raise; its `report` is taken by whoever calls a trainable.

    Raises:
        FitReached: By whatever calls it.
    """
    from ray import train, tune

    for module in (tune, train):
        _take_reports(module)
    tuner: Any = tune.Tuner
    module_of_tune: Any = tune
    before = tuner.__init__, tuner.fit, tune.run

    def made(self: Any, trainable: Any = None, **_: Any) -> None:
        self.function = trainable

    def fit(self: Any) -> None:
        raise FitReached(self.function)

    def run(run_or_experiment: Any, *_: Any, **__: Any) -> None:
        raise FitReached(run_or_experiment)

    tuner.__init__, tuner.fit, module_of_tune.run = made, fit, run
    try:
        yield
    finally:
        tuner.__init__, tuner.fit, module_of_tune.run = before


def _take_reports(module: Any) -> None:
    """Have `report` of a module, and `get_checkpoint`, mean the trainable that is called."""
    if hasattr(module.report, "taken"):
        return
    report, get_checkpoint = module.report, module.get_checkpoint

    def taken(metrics: Mapping[str, Any], *args: Any, **told: Any) -> None:
        reports = getattr(_CALLED, "reports", None)
        if reports is None:
            report(metrics, *args, **told)
        else:
            reports.take(metrics, told.get("checkpoint", args[0] if args else None))

    def none_kept() -> Any:
        return get_checkpoint() if getattr(_CALLED, "reports", None) is None else None

    taken.taken = True  # type: ignore[attr-defined]
    module.report, module.get_checkpoint = taken, none_kept


def takes_config(function: object) -> bool:
    """Whether a function looks like a trainable: its one argument is called so."""
    return first_argument(function) == "config"
