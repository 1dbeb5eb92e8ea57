"""`search run file.py:objective`: the space file for a function written for Optuna or Ray Tune.

It says what the file's own study or tuner was told.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from search.app.options import Asked
from search.app.target_file import Target, target_of
from search.app.written_calls import UNREAD, calls_in, values_in
from search.loading.from_text import REACHED
from search.loading.optuna_objective import OptimizeReached, check_function, first_argument
from search.loading.space_file import SpaceSource
from search.loading.tune_trainable import check_space, takes_config
from search.study.errors import ArgumentError, InputError

DIRECTIONS = ("minimize", "maximize")
_OPTUNAS = {"create_study": (), "optimize": ("func", "n_trials", "timeout")}
_OF_TUNE = {"TuneConfig": ("metric", "mode"), "run": (), "Tuner": ()}
_GIVEN_TRIALS = ("enqueue_trial", "add_trial", "add_trials")
"""By which a study of Optuna's gets trials that nobody suggests."""


NOTHING = Asked()
_WRITTEN_FOR = {"trial": "Optuna", "config": "Ray Tune"}
"""By what a function calls its argument."""
_INSTEAD = {
    "n_trials": "trials (else there are 50)",
    "num_samples": "trials (else there are 50, or once through a grid)",
    "timeout": "seconds of the Budget in a space file", "direction": "direction",
    "mode": "direction", "metric": "metric",
}  # fmt: skip
"""What the command can be told in its place."""


def is_for_kerastuner(target: Target) -> bool:
    """Whether it is a hypermodel, or a function of `hp`."""
    value = vars(target.module).get(target.name)
    return hasattr(value, "build") or first_argument(value) in {"hp", "hps", "hyperparameters"}


def check_no_rows(target: Target, data: Path) -> None:
    """Refuse rows for a function of `trial` or `config`, which has its own.

    Args:
        target: What is not for KerasTuner by `is_for_kerastuner`.
        data: The rows that are given.

    Raises:
        ArgumentError: It is such a function.
    """
    argument = first_argument(vars(target.module).get(target.name))
    if argument in _WRITTEN_FOR:
        raise ArgumentError(
            "data", data,
            "rows are for functions written for KerasTuner, such as file.py:build, and "
            f"{target.name}({argument}) is written for {_WRITTEN_FOR[argument]}",
            "leave it out",
        )  # fmt: skip


def function_source(target: Target, asked: Asked = NOTHING) -> SpaceSource:
    """The space file that is made for a function.

    Args:
        target: The function in its file.
        asked: What is said beside the file.

    Raises:
        InputError: There is none, or it cannot be searched.
    """
    if asked.direction not in {None, *DIRECTIONS}:
        raise ArgumentError("direction", asked.direction, fix="give minimize or maximize")
    source = target.source
    with source.told():
        target.check()
    if asked.space is not None or takes_config(target.value):
        return _of_tune(target, asked)
    if asked.metric is not None:
        why = "an objective of Optuna's returns its one value"
        raise ArgumentError("metric", asked.metric, why, "leave it out")
    with source.told():
        check_function(target.value, target.name, "trial")
    try:
        told, notes, names = _told(target.module, source.files[source.name], asked)
    except InputError as error:
        raise error.within(target.path) from None
    told = {"objective": target.name, **told}
    return target.space_file("optuna_objective", [target.name, *names], told, notes)


def _of_tune(target: Target, asked: Asked) -> SpaceSource:
    """The space file that is made for a trainable of Ray Tune's."""
    path, source = target.path, target.source
    with source.told():
        check_function(target.value, target.name, "config")
    place = None if asked.space is None else target_of(asked.space)
    if place is None or place[0].name != path.name:
        raise ArgumentError(
            "space", asked.space, "a function written for Ray Tune needs its param_space",
            f"name it in the same file, such as {path}:param_space",
        )  # fmt: skip
    found, notes = _told_to_tune(source.files[source.name], asked)
    space = replace(target, name=place[1])
    with source.told():
        space.check()
        grid = check_space(space.value)
    if not found["metric"]:
        raise ArgumentError(
            "metric", None, "nothing says which of the reported values trials are compared by",
            "give its name, such as loss",
        )  # fmt: skip
    told = {"trainable": target.name, "space": space.name}
    told |= {"metric": repr(found["metric"]), "direction": repr(found["direction"])}
    samples = found["num_samples"]
    if samples or grid:
        points = math.prod(map(len, grid.values()))
        told["budget"] = f"Budget(trials={points * (samples or 1)})"
    return target.space_file("tune_trainable", [target.name, space.name], told, notes)


