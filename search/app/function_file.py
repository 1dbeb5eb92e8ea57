"""`search run file.py:objective`: the space file for a function written for Optuna or Ray Tune.

Its text is made here, with what the file's own study was told, and is kept in the run: workers and
`resume` know no difference.
"""

import ast
import inspect
import keyword
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from search.app.kerastuner_file import docstring, is_target
from search.loading.from_text import REACHED
from search.loading.optuna_objective import OptimizeReached, check_function
from search.loading.space_file import SpaceSource
from search.loading.tune_trainable import check_space, takes_config
from search.study.errors import ArgumentError, InputError
from search.study.parameters import near

DIRECTIONS = ("minimize", "maximize")
_OPTUNAS = ("create_study", "optimize")


@dataclass(frozen=True)
class Asked:
    """What is said of a function beside its file.

    Attributes:
        direction: "minimize" or "maximize"; None for what the file says, or Optuna's default.
        space: Where the `param_space` of a trainable of Ray Tune's is, such as file.py:param_space;
            None for an objective of Optuna's.
        metric: Which of a trainable's metrics counts; None for what the file says.
    """

    direction: str | None = None
    space: Path | None = None
    metric: str | None = None


NOTHING = Asked()


def target_of(file: Path) -> tuple[Path, str] | None:
    """The file and the name of something in it, of a path such as file.py:objective."""
    path, _, target = str(file).rpartition(":")
    return (Path(path), target) if is_target(file) else None


def is_for_kerastuner(module: ModuleType, target: str) -> bool:
    """Whether a target is a hypermodel, or a function of `hp`."""
    value = vars(module).get(target)
    if inspect.isclass(value) or hasattr(value, "build"):
        return True
    try:
        first = next(iter(inspect.signature(value).parameters), "")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return first in {"hp", "hps", "hyperparameters"}


def function_source(
    source: SpaceSource, module: ModuleType, target: str, asked: Asked = NOTHING
) -> SpaceSource:
    """The space file that is made for a function.

    Args:
        source: Of the file that it is in.
        module: The same, as it was run.
        target: Its name.
        asked: What is said beside the file.

    Raises:
        InputError: There is none, or it cannot be searched.
    """
    if asked.direction not in {None, *DIRECTIONS}:
        raise ArgumentError("direction", asked.direction, fix="give minimize or maximize")
    path = Path(source.place)
    with source.told():
        check_target(module, path, target)
    if asked.space is not None or takes_config(vars(module)[target]):
        return _of_tune(source, module, target, asked)
    if asked.metric is not None:
        why = "an objective of Optuna's returns its one value"
        raise ArgumentError("metric", asked.metric, why, "leave it out")
    with source.told():
        check_function(vars(module)[target], target, "trial")
    try:
        told, notes, names = _told(module, source.files[source.name], asked)
    except InputError as error:
        raise error.within(path) from None
    call = ("optuna_objective", [target], told)
    return _made(source, module, [target, *names], call, notes)


def _made(
    source: SpaceSource,
    module: ModuleType,
    names: list[str],
    call: tuple[str, list[str], dict[str, str]],
    notes: list[str],
) -> SpaceSource:
    """The space file that imports names of a file and calls what makes a study of them."""
    path = Path(source.place)
    stem, (maker, given, told) = path.stem, call
    name = next(n for n in (f"{stem}_study.py", "function_study.py") if n not in source.files)
    title = inspect.getdoc(module) or f"{names[0]} of {stem}.py"
    said = "".join(f"    {key},\n" for key in given)
    said += "".join(f"    {key}={text},\n" for key, text in told.items())
    known = f"Budget, {maker}" if "budget" in told else maker
    text = (
        f'"""{docstring(title)}"""\n\nfrom {stem} import {", ".join(names)}\n'
        f"from search import {known}\n\nstudy = {maker}(\n{said})\n"
    )
    files = {name: text, **source.files}
    return SpaceSource(name, str(path.with_name(name)), files, notes=tuple(notes))


