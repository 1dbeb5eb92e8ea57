"""`search run file.py:build --data rows.npz`: the space file for a file written for KerasTuner.

It says what the file's own tuner was told.
"""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.app.target_file import Target
from search.app.written_calls import UNREAD, arguments_of, calls_in, value_of
from search.loading import stand_in_keras_tuner
from search.loading.from_text import REACHED
from search.loading.kerastuner import kerastuner
from search.loading.space_file import SpaceSource
from search.loading.stand_in_keras_tuner import Objective, RandomSearch, Tuner
from search.study.errors import ArgumentError, InputError
from search.study.plain_text import brief
from search.study.shares import is_called_share
from search.study.task import direction_of

_UNUSED = {
    "alpha", "beta", "directory", "epochs", "factor", "hyperband_iterations", "logger", "overwrite",
    "max_consecutive_failed_trials", "max_retries_per_trial", "num_initial_points", "project_name",
    "tuner_id", "validation_data", "validation_split", "verbose", "x", "y",
}  # fmt: skip
"""Arguments of a tuner and its `search` that mean nothing here, or are said otherwise."""
_OF_SPACE = ("hyperparameters", "tune_new_entries", "allow_new_entries")
_USED = (
    "objective", "max_trials", "max_epochs", "epochs", "executions_per_trial", "seed", "oracle",
)  # fmt: skip
"""Arguments of a tuner and its `search` that change a study."""
_OBJECTIVE = ("name", "direction")
_WAYS = {"max": "maximize", "min": "minimize"}
_TUNERS = ("RandomSearch", "BayesianOptimization", "GridSearch", "Hyperband", "Tuner")
_OF_SEARCHES = {"epochs", "validation_data", "validation_split", "callbacks"}
"""Arguments by which a call of some `search` is that of a tuner."""


def kerastuner_source(target: Target, data: Path | None) -> SpaceSource:
    """The space file that is made for a hypermodel, or a function of `hp`.

    Args:
        target: It, in its file.
        data: Its rows.

    Raises:
        InputError: There are none, or something in the file cannot be searched.
    """
    with target.source.told():
        target.check()
        fit = kerastuner(target.value).fit
    rows = _rows(target, data)
    tuner, unread = _completed(target)
    try:
        told, notes = _told(tuner) if tuner else ({}, [])
    except InputError as error:
        raise error.within(target.path) from None
    notes += unread
    if fit is not None:
        notes += _of_fit(getattr(fit, "__name__", "fit"), tuner)
    told = {"data": f"npz({rows!r})", "model": f"kerastuner({target.name})", **told}
    return target.space_file("Study", [target.name], told, notes)


def _rows(target: Target, data: Path | None) -> str:
    """The path of the rows as the space file has it: relative to its folder."""
    path = target.path
    if data is None:
        file = f"{path}:{target.name}"
        raise InputError(
            file, "it does not say which rows", f"write `search run {file} --data rows.npz`"
        )
    if data.suffix != ".npz":
        raise ArgumentError(
            "data", data, "this is no .npz archive",
            "write a space file with study = Study(data=…, "
            f"model=kerastuner({path.stem}.{target.name}))",
        )  # fmt: skip
    if not data.is_file():
        raise ArgumentError("data", data, "there is no such file", "write it by numpy.savez(…)")
    return os.path.relpath(data, path.parent)


def _tuner_of(target: Target) -> Tuner | None:
    """The tuner of the file that searches the target; None where there is none."""
    wanted, known = target.value, vars(target.module)
    tuners = [value for value in known.values() if isinstance(value, Tuner)]
    fitting = [
        tuner
        for tuner in tuners
        if tuner.hypermodel is wanted
        or (isinstance(wanted, type) and isinstance(tuner.hypermodel, wanted))
    ]
    reached = known.get(REACHED)
    return reached if reached in fitting else next(iter(fitting), None)


def _completed(target: Target) -> tuple[Tuner | None, list[str]]:
    """The tuner that searches the target, with what the file says where nothing runs it.

    A tuner, or its `search`, may stand in a function such as `main()`, or behind the search of
    another: literals there are read.

    Returns:
        It, None where there is none or it is unclear which; and what is said of that.
    """
    text = target.source.files[target.source.name]
    tuner, lost = _tuner_of(target), set[str]()
    made = {name: value for name, value in vars(target.module).items() if isinstance(value, Tuner)}
    if tuner is None:
        written = list(_written(text))
        fitting = [one for one in written if not one.names.isdisjoint(_names_of(target))]
        if not made:  # else those of the file are for other models
            fitting = fitting or written
        if len(fitting) > 1:
            several = ", ".join(f"{one.kind.__name__}(…)" for one in fitting)
            return None, [f"not used, since it is unclear which of them is meant: {several}"]
        if not fitting:
            return None, []
        values = {name: _value(node) for name, node in fitting[0].given.items()}
        lost |= _lost(values)
        tuner = fitting[0].kind(**values)
    if tuner.searched is None:
        tuner.searched, its = {}, {name for name, value in made.items() if value is tuner}
        for _, call in calls_in(text, {"search"}):
            named = arguments_of(call)
            of_it = ast.unparse(call.func).removesuffix(".search") in its if its else True
            for name in named if of_it and not _OF_SEARCHES.isdisjoint(named) else ():
                value = _value(named[name])
                same = tuner.searched.get(name, value) == value
                tuner.searched[name] = value if same else UNREAD
        lost |= _lost(tuner.searched)
    if not lost:
        return tuner, []
    called, names = type(tuner).__name__, ", ".join(sorted(lost))
    return tuner, [f"not used of {called}(…) and its search, where no plain value stands: {names}"]


