"""In the place of KerasTuner, for files that were written for it: its `hp`, and what they import.

It needs nothing but Python, since `search export` also puts it beside `train.py`, as
keras_tuner.py.
Names, ranges, defaults and conditions are KerasTuner's; tests compare them with the package itself.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

RESERVED = frozenset({"model", "train", "validation", "callbacks", "class_weight"})
"""Names that mean something else where a configuration's values are given to functions."""
SAMPLINGS = ("linear", "log", "reverse_log")


@dataclass(frozen=True)
class Parent:
    """That another hyperparameter has one of some values.

    Attributes:
        name: Of the other.
        values: That it may have.
    """

    name: str
    values: tuple[Any, ...]

    def is_active(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds for these active values."""
        return self.name in values and values[self.name] in self.values


@dataclass(frozen=True)
class HyperParameter:
    """One that a file asks for.

    Attributes:
        kind: "Int", "Float", "Choice", "Boolean" or "Fixed".
        name: With its name scopes, such as "head/units".
        config: Its range, as KerasTuner has it.
        default: Its value where nobody says another.
        conditions: Under which it is active.
    """

    kind: str
    name: str
    config: Mapping[str, Any]
    default: Any
    conditions: tuple[Parent, ...] = ()

    @property
    def key(self) -> tuple[str, tuple[Parent, ...]]:
        """What distinguishes it: one name may stand for several, under different conditions."""
        return self.name, self.conditions

    @property
    def short(self) -> str:
        """What a study calls it."""
        return f"hp.{self.name}" if self.name in RESERVED else self.name

    @property
    def long(self) -> str:
        """The same with its conditions."""
        said = (f"{c.name}={'|'.join(map(str, c.values))}" for c in self.conditions)
        return f"{self.short} ({', '.join(said)})" if self.conditions else self.short


@dataclass
class HyperParameters:
    """What `build(hp)` is given.

    Args:
        given: Values by the names that a study has for them; what it has not is at its default.

    Attributes:
        values: Name → value of those that are active and were asked for.
        space: Those that were asked for, in this order.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    space: list[HyperParameter] = field(default_factory=list)
    _known: dict[tuple[str, tuple[Parent, ...]], HyperParameter] = field(default_factory=dict)
    _scopes: list[str] = field(default_factory=list)
    _conditions: list[Parent] = field(default_factory=list)

    def Int(  # noqa: N802, PLR0913, PLR0917 - KerasTuner's
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str | None = "linear",
        default: int | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A whole number; None where it is not active."""
        low, high = _whole("min_value", min_value), _whole("max_value", max_value)
        by = None if step is None else _whole("step", step)
        config = _range("Int", name, low, high, by, sampling)
        if config["step"] is None and config["sampling"] == "linear":
            config["step"] = 1
        return self._ask(
            "Int", name, config, low if default is None else default, parent_name, parent_values
        )

    def Float(  # noqa: N802, PLR0913, PLR0917
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str | None = "linear",
        default: float | None = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """A number; None where it is not active."""
        low, high = float(min_value), float(max_value)
        config = _range("Float", name, low, high, step, sampling)
        return self._ask(
            "Float", name, config, low if default is None else default, parent_name, parent_values
        )

    def Choice(  # noqa: N802, PLR0913, PLR0917
        self,
        name: str,
        values: Sequence[Any],
        ordered: bool | None = None,
        default: Any = None,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """One of several values of one type; None where it is not active."""
        options = _alike(name, values)
        numbers = isinstance(options[0], int | float)
        if ordered and not numbers:
            raise ValueError(f"hp.Choice({name!r}): ordered=True is for numbers alone")
        if default is not None and default not in options:
            raise ValueError(f"hp.Choice({name!r}): default={default!r} is none of its values")
        config = {"values": options, "ordered": numbers if ordered is None else ordered}
        chosen = options[0] if default is None else type(options[0])(default)
        return self._ask("Choice", name, config, chosen, parent_name, parent_values)

    def Boolean(  # noqa: N802
        self,
        name: str,
        default: bool = False,
        parent_name: str | None = None,
        parent_values: Any = None,
    ) -> Any:
        """True or False; None where it is not active."""
        if default not in {True, False}:
            raise ValueError(f"hp.Boolean({name!r}): default={default!r} is neither True nor False")
        return self._ask("Boolean", name, {}, default, parent_name, parent_values)

    def Fixed(  # noqa: N802
        self, name: str, value: Any, parent_name: str | None = None, parent_values: Any = None
    ) -> Any:
        """Always the same value; None where it is not active."""
        if not isinstance(value, bool | int | float | str):
            raise ValueError(f"hp.Fixed({name!r}): {value!r} is no number, text or boolean")
        return self._ask("Fixed", name, {"value": value}, value, parent_name, parent_values)

    @contextmanager
    def name_scope(self, name: str) -> Iterator[None]:
        """Names asked for inside begin with this one and a slash."""
        self._scopes.append(name)
        try:
            yield
        finally:
            self._scopes.pop()

    @contextmanager
    def conditional_scope(self, parent_name: str, parent_values: Any) -> Iterator[None]:
        """What is asked for inside is active where another has one of some values."""
        parent = self._full(parent_name)
        if all(parent != name for name, _ in self._known) and parent not in self.given:
            raise ValueError(f"the condition names {parent!r}, which was not asked for before")
        several = isinstance(parent_values, list | tuple)
        self._conditions.append(
            Parent(parent, tuple(parent_values if several else [parent_values]))
        )
        try:
            yield
        finally:
            self._conditions.pop()

    def get(self, name: str) -> Any:
        """The value of one that is active.

        Raises:
            ValueError: It is not active.
            KeyError: There is none of this name.
        """
        full = self._full(name)
        if full in self.values:
            return self.values[full]
        if any(full == known for known, _ in self._known):
            raise ValueError(f"{full} is currently inactive.")
        if full in self.given:
            return self.given[full]
        raise KeyError(f"{full} does not exist.")

    __getitem__ = get

    def __contains__(self, name: str) -> bool:
        try:
            self.get(name)
        except (KeyError, ValueError):
            return False
        return True

    def is_active(self, hyperparameter: Any) -> bool:
        """Whether all conditions hold of one, or of one with this name."""
        if isinstance(hyperparameter, HyperParameter):
            return all(c.is_active(self.values) for c in hyperparameter.conditions)
        return any(self.is_active(hp) for hp in self.space if hp.name == hyperparameter)

    def copy(self) -> "HyperParameters":
        """The same values again."""
        return type(self)(dict(self.given), dict(self.values), list(self.space), dict(self._known))

    def _full(self, name: str) -> str:
        return "/".join([*self._scopes, str(name)])

    def _ask(  # noqa: PLR0913, PLR0917
        self,
        kind: str,
        name: str,
        config: Mapping[str, Any],
        default: Any,
        parent_name: str | None,
        parent_values: Any,
    ) -> Any:
        if parent_name:
            with self.conditional_scope(parent_name, parent_values):
                return self._ask(kind, name, config, default, None, None)
        hp = HyperParameter(kind, self._full(name), config, default, tuple(self._conditions))
        if any(condition.name == hp.name for condition in hp.conditions):
            raise ValueError(f"{hp.name!r} is conditional on itself")
        known = self._known.setdefault(hp.key, hp)
        if known is hp:
            self.space.append(hp)
        else:
            self._asked_again(known, hp)
        if not self.is_active(hp):
            return None  # so that nobody relies on it
        if hp.name not in self.values:
            found = [key for key in (hp.long, hp.short) if key in self.given]
            value = self.given[found[0]] if found and kind != "Fixed" else hp.default
            self.values[hp.name] = value
        return self.values[hp.name]

    def _asked_again(self, known: HyperParameter, hp: HyperParameter) -> None:
        """One is asked for again in the same `build`: the first range holds, as in KerasTuner."""


def _whole(name: str, value: Any) -> int:
    if int(value) != value:
        raise ValueError(f"{name}={value!r} must be a whole number")
    return int(value)


def _range(  # noqa: PLR0913, PLR0917
    kind: str, name: str, low: float, high: float, step: float | None, sampling: str | None
) -> dict[str, Any]:
    """A range as KerasTuner has it."""
    way, where = (sampling or "linear").lower(), f"hp.{kind}({name!r})"
    if low > high:
        raise ValueError(f"{where}: min_value={low} is greater than max_value={high}")
    if way not in SAMPLINGS:
        raise ValueError(f"{where}: sampling={sampling!r} is none of {', '.join(SAMPLINGS)}")
    if way != "linear" and low <= 0:
        raise ValueError(f"{where}: sampling={way!r} needs min_value above 0, and it is {low}")
    if step is not None and step <= (0 if way == "linear" else 1):
        least = (
            "above 0" if way == "linear" else f"above 1, since sampling={way!r} multiplies by it"
        )
        raise ValueError(f"{where}: step={step} must be {least}")
    return {"min_value": low, "max_value": high, "step": step, "sampling": way}


def _alike(name: str, values: Sequence[Any]) -> list[Any]:
    """Options of one type; booleans become whole numbers, as in KerasTuner."""
    options = list(values)
    if not options:
        raise ValueError(f"hp.Choice({name!r}) has no values")
    kinds = sorted({type(option).__name__ for option in options})
    if len(kinds) > 1:
        raise TypeError(f"hp.Choice({name!r}): its values differ in type ({', '.join(kinds)})")
    if not isinstance(options[0], str | int | float):
        raise TypeError(f"hp.Choice({name!r}): give numbers, texts or booleans, not {kinds[0]}")
    return [int(option) for option in options] if isinstance(options[0], int) else options


class HyperModel:
    """What a class extends that has `build(hp)`, and maybe `fit(hp, model, …)`."""

    def __init__(self, name: str | None = None, tunable: bool = True) -> None:
        self.name = name
        self.tunable = tunable

    def build(self, hp: HyperParameters) -> Any:
        """A compiled model; each class has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no build(self, hp)")

    def declare_hyperparameters(self, hp: HyperParameters) -> None:
        """May ask for hyperparameters before `build` does."""

    def fit(self, hp: HyperParameters, model: Any, *args: Any, **kwargs: Any) -> Any:
        """Train the model."""
        del hp
        return model.fit(*args, **kwargs)


class Objective:
    """What trials are compared by.

    Args:
        name: Such as "val_loss".
        direction: "min" or "max".
    """

    def __init__(self, name: str, direction: str) -> None:
        self.name, self.direction = name, direction


class Oracle:
    """What a tuner is told of its search.

    Args:
        objective: What trials are compared by.
        most: How many trials; of a `Hyperband`, how many epochs.
        named: All else.
    """

    third = "max_trials"

    def __init__(self, objective: Any = None, most: int | None = None, **named: Any) -> None:
        given = {"objective": objective, self.third: most, **named}
        self.told = {name: value for name, value in given.items() if value is not None}


class HyperbandOracle(Oracle):
    """The same, by epochs."""

    third = "max_epochs"


oracles = SimpleNamespace(
    **{
        f"{name}{end}": HyperbandOracle if name == "Hyperband" else Oracle
        for name in ("RandomSearch", "BayesianOptimization", "GridSearch", "Hyperband")
        for end in ("", "Oracle")
    }
)
"""`keras_tuner.oracles`, where they are called as the tuners are."""


class SearchReached(BaseException):
    """A file has come to its `tuner.search(…)`, which is not run; so what follows is not either.

    Attributes:
        tuner: Whose.
    """

    def __init__(self, tuner: "Tuner | None") -> None:
        super().__init__("tuner.search(…)")
        self.tuner = tuner


class Tuner:
    """Keeps what it is told, and searches nothing.

    Args:
        hypermodel: A function or `HyperModel`.
        objective: What trials are compared by.
        most: How many trials; of a `Hyperband`, how many epochs.
        named: All else.

    Attributes:
        hypermodel: As given.
        told: The other arguments, by name.
        searched: Arguments of `search` by name; None before it was called.
    """

    third = "max_trials"

    def __init__(
        self, hypermodel: Any = None, objective: Any = None, most: int | None = None, **named: Any
    ) -> None:
        oracle = named.pop("oracle", None)
        if isinstance(hypermodel, Oracle):  # `Tuner(oracle, hypermodel)`
            oracle, hypermodel, objective = hypermodel, objective, None
        given = {"objective": objective, self.third: most, **named}
        self.hypermodel = hypermodel
        self.told = {} if oracle is None else {**oracle.told}
        self.told |= {name: value for name, value in given.items() if value is not None}
        self.searched: dict[str, Any] | None = None

    def search(self, *args: Any, **named: Any) -> None:
        """Note what it was called with, and leave the file."""
        del args
        self.searched = named
        raise SearchReached(self)

    def search_space_summary(self, extended: bool = False) -> None:
        """Nothing: the page shows the space."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise SearchReached(self)


class Hyperband(Tuner):
    """The same, by epochs."""

    third = "max_epochs"


class RandomSearch(Tuner):
    """Keeps what it is told."""


class BayesianOptimization(Tuner):
    """Keeps what it is told."""


class GridSearch(Tuner):
    """Keeps what it is told."""


class FailedTrialError(Exception):
    """A trial that cannot be trained, as `build` may say."""


_HP: "WeakKeyDictionary[Any, HyperParameters]" = WeakKeyDictionary()
"""Model → what it was built with: `fit` may ask for more of it."""


class Built:
    """A function or hypermodel written for KerasTuner, called by values.

    Args:
        hypermodel: A function of `hp`, a hypermodel or its class.

    Attributes:
        hypermodel: Its instance, or the function.
        __name__: What messages call it.
    """

    def __init__(self, hypermodel: Any) -> None:
        self.hypermodel = hypermodel() if isinstance(hypermodel, type) else hypermodel
        self.__name__ = "build"

    @property
    def build(self) -> Callable[[Any], Any]:
        """What is given `hp`."""
        found: Callable[[Any], Any] = getattr(self.hypermodel, "build", self.hypermodel)
        return found

    @property
    def fits(self) -> bool:
        """Whether it brings a `fit` of its own."""
        fit = getattr(type(self.hypermodel), "fit", None)
        return fit is not None and fit.__module__.split(".")[0] != "keras_tuner" and (
            fit is not HyperModel.fit
        )  # fmt: skip

    def made(self, hp: HyperParameters) -> Any:
        """The model that `build` makes of `hp`."""
        declare = getattr(self.hypermodel, "declare_hyperparameters", None)
        if declare is not None:
            declare(hp)
        model = self.build(hp)
        try:
            _HP[model] = hp
        except TypeError:  # no model, which is told elsewhere
            return model
        return model

    def __call__(self, **values: Any) -> Any:
        """The model of these values."""
        return self.made(HyperParameters(values))

    def hypermodel_fit(
        self, model: Any, train: Any, validation: Any, epochs: int, callbacks: Any, **values: Any
    ) -> Any:
        """Train by its `fit`; as `Study(fit=…)`.

        Keras's `History` is left out: it fails in a loop by hand, which begins no training, and
        `model.fit` has its own.
        """
        hp = _HP.get(model) or HyperParameters(values)
        weights = getattr(train, "sample_weight", None)
        named = {
            "validation_data": tuple(validation),
            "callbacks": [c for c in callbacks if type(c).__name__ != "History"],
            **({} if "epochs" in hp.given else {"epochs": epochs}),  # else it asks for its own
            **({} if weights is None else {"sample_weight": weights}),
        }
        fit = self.hypermodel.fit
        with suppress(OSError):  # its text is not there: it says what it does
            if "verbose" not in inspect.getsource(fit):
                named["verbose"] = 0
        taken = inspect.signature(fit).parameters
        if not any(argument.kind is argument.VAR_KEYWORD for argument in taken.values()):
            named = {name: value for name, value in named.items() if name in taken}
        return fit(hp, model, *train, **named)


def __getattr__(name: str) -> Any:
    """A part of KerasTuner that is here, or what only the package itself has."""
    if name in PARTS:
        return sys.modules[__name__]
    if name.startswith("__"):
        raise AttributeError(name)
    if __name__ != "keras_tuner":
        try:
            return getattr(importlib.import_module("keras_tuner"), name)
        except ModuleNotFoundError:
            pass
    raise AttributeError(f"keras_tuner.{name} needs the package itself: pip install keras-tuner")


PARTS = ("tuners", "engine", "hypermodels", "hyperparameters", "errors")
if __name__ == "keras_tuner":  # beside train.py
    sys.modules |= {f"keras_tuner.{part}": sys.modules[__name__] for part in PARTS}
    sys.modules["keras_tuner.oracles"] = oracles  # type: ignore[assignment]
    __path__: list[str] = []