def _told_to_tune(text: str, asked: Asked) -> tuple[dict[str, Any], list[str]]:
    """Metric, direction and number of samples, and what is said of them."""
    written = values_in(text, _OF_TUNE)
    lost = [name for name in ("metric", "mode", "num_samples") if written.get(name) is UNREAD]
    written = {name: value for name, value in written.items() if value is not UNREAD}
    mode = {"min": "minimize", "max": "maximize"}.get(str(written.get("mode")))
    found = {
        "metric": written.get("metric"), "direction": mode,
        "num_samples": written.get("num_samples"),
    }  # fmt: skip
    notes = []
    if used := {name: value for name, value in found.items() if value is not None}:
        said = ", ".join(f"{name}={value!r}" for name, value in used.items())
        notes.append(f"what the file tells its tuner is used: {said}; its fit() is not run")
    notes += _not_read(lost)
    if not asked.direction and not mode:
        notes.append("smaller values are better, since neither a direction nor a mode says else")
    found["metric"] = asked.metric or found["metric"]
    found["direction"] = asked.direction or mode or "minimize"
    return found, notes


def _told(
    module: ModuleType, text: str, asked: Asked
) -> tuple[dict[str, str], list[str], list[str]]:
    """Arguments of `optuna_objective`, what is said of them, and names that they need."""
    reached = vars(module).get(REACHED)
    reached = reached if isinstance(reached, OptimizeReached) else None
    theirs, name = _study_of(module, reached)
    written = {**values_in(text, _OPTUNAS), **(reached.told if reached else {})}
    lost = [name for name in ("direction", "n_trials", "timeout") if written.get(name) is UNREAD]
    lost = [name for name in lost if theirs is None or name != "direction"]
    if (theirs is not None and len(theirs.directions) > 1) or "directions" in written:
        raise InputError(
            "create_study(directions=…)", "several objectives are not searched",
            "return one number, and give one direction",
        )  # fmt: skip
    left = [word for word in ("sampler", "pruner") if word in written]
    written = {name: value for name, value in written.items() if value is not UNREAD}
    theirs_way = theirs.direction.name.lower() if theirs else written.get("direction")
    told = _budget(written) | ({"direction": repr(theirs_way)} if theirs_way else {})
    notes = []
    if told:
        said = ", ".join(f"{name}={value}" for name, value in told.items())
        notes.append(f"what the file tells its study is used: {said}; its optimize(…) is not run")
    notes += _not_read(lost)
    told["direction"] = repr(asked.direction or theirs_way or "minimize")
    if not asked.direction and not theirs_way:
        notes.append("smaller values are better, which is Optuna's default direction")
    if name:
        told |= {"sampler": f"{name}.sampler", "pruner": f"{name}.pruner"}
        own = f"{type(theirs.sampler).__name__} and {type(theirs.pruner).__name__}"
        notes.append(f"{own} of {name} = create_study(…) suggest and prune")
    elif left:
        notes.append(
            f"{' and '.join(left)} of create_study(…) in the file {_are(left)} not used, since "
            "that is not run: move study = create_study(…) to the file's top level for that"
        )
    given = [name for name in _GIVEN_TRIALS if any(calls_in(text, {name}))]
    if given:
        calls = " and ".join(f"{name}(…)" for name in given)
        notes.append(f"{calls} of the file {_are(given)} not used: no trial begins from there")
    return told, notes, [name] if name else []


def _study_of(module: ModuleType, reached: OptimizeReached | None) -> tuple[Any, str]:
    """Optuna's study at the top level of a file, with its name; None and "" without."""
    found = {
        name: value
        for name, value in vars(module).items()
        if type(value).__module__.startswith("optuna.study") and type(value).__name__ == "Study"
    }
    for name, value in found.items():
        if reached is None or value is reached.study:
            return value, name
    return (reached.study if reached else None), ""


def _budget(written: Mapping[str, Any]) -> dict[str, str]:
    said = {"trials": written.get("n_trials"), "seconds": written.get("timeout")}
    told = ", ".join(f"{name}={value!r}" for name, value in said.items() if value is not None)
    return {"budget": f"Budget({told})"} if told else {}


def _not_read(names: list[str]) -> list[str]:
    """What is said of arguments that the file gives by no plain value, or by several."""
    if not names:
        return []
    said = ", ".join(f"{name}=…" for name in names)
    instead = ", ".join(dict.fromkeys(_INSTEAD[name] for name in names))
    not_used = f"not used of the file, where no plain value stands: {said}"
    return [f"{not_used}; what the command can be told: {instead}"]


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