def _of_tune(source: SpaceSource, module: ModuleType, target: str, asked: Asked) -> SpaceSource:
    """The space file that is made for a trainable of Ray Tune's."""
    path = Path(source.place)
    place = None if asked.space is None else target_of(asked.space)
    if place is None or place[0].name != path.name:
        raise ArgumentError(
            "space", asked.space, "a function written for Ray Tune needs its param_space",
            f"name it in the same file, such as {path}:param_space",
        )  # fmt: skip
    found, notes = _told_to_tune(source.files[source.name], asked)
    with source.told():
        check_target(module, path, place[1])
        check_function(vars(module)[target], target, "config")
        grid = check_space(vars(module)[place[1]])
    if not found["metric"]:
        raise ArgumentError(
            "metric", None, "nothing says which of the reported values trials are compared by",
            "give its name, such as loss",
        )  # fmt: skip
    told = {"metric": repr(found["metric"]), "direction": repr(found["direction"])}
    samples = found["num_samples"]
    if samples or grid:
        points = math.prod(map(len, grid.values()))
        told["budget"] = f"Budget(trials={points * (samples or 1)})"
    call = ("tune_trainable", [target, place[1]], told)
    return _made(source, module, [target, place[1]], call, notes)


def _told_to_tune(text: str, asked: Asked) -> tuple[dict[str, Any], list[str]]:
    """Metric, direction and number of samples, and what is said of them."""
    written = _written(text, {"TuneConfig", "run", "Tuner"})
    mode = {"min": "minimize", "max": "maximize"}.get(str(written.get("mode")))
    found = {
        "metric": written.get("metric"), "direction": mode,
        "num_samples": written.get("num_samples"),
    }  # fmt: skip
    notes = []
    if used := {name: value for name, value in found.items() if value is not None}:
        said = ", ".join(f"{name}={value!r}" for name, value in used.items())
        notes.append(f"what the file tells its tuner is used: {said}; its fit() is not run")
    if not asked.direction and not mode:
        notes.append("smaller values are better, since neither a direction nor a mode says else")
    found["metric"] = asked.metric or found["metric"]
    found["direction"] = asked.direction or mode or "minimize"
    return found, notes


def check_target(module: ModuleType, path: Path, target: str) -> None:
    """Refuse a name that is not in a file, or a file that nothing can be imported from.

    Raises:
        InputError: It is so.
    """
    if not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        raise InputError(
            path, "a file of this name cannot be imported", "use letters, digits and _"
        )
    if target not in vars(module):
        known = [name for name in vars(module) if not name.startswith("_")]
        raise InputError("", f"there is no {target!r} in it", near(target, known))


def _told(
    module: ModuleType, text: str, asked: Asked
) -> tuple[dict[str, str], list[str], list[str]]:
    """Arguments of `optuna_objective`, what is said of them, and names that they need."""
    reached = vars(module).get(REACHED)
    reached = reached if isinstance(reached, OptimizeReached) else None
    theirs, name = _study_of(module, reached)
    written = {**_written(text), **(reached.told if reached else {})}
    if (theirs is not None and len(theirs.directions) > 1) or "directions" in written:
        raise InputError(
            "create_study(directions=…)", "several objectives are not searched",
            "return one number, and give one direction",
        )  # fmt: skip
    theirs_way = theirs.direction.name.lower() if theirs else written.get("direction")
    told = _budget(written) | ({"direction": repr(theirs_way)} if theirs_way else {})
    notes = []
    if told:
        said = ", ".join(f"{name}={value}" for name, value in told.items())
        notes.append(f"what the file tells its study is used: {said}; its optimize(…) is not run")
    told["direction"] = repr(asked.direction or theirs_way or "minimize")
    if not asked.direction and not theirs_way:
        notes.append("smaller values are better, which is Optuna's default direction")
    if name:
        told |= {"sampler": f"{name}.sampler", "pruner": f"{name}.pruner"}
        own = f"{type(theirs.sampler).__name__} and {type(theirs.pruner).__name__}"
        notes.append(f"{own} of {name} = create_study(…) suggest and prune")
    elif left := [word for word in ("sampler", "pruner") if word in written]:
        notes.append(
            f"{' and '.join(left)} of create_study(…) in the file are not used, since that is not "
            "run: move study = create_study(…) to the file's top level for that"
        )
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


def _written(text: str, calls: Collection[str] = _OPTUNAS) -> dict[str, Any]:
    """What calls of such names are told in a text that is not run there.

    Values that are no literals are None; so are those that differ between calls.
    """
    found: dict[str, Any] = {}
    for call in _calls(ast.parse(text), calls):
        for word in call.keywords:
            value = word.value.value if isinstance(word.value, ast.Constant) else None
            name = word.arg or ""
            found[name] = value if found.get(name, value) == value else None
    return found


def _calls(tree: ast.AST, names: Collection[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names:
            yield node
