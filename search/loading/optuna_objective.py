"""`optuna_objective(objective)`: a function written for Optuna, and how its file is read."""

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from search.loading.stand_in_keras_tuner import SearchReached
from search.study.budget import Budget
from search.study.errors import InputError
from search.study.function_study import FunctionStudy
from search.study.plain_text import brief

_READING = threading.local()


def optuna_objective(  # noqa: PLR0913 - reads like Optuna's own calls in a space file
    objective: Callable[[Any], float],
    *,
    budget: Budget | None = None,
    direction: str = "minimize",
    seed: int = 0,
    sampler: Any = None,
    pruner: Any = None,
) -> FunctionStudy:
    """A study of an objective that was written for Optuna, for a space file.

    It is called on Ray's workers with a trial of Optuna's own. There are no finals and no model:
    nothing is known of a function but what it asks for, reports and returns.

    Args:
        objective: Takes an `optuna.Trial` and returns a number.
        budget: How many trials, and what one of them may take; `epochs` has no meaning here.
        direction: "minimize", as Optuna has it, or "maximize".
        seed: Of the sampler, where none is given.
        sampler: One of Optuna's, with a seed of its own; left out, `TPESampler(seed=seed)`.
        pruner: One of Optuna's; left out, `MedianPruner()`, as Optuna has it.

    Raises:
        InputError: It is no function of a trial.
    """
    check_function(objective, "optuna_objective", "trial")
    return FunctionStudy(
        budget=budget or Budget(),
        objective=getattr(objective, "__name__", "objective"),
        direction=direction,  # type: ignore[arg-type]
        seed=seed,
        function=objective,
        sampler_object=sampler,
        pruner_object=pruner,
    )


def check_function(function: object, owner: str, argument: str) -> None:
    """Refuse what is no function of one argument.

    Raises:
        InputError: It is so.
    """
    where = f"{owner}({brief(function)})"
    if inspect.isclass(function):
        raise InputError(
            where, "it is a class, and only functions are called",
            f"write a function of one argument, {argument}, that does the same, or give an "
            "instance that can be called with it",
        )  # fmt: skip
    if not callable(function):
        raise InputError(where, fix=f"give a function of one argument, {argument}, or an instance")
    if inspect.iscoroutinefunction(function):
        raise InputError(where, "it is a coroutine", "write def, not async def")
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        raise InputError(
            where, f"it cannot be called with a {argument} alone ({error})",
            f"give a function of one argument, such as lambda {argument}: …",
        ) from None  # fmt: skip
    except ValueError:
        return  # of a built-in, which does not tell


def first_argument(function: object) -> str:
    """What a function calls its first argument; empty where it has none, or is no function."""
    try:
        return next(iter(inspect.signature(function).parameters), "")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""


class OptimizeReached(SearchReached):
    """A file has come to its `study.optimize(…)`, which is not run.

    Attributes:
        study: Optuna's.
        function: That it was given.
        told: Its other arguments, by name.
    """

    def __init__(self, study: Any, function: Any, told: dict[str, Any]) -> None:
        super().__init__(None)
        self.study, self.function, self.told = study, function, told


@contextmanager
def optimize_not_run() -> Iterator[None]:
    """While inside, Optuna's studies are made in memory, and `optimize` raises.

    Raises:
        OptimizeReached: By whatever calls it.
    """
    import optuna

    verbosity = optuna.logging.get_verbosity()
    before = optuna.Study.optimize, optuna.create_study, optuna.load_study

    def optimize(self: Any, func: Any, *args: Any, **told: Any) -> None:
        names = ("n_trials", "timeout", "n_jobs", "catch", "callbacks")
        raise OptimizeReached(self, func, dict(zip(names, args, strict=False)) | told)

    def create_study(*args: Any, **told: Any) -> Any:
        if getattr(_READING, "now", False):  # kept by a file as `from optuna import create_study`
            told |= dict(zip(("storage",), args, strict=False))
            told.pop("storage", None)
        return before[1](**told)

    def load_study(**told: Any) -> Any:
        if not getattr(_READING, "now", False):
            return before[2](**told)
        told.pop("storage", None)
        return before[1](**told)

    optuna.Study.optimize = optimize  # type: ignore[method-assign]
    optuna.create_study, optuna.load_study = create_study, load_study
    was_reading = getattr(_READING, "now", False)  # by a file that imports this one
    _READING.now = True
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # it would tell of each study that is made
    try:
        yield
    finally:
        _READING.now = was_reading
        optuna.logging.set_verbosity(verbosity)
        optuna.Study.optimize = before[0]  # type: ignore[method-assign]
        optuna.create_study, optuna.load_study = before[1:]
