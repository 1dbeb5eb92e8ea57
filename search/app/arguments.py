"""What kind of value each argument of the Python interface takes."""

import functools
import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import ParamSpec, TypeVar

from search.study.errors import ArgumentError
from search.study.plain_text import brief
from search.study.study import Study
from search.tuning.listeners import Listener

_COUNT = ((Integral,), "give a whole number of 1 or more")
_NUMBER = ((Real,), "give a number")
_TEXT = ((str,), "give a text")
_FLAG = ((bool,), "give True or False")
_MORE = ((Integral, str), 'give a whole number in all, or how many more, such as "+50"')
_RUN = ((str, os.PathLike), "give a run, its folder or its name")
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "study": (
        (Study, str, os.PathLike),
        "give a Study(data=…, space=…), or the path of a space file",
    ),
    "run": _RUN,
    "folder": _RUN,
    "runs": ((list, tuple), "give a list of runs, their folders or their names"),
    "continue_from": _RUN,
    "name": _TEXT,
    "trials": _COUNT,
    "resume.trials": _MORE,
    "resume.seconds": _MORE,
    "epochs": _COUNT,
    "seed": ((Integral,), "give a whole number of 0 or more"),
    "engine": _TEXT,
    "address": _TEXT,
    "unauthenticated": _FLAG,
    "changed_data": _FLAG,
    "progress": _FLAG,
    "cpus_per_trial": _NUMBER,
    "gpus_per_trial": _NUMBER,
    "max_concurrent": _COUNT,
    "to": ((str, os.PathLike), "give the path of a folder"),
}
Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


def checked(function: Callable[Arguments, Returned]) -> Callable[Arguments, Returned]:
    """Have a function refuse arguments of a wrong type by a sentence, with an `ArgumentError`.

    NumPy's numbers become Python's, which travel as JSON.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def inner(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        bound = signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            kinds = _KINDS.get(f"{function.__name__}.{name}", _KINDS.get(name))
            if name == "listeners":
                bound.arguments[name] = _listeners(value)
            elif kinds is not None and value is not signature.parameters[name].default:
                bound.arguments[name] = _of_kind(name, value, *kinds)
        return function(*bound.args, **bound.kwargs)

    return inner


def _of_kind(name: str, value: object, kinds: tuple[type, ...], fix: str) -> object:
    is_flag = value is True or value is False
    if not isinstance(value, kinds) or (is_flag and bool not in kinds):
        raise ArgumentError(name, brief(value), fix=fix)
    if isinstance(value, Real) and not is_flag:
        return int(value) if isinstance(value, Integral) else float(value)
    return value


def _listeners(value: object) -> tuple[Listener, ...]:
    each = tuple(value) if isinstance(value, Iterable) else (value,)
    for listener in each:
        if not isinstance(listener, Listener):
            fix = "give a list of objects of classes that derive from search.Listener"
            raise ArgumentError("listeners", brief(listener), fix=fix)
    return each
