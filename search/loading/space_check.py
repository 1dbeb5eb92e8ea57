"""A space, tried out before anything starts: what it asks for, and a few of its configurations."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from search.study.arguments import EPOCHS, LOOP, TRAIN, arguments_of, check_epochs
from search.study.brings_space import BringsSpace
from search.study.class_weights import CLASS_WEIGHT, NONE, check_class_weight
from search.study.errors import InputError
from search.study.parameters import Choice, Float, Int, Value
from search.study.study import Study

PROBES = 20
MOST = 12
"""Configurations that are tried before the first trial, at most."""
HIGHEST = 1 - 1e-9


class Probe:
    """Answers Optuna's `trial.suggest_*`, and keeps what was asked.

    Args:
        seed: Of values drawn evenly.
        share: Instead: the place of all values in their ranges, 0 ≤ share < 1.

    Attributes:
        params: Name → value.
    """

    def __init__(self, seed: int = 0, share: float | None = None) -> None:
        draw = np.random.default_rng(seed)
        self._share: Callable[[], float] = draw.random if share is None else lambda: share
        self.params: dict[str, Value] = {}

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """A whole number; one alone where both ends are the same."""
        value = low if low == high else Int(low, high, step=step, log=log).at(self._share())
        self.params[name] = value
        return value

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A number; `step` changes what Optuna draws, not the names that are asked for."""
        del step
        value = low if low == high else Float(low, high, log=log).at(self._share())
        self.params[name] = value
        return value

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of the choices."""
        value = Choice(*choices).at(self._share())
        self.params[name] = value
        return value


def probe(study: Study) -> None:
    """Ask a conditional space several times; a declared one is known already.

    Raises:
        InputError: It asks nothing, or for what `model` does not take.
        Exception: Whatever your function raises.
    """
    if not callable(study.space) or study.model is None or isinstance(study.model, BringsSpace):
        return
    for seed in range(PROBES):
        trial = Probe(seed)
        study.space(trial)
        _compare(study, trial.params)
        check_epochs(trial.params.get(EPOCHS, 1), study.budget.epochs)
        check_class_weight([trial.params.get(CLASS_WEIGHT, NONE)])


def configurations(study: Study) -> list[dict[str, Value]]:
    """A few configurations of a space, each with all its values: at most `MOST`.

    The middle comes first, then the low ends, each option of a choice that neither has, and the
    high ends. Of a conditional space the same, with draws in the place of the options.
    """
    found: list[dict[str, Value]] = []
    tried = _asked(study) if callable(study.space) else _declared(study)
    for values in tried:
        if {**study.fixed, **values} not in found:
            found.append({**study.fixed, **values})
    return found if len(found) <= MOST else [*found[: MOST - 1], found[-1]]


def _declared(study: Study) -> Iterator[dict[str, Value]]:
    parameters = study.parameters
    middle, low, high = (
        {name: parameter.at(share) for name, parameter in parameters.items()}
        for share in (0.5, 0.0, HIGHEST)
    )
    yield middle
    yield low
    for name, parameter in parameters.items():
        for option in parameter.options if isinstance(parameter, Choice) else ():
            if option not in (middle[name], low[name]):
                yield {**middle, name: option}
    yield high


def _asked(study: Study) -> Iterator[dict[str, Value]]:
    draws = [Probe(seed) for seed in range(MOST - 3)]
    for trial in (Probe(share=0.5), Probe(share=0.0), *draws, Probe(share=HIGHEST)):
        study.space(trial)  # type: ignore[operator]
        yield trial.params


def _compare(study: Study, params: dict[str, Value]) -> None:
    if not params:
        raise InputError(
            "space", "the function asks for no parameter", "call trial.suggest_* in it"
        )
    study.check_taken(params)
    for function in study.takers:
        given = LOOP if function is study.fit else (TRAIN,) if function is study.model else ()
        for name, argument in arguments_of(function)[0].items():
            if argument.default is argument.empty and name not in {*params, *given}:
                raise InputError(
                    f"{getattr(function, '__name__', 'model')}({name})",
                    f"the space does not always ask for {name!r}",
                    "give it a default there",
                )
