"""`search run file.py:build --data rows.npz`: the space file for a file written for KerasTuner.

It says what the file's own tuner was told.
"""

import os
from pathlib import Path
from typing import Any

from search.app.target_file import Target
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
_WAYS = {"max": "maximize", "min": "minimize"}


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
        kerastuner(target.value)
    rows = _rows(target, data)
    tuner = _tuner_of(target)
    try:
        told, notes = _told(tuner) if tuner else ({}, [])
    except InputError as error:
        raise error.within(target.path) from None
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
    notes = [f"what {called}(…) was told is used: {said}; its search is not run"]
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
