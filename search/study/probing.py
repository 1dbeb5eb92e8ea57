"""A conditional space, tried out before anything starts."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from search.study.class_weights import CLASS_WEIGHT, NONE, check_class_weight
from search.study.errors import InputError
from search.study.parameters import Choice, Float, Int, Value, near
from search.study.study import READ_HERE, Build, Study

PROBES = 20


class Probe:
    """Answers Optuna's `trial.suggest_*` with values drawn evenly, and keeps what was asked.

    Attributes:
        params: Name → value.
    """

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)
        self.params: dict[str, Value] = {}

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """A whole number; one alone where both ends are the same."""
        value = low if low == high else Int(low, high, step=step, log=log).at(self._draw.random())
        self.params[name] = value
        return value

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A number; `step` changes what Optuna draws, not the names that are asked for."""
        del step
        value = low if low == high else Float(low, high, log=log).at(self._draw.random())
        self.params[name] = value
        return value

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of the choices."""
        value = Choice(*choices).at(self._draw.random())
        self.params[name] = value
        return value


def probe(study: Study) -> None:
    """Ask a conditional space several times; a declared one is known already.

    Raises:
        InputError: It asks nothing, or for what `model` does not take.
        Exception: Whatever the person's function raises.
    """
    if not callable(study.space) or study.model is None:
        return
    for seed in range(PROBES):
        trial = Probe(seed)
        study.space(trial)
        _compare(study.model, trial.params)
        check_class_weight([trial.params.get(CLASS_WEIGHT, NONE)])


def _compare(model: Build, params: dict[str, Value]) -> None:
    called = getattr(model, "__name__", "model")
    arguments = inspect.signature(model).parameters
    if not params:
        raise InputError("space: the function asks for no parameter; call trial.suggest_* in it")
    takes_all = any(a.kind is a.VAR_KEYWORD for a in arguments.values())
    for name in params:
        if name not in arguments and not takes_all and name not in READ_HERE:
            raise InputError(
                f"space: {name!r} is no argument of {called}({', '.join(arguments)})"
                f"{near(name, arguments)}"
            )
    for name, argument in arguments.items():
        needed = argument.default is argument.empty and argument.kind not in (
            argument.VAR_KEYWORD,
            argument.VAR_POSITIONAL,
        )
        if needed and name not in params:
            raise InputError(
                f"{called}({name}): the space does not always ask for {name!r}; "
                f"give it a default there"
            )
