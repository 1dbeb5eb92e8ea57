"""A file for KerasTuner, Optuna or Ray Tune that is given as a space file: what to name in it."""

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from search.loading.from_text import REACHED
from search.loading.local_imports import imports
from search.loading.optuna_objective import OptimizeReached, first_argument
from search.loading.tune_trainable import FitReached, is_searched
from search.study.errors import InputError

_PACKAGES = {"trial": "optuna", "config": "ray", "hp": "keras_tuner"}
"""What a function calls its argument → the package that it is written for."""


def no_study(module: ModuleType, file: str, text: str) -> InputError:
    """What to say of a file without a study.

    Args:
        module: The file, as it was run.
        file: Its name.
        text: Of it.
    """
    reached = vars(module).get(REACHED)
    if isinstance(reached, OptimizeReached):
        what = "there is no study of this package in it, and its study.optimize is not run"
        command = _command(module, file, "trial", _called(reached.function, "objective"))
    elif isinstance(reached, FitReached):
        what = "there is no study in it, and its tuner is not run"
        command = _command(module, file, "config", _called(reached.function, "trainable"))
    elif reached is not None:
        what = f"there is no study in it, and its {type(reached).__name__}(…).search is not run"
        built = _called(reached.hypermodel, type(reached.hypermodel).__name__)
        command = _command(module, file, "hp", built)
    elif found := _function_in(module, text):
        what, command = "there is no study of this package in it", _command(module, file, *found)
    else:
        return InputError("", "there is no study in it", "write study = Study(…)")
    return InputError("", what, f"write `{command}`")


def _called(function: Any, otherwise: str) -> str:
    return str(getattr(function, "__name__", otherwise))


def _command(module: ModuleType, file: str, argument: str, name: str) -> str:
    """What searches with a function that calls its argument so."""
    if argument == "hp":
        return f"search run {file}:{name} --data rows.npz"
    if argument == "trial":
        return f"search run {file}:{name}"
    spaces = [
        one
        for one, value in vars(module).items()
        if isinstance(value, Mapping) and not one.startswith("_") and is_searched(value)
    ]
    space = next(iter(spaces), "param_space")  # not at the top level yet
    return f"search run {file}:{name} --space {file}:{space}"


def _function_in(module: ModuleType, text: str) -> tuple[str, str] | None:
    """What a function calls its argument, and its name, where the search stands in a `main()`."""
    for argument, package in _PACKAGES.items():
        if not imports([text], package):
            continue
        found = {
            name: value
            for name, value in vars(module).items()
            if _takes(value, argument) and value.__module__ == module.__name__  # else imported
        }
        # A helper that suggests some of the values takes a trial too.
        used = {name for value in found.values() for name in value.__code__.co_names}
        for name in found:
            if name not in used:
                return argument, name
    return None


def _takes(value: object, argument: str) -> bool:
    """Whether it is a function that can be called with this argument alone."""
    if not inspect.isfunction(value) or first_argument(value) != argument:
        return False
    rest = list(inspect.signature(value).parameters.values())[1:]
    plain = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return all(one.default is not one.empty or one.kind in plain for one in rest)
