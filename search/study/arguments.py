"""Which values of a configuration your functions are given: those that their arguments name."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from search.study.class_weights import CLASS_WEIGHT
from search.study.errors import InputError
from search.study.field_space import is_parameter
from search.study.parameters import Parameter, Value, as_choice, check_value, near, plain, several

EPOCHS = "epochs"
"""The name of a space that says how long a trial trains."""
READ_HERE = ("batch_size", CLASS_WEIGHT, EPOCHS)
"""Names of a space that training reads, so that no function of yours need take them."""
TRAIN = "train"
"""The argument by which `build` gets the training rows."""
_ELSEWHERE = {
    "n_trials": "trials",
    "max_trials": "trials",
    "num_samples": "trials",
    "max_epochs": "epochs",
    "timeout": "seconds",
    "executions_per_trial": "seeds",
    "validation_split": "validation",
}
"""What Keras, Optuna, KerasTuner and Ray Tune call what a part of a study says."""
LOOP = ("model", TRAIN, "validation", EPOCHS, "callbacks")
"""Arguments of a `fit`, beside values of a configuration."""
_LIKE_EPOCHS = ("epoch", "n_epochs", "num_epochs", "nb_epoch", "nb_epochs", "max_epochs")

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)


def known_only(function: F) -> F:
    """A function of this package that says which keyword was meant by one that it has not."""
    known = inspect.signature(function).parameters

    @wraps(function)
    def told(*given: Any, **named: Any) -> Any:
        for name in named:
            if name not in known:
                raise unexpected(function.__name__, name, known)
        return function(*given, **named)

    return cast("F", told)


def unexpected(called: str, name: str, known: Iterable[str]) -> InputError:
    """A keyword that a class or function of this package does not take."""
    from search.data.split import Split
    from search.study.budget import Budget
    from search.study.study import Finals

    names, wanted = list(known), _ELSEWHERE.get(name, name)
    for argument, part in {"budget": Budget, "finals": Finals, "split": Split}.items():
        if argument in names and wanted in inspect.signature(part).parameters:
            fix = f"give it as {argument}={part.__name__}({wanted}=…)"
            return InputError(f"{called}({name}=…)", f"it takes no {name!r}", fix)
    return InputError(f"{called}({name}=…)", f"it takes no {name!r}", near(name, names))


def taken_by(function: Function, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values that a function takes."""
    named, takes_all = arguments_of(function)
    return {name: value for name, value in values.items() if takes_all or name in named}


def takes_training_data(model: Function) -> bool:
    """Whether a function names the argument by which it gets the training rows."""
    return TRAIN in arguments_of(model)[0]


def check_declared(space: Mapping[str, Parameter | Value]) -> None:
    """Refuse a declared space whose names or values cannot be given to a function.

    Raises:
        InputError: Names the first of them.
    """
    for name, value in space.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise InputError(
                "space", f"{name!r} cannot be an argument's name", "use letters and digits"
            )
        if is_parameter(value):
            continue
        where = f"space[{name!r}]={value!r}"
        if several(value):
            raise InputError(where, fix=f"to search several values, write {as_choice(value)}")
        check_value(where, plain(value))


def check_taken(
    functions: Sequence[Function],
    names: Iterable[str],
    read: Iterable[str] = READ_HERE,
    where: str = "space",
) -> None:
    """Refuse what none of your functions takes.

    Args:
        functions: That are given values; `build` first.
        names: Of a space, or of the values of a configuration.
        read: Names of these that are read in another way.
        where: They are given, for the message.

    Raises:
        InputError: Names it, and the nearest argument of `build`.
    """
    arguments = [arguments_of(function) for function in functions]
    takes_all = any(everything for _, everything in arguments)
    named = {name for some, _ in arguments for name in some}
    called = getattr(functions[0], "__name__", "model")
    for name in names:
        if name == TRAIN:
            raise InputError(
                where,
                f"{TRAIN!r} is the argument by which build gets the training rows",
                "give the hyperparameter another name",
            )
        if name in named or name in read:
            continue
        if name in _LIKE_EPOCHS:
            raise InputError(
                where, f"{name!r} does not set how long a trial trains", f"call it {EPOCHS!r}"
            )
        if not takes_all:
            own = arguments[0][0]
            meant = near(name, own)
            out = "drop it from the space" if where == "space" else "drop it"
            raise InputError(
                where,
                f"{name!r} is not an argument of {called}({', '.join(own)})",
                meant if "did you mean" in meant else f"add it there or {out}",
            )


def needed_by(function: Function) -> list[str]:
    """Arguments that have a name and no default."""
    arguments = arguments_of(function)[0].items()
    return [name for name, argument in arguments if argument.default is argument.empty]


def check_epochs(value: object, most: int) -> int:
    """How long one trial trains, as its own value says.

    Args:
        value: Of `EPOCHS`.
        most: Epochs of the budget.

    Raises:
        InputError: It is no such number, or more.
    """
    where = f"space[{EPOCHS!r}]"
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(where, f"{value!r} is no number of epochs", "give whole numbers from 1")
    if value > most:
        raise InputError(
            where,
            f"{value} epochs are more than Budget(epochs={most})",
            "raise that, or leave it out beside a declared space",
        )
    return value


def check_needed(function: Function, names: Sequence[str]) -> None:
    """Refuse a function with an argument without a default that a space does not have.

    Raises:
        InputError: Names the argument.
    """
    called = getattr(function, "__name__", "model")
    for name in needed_by(function):
        if name not in names:
            raise InputError(
                f"{called}({name})", f"the space has no parameter {name!r}", near(name, names)
            )


def check_loop(fit: object) -> None:
    """Refuse a `fit` that cannot be called as one.

    Raises:
        InputError: Names the arguments that it lacks.
    """
    written = f"def train_loop({', '.join(LOOP)})"
    if not callable(fit):
        raise InputError(f"fit={fit!r}", fix=f"give a function such as {written}")
    named, takes_all = arguments_of(fit)
    missing = [] if takes_all else [name for name in LOOP if name not in named]
    if missing:
        called = getattr(fit, "__name__", "fit")
        raise InputError(
            f"fit={called}",
            f"it has no argument {' and no '.join(map(repr, missing))}",
            f"write {written}, with values of the space behind these",
        )


def arguments_of(function: Function) -> tuple[dict[str, inspect.Parameter], bool]:
    """Those that have a name, and whether it takes all others too."""
    arguments = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    named = {a.name: a for a in arguments if a.kind in kinds}
    return named, any(a.kind is a.VAR_KEYWORD for a in arguments)
