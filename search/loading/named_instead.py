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
        words = _called(reached.function, "objective")
    elif isinstance(reached, FitReached):
        what = "there is no study in it, and its tuner is not run"
        words = _called(reached.function, "trainable") + _space_of(module, file)
    elif reached is not None:
        what = f"there is no study in it, and its {type(reached).__name__}(…).search is not run"
        words = _called(reached.hypermodel, type(reached.hypermodel).__name__) + _ROWS
    else:
        what, words = "there is no study of this package in it", _of_functions(module, file, text)
        if not words:
            return InputError("", "there is no study in it", "write study = Study(…)")
    return InputError("", what, f"write `search run {file}:{words}`")


_ROWS = " --data rows.npz"


def _called(function: Any, otherwise: str) -> str:
    return str(getattr(function, "__name__", otherwise))


def _space_of(module: ModuleType, file: str) -> str:
    """Where the `param_space` is; the usual name where it is not at the top level yet."""
    known = vars(module).items()
    spaces = [
        name
        for name, value in known
        if isinstance(value, Mapping) and not name.startswith("_") and is_searched(value)
    ]
    return f" --space {file}:{[*spaces, 'param_space'][0]}"


def _of_functions(module: ModuleType, file: str, text: str) -> str:
    """The function to name where the search stands in a `main()` or a guard; empty without one."""
    for argument, package in _PACKAGES.items():
        if not imports([text], package):
            continue
        found = {name: value for name, value in vars(module).items() if _takes(value, argument)}
        found = {
            name: value for name, value in found.items() if value.__module__ == module.__name__
        }
        # A helper that suggests some of the values takes a trial too.
        used = {name for value in found.values() for name in value.__code__.co_names}
        for name in found:
            if name not in used:
                more = {"trial": "", "config": _space_of(module, file), "hp": _ROWS}[argument]
                return f"{name}{more}"
    return ""


def _takes(value: object, argument: str) -> bool:
    """Whether it is a function that can be called with this argument alone."""
    if not inspect.isfunction(value) or first_argument(value) != argument:
        return False
    rest = list(inspect.signature(value).parameters.values())[1:]
    plain = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return all(one.default is not one.empty or one.kind in plain for one in rest)