@dataclass(frozen=True)
class _Written:
    """A call in a text that makes a tuner: its class, its arguments, names in its hypermodel."""

    kind: type[Tuner]
    given: dict[str, ast.expr]
    names: frozenset[str]


def _written(text: str) -> Iterator[_Written]:
    for name, call in calls_in(text, _TUNERS):
        if "oracles" in ast.unparse(call.func):
            continue
        kind: type[Tuner] = getattr(stand_in_keras_tuner, name)
        given = arguments_of(call, ("hypermodel", "objective", kind.third))
        model = given.pop("hypermodel", ast.Constant(None))
        names = frozenset(node.id for node in ast.walk(model) if isinstance(node, ast.Name))
        yield _Written(kind, given, names)


def _names_of(target: Target) -> set[str]:
    """By which a file may call it: its own, and that of its class."""
    return {target.name, type(target.value).__name__}


def _lost(values: dict[str, Any]) -> set[str]:
    """Takes out what would change a study and is no literal; returns its names."""
    lost = {name for name in _USED if values.get(name) is UNREAD}
    for name in lost:
        del values[name]
    return lost


def _value(node: ast.expr) -> Any:
    """A literal, or an objective of literals; else `UNREAD`."""
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith("Objective"):
        return value_of(node)
    given = {name: value_of(each) for name, each in arguments_of(node, _OBJECTIVE).items()}
    known = given.keys() == {*_OBJECTIVE} and UNREAD not in given.values()
    return Objective(**given) if known else UNREAD


def _of_fit(called: str, tuner: Tuner | None) -> list[str]:
    """What is to be known of a `fit` of the file."""
    objective = None if tuner is None else tuner.told.get("objective")
    name = getattr(objective, "name", objective)
    notes = [
        f"{called} decides for how many epochs it trains; after those of the budget it is stopped "
        "(the option epochs sets them)"
    ]
    if isinstance(name, str) and not name.startswith("val_") and direction_of(name) is None:
        notes.append(
            f"{name} is what {called} reports by this name, unless it reports val_{name}; it is "
            f"called val_{name} here"
        )
    return notes


def _told(tuner: Tuner) -> tuple[dict[str, str], list[str]]:
    """Arguments of a study that say what a tuner was told, and what is said of that.

    Raises:
        InputError: It was told something that changes what is searched, and is not read here.
    """
    called, given = type(tuner).__name__, {**tuner.told}
    if hasattr(type(tuner), "run_trial"):
        raise InputError(
            f"{called}.run_trial", "it is not called here", "move it into the fit of a HyperModel"
        )
    for name in _OF_SPACE:
        if name in given:
            raise InputError(
                f"{called}({name}=…)", "ranges are read from build alone", "change them there"
            )
    searched = {**(tuner.searched or {})}
    longest = given.pop("max_epochs", None)  # of a Hyperband, which asks for no others
    budget = {
        "trials": given.pop("max_trials", None),
        "epochs": longest or searched.get("epochs"),
    }
    said = ", ".join(f"{name}={value!r}" for name, value in budget.items() if value is not None)
    told = {"budget": f"Budget({said})"} if said else {}
    told |= _objective(called, given.pop("objective", None))
    if (executions := given.pop("executions_per_trial", 1)) > 1:
        told["finals"] = f"Finals(seeds={executions})"
    if (seed := given.pop("seed", None)) is not None:
        told["seed"] = repr(seed)
    if isinstance(tuner, RandomSearch):
        told["sampler"] = '"random"'
    if longest is not None:
        told["pruner"] = '"hyperband"'
    said = ", ".join(f"{name}={value}" for name, value in told.items())
    used = f"what {called}(…) was told is used: {said}; " if said else f"of {called}(…), "
    notes = [f"{used}its search is not run"]
    if left := sorted({*given, *searched} - _UNUSED):
        notes.append(f"not taken over from {called}(…) and its search: {', '.join(left)}")
    return told, notes


def _objective(called: str, objective: Any) -> dict[str, str]:
    """What trials are compared by, on validation."""
    if objective is None:
        return {}
    name, way = objective, ""
    if type(objective).__name__ == Objective.__name__:
        name, way = objective.name, _WAYS.get(objective.direction, objective.direction)
    if not isinstance(name, str):
        raise InputError(
            f"{called}(objective={brief(objective)})", "trials are compared by one measure",
            "give one name, or Objective(name, direction)",
        )  # fmt: skip
    name = name if name.startswith("val_") else f"val_{name}"
    known = direction_of(name)
    if known is None or (way and way != known):  # which a study refuses with a sentence
        way = way or ("maximize" if is_called_share(name) else "minimize")
        return {"objective": repr(name), "direction": repr(way)}
    return {"objective": repr(name)}
