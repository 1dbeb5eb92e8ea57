"""`search run file.py:build --data rows.npz`: the space file for a file written for KerasTuner.

Its text is made here, with what the file's own tuner was told, and is kept in the run: workers,
`resume` and `export` know no difference.
"""

import inspect
import keyword
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from search.loading.from_text import REACHED
from search.loading.kerastuner import kerastuner
from search.loading.space_file import SpaceSource, read
from search.loading.stand_in_keras_tuner import Objective, RandomSearch, Tuner
from search.study.errors import ArgumentError, InputError
from search.study.parameters import near
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


def is_target(file: Path) -> bool:
    """Whether a path names something in a file, such as file.py:build."""
    path, _, target = str(file).rpartition(":")
    return path.endswith(".py") and target.isidentifier() and not file.exists()


def source_of(file: Path, data: Path | None) -> SpaceSource:
    """A space file, or the one that is made for a target in a file of KerasTuner's.

    Args:
        file: The path of a space file, or that and a name, such as file.py:build.
        data: Rows for such a target; None for a space file.

    Raises:
        InputError: There is none, or something in it cannot be searched.
    """
    if not is_target(file):
        if data is not None:
            raise ArgumentError(
                "data", data, f"the space file {file} names its own rows",
                f"leave it out, or name what builds the model, such as {file}:build",
            )  # fmt: skip
        return read(file)
    path, _, target = str(file).rpartition(":")
    source = read(Path(path))
    rows = _rows(file, Path(path), data)
    with source.told():
        module = source.module()
        _check_target(module, target)
    tuner = _tuner_of(module, target)
    try:
        told, notes = _told(tuner) if tuner else ({}, [])
    except InputError as error:
        raise error.within(path) from None
    stem = Path(path).stem
    name = next(n for n in (f"{stem}_study.py", "kerastuner_study.py") if n not in source.files)
    text = _text(inspect.getdoc(module) or f"{target} of {stem}.py", stem, target, rows, told)
    files = {name: text, **source.files}
    return SpaceSource(name, str(Path(path).with_name(name)), files, notes=tuple(notes))


def _rows(file: Path, path: Path, data: Path | None) -> str:
    """The path of the rows as the space file has it: relative to its folder."""
    if data is None:
        raise InputError(
            file, "it does not say which rows", f"write `search run {file} --data rows.npz`"
        )
    if data.suffix != ".npz":
        raise ArgumentError(
            "data", data, "this is no .npz archive",
            f"write a space file with study = Study(data=…, model=kerastuner({path.stem}.build))",
        )  # fmt: skip
    if not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        raise InputError(
            path, "a file of this name cannot be imported", "use letters, digits and _"
        )
    if not data.is_file():
        raise ArgumentError("data", data, "there is no such file", "write it by numpy.savez(…)")
    return os.path.relpath(data, path.parent)


def _check_target(module: ModuleType, target: str) -> None:
    if target not in vars(module):
        known = [name for name in vars(module) if not name.startswith("_")]
        raise InputError("", f"there is no {target!r} in it", near(target, known))
    kerastuner(vars(module)[target])


def _tuner_of(module: ModuleType, target: str) -> Tuner | None:
    """The tuner of the file that searches the target; None where there is none."""
    wanted = vars(module)[target]
    tuners = [value for value in vars(module).values() if isinstance(value, Tuner)]
    fitting = [
        tuner
        for tuner in tuners
        if tuner.hypermodel is wanted
        or (isinstance(wanted, type) and isinstance(tuner.hypermodel, wanted))
    ]
    reached = vars(module).get(REACHED)
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


def docstring(title: str) -> str:
    """The first line of a title, as a docstring can have it."""
    return title.splitlines()[0].replace("\\", "/").replace('"', "'")


def _text(title: str, stem: str, target: str, rows: str, told: dict[str, str]) -> str:
    """The space file."""
    names = {"Study", "kerastuner", "npz"} | {
        name for name in ("Budget", "Finals") if any(f"{name}(" in text for text in told.values())
    }
    arguments = {"data": f"npz({rows!r})", "model": f"kerastuner({target})", **told}
    said = "".join(f"    {name}={text},\n" for name, text in arguments.items())
    return (
        f'"""{docstring(title)}"""\n\nfrom {stem} import {target}\n'
        f"from search import {', '.join(sorted(names))}\n\nstudy = Study(\n{said})\n"
    )
