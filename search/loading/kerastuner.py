"""`Study(model=kerastuner(build))`: a file written for KerasTuner, and what it searches."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from search.loading.explored import Explored, explored, options_of, searched, told
from search.loading.stand_in_keras_tuner import Built, HyperParameter
from search.study.arguments import EPOCHS
from search.study.brings_space import BringsSpace
from search.study.errors import InputError
from search.study.parameters import Value
from search.study.plain_text import brief


def kerastuner(hypermodel: Any) -> BringsSpace:
    """A model written for KerasTuner, for `Study(model=…)`: it brings its own space.

    KerasTuner need not be installed. `build` is called some times before the search, to find out
    what it asks for: with all at its default, and with each hyperparameter that may decide on
    others at other values. What shows only later is at its default. A `fit` of a hypermodel trains
    in the place of `model.fit`, and gets `x, y, validation_data, epochs, callbacks`.

    Args:
        hypermodel: `build(hp)`, a `keras_tuner.HyperModel`, or a class of its own with `build`.

    Raises:
        InputError: It is none of these.
    """
    return KerasTunerModel(hypermodel)


class KerasTunerModel(Built, BringsSpace):
    """A function or hypermodel, as the model of a study.

    Args:
        hypermodel: As of `kerastuner`.

    Raises:
        InputError: It is none.
    """

    def __init__(self, hypermodel: Any) -> None:
        where = f"kerastuner({brief(hypermodel)})"
        build = getattr(hypermodel, "build", hypermodel)
        if not callable(build):
            raise InputError(where, fix="give build, a function of hp, or a HyperModel")
        try:
            super().__init__(hypermodel)
        except TypeError as error:
            raise InputError(
                where, f"the class cannot be called without arguments ({error})", "give an instance"
            ) from None
        self.fit = HypermodelFit(self) if self.fits else None
        self._explored: Explored | None = None

    def explore(self, few: tuple[Any, Any] | None = None) -> None:
        """As in `BringsSpace`."""
        if self._explored is None:
            self._explored = explored(self, few)

    @property
    def longest(self) -> int | None:
        """As in `BringsSpace`."""
        entries = () if self._explored is None else self._explored.entries
        own = [hp for hp, name, _ in entries if name == EPOCHS]
        return max((max(options_of(hp) or [hp.config["max_value"]]) for hp in own), default=None)

    @property
    def found(self) -> Mapping[str, str]:
        """As in `BringsSpace`."""
        entries = () if self._explored is None else self._explored.entries
        return {name: told(hp, asked) for hp, name, asked in entries if searched(hp)}

    @property
    def notes(self) -> Sequence[str]:
        """As in `BringsSpace`."""
        return () if self._explored is None else self._explored.notes

    def suggest(self, trial: Any) -> None:
        """Ask for what is active, in the order in which `build` does."""
        self.explore()
        assert self._explored is not None  # noqa: S101 - for mypy
        values: dict[str, Any] = {}
        found: dict[Any, Any] = {}
        for hp, name, conditions in self._explored.entries:
            declared = all(condition.is_active(values) for condition in hp.conditions)
            if declared and all(condition.holds(found) for condition in conditions):
                values[hp.name] = found[hp.key] = drawn(trial, name, hp)


class HypermodelFit:
    """The `fit` of a hypermodel, as `Study(fit=…)`; messages call it by its class.

    Args:
        built: Of the hypermodel.

    Attributes:
        built: The same.
    """

    has_own_epochs = True
    """KerasTuner lets a `fit` train for as many epochs as it likes, and report what it likes."""

    def __init__(self, built: Built) -> None:
        self.built = built
        self.__name__ = f"{type(built.hypermodel).__name__}.fit"

    def __call__(
        self, model: Any, train: Any, validation: Any, epochs: int, callbacks: Any, **values: Any
    ) -> Any:
        """Train; as `Built.hypermodel_fit`."""
        return self.built.hypermodel_fit(model, train, validation, epochs, callbacks, **values)


def drawn(trial: Any, name: str, hp: HyperParameter) -> Value:
    """A value that a trial suggests; what has one alone is not searched.

    Args:
        trial: Optuna's, or one that stands in for it.
        name: Of it in the study.
        hp: Its range.
    """
    options = options_of(hp)
    if options is not None:
        if len(options) < 2:
            return cast("Value", options[0])
        chosen: Value = trial.suggest_categorical(name, options)
        return chosen
    low, high, step = (hp.config[key] for key in ("min_value", "max_value", "step"))
    # Optuna has no scale that is logarithmic from the upper end: that is drawn evenly.
    log = hp.config["sampling"] == "log"
    by = {} if step is None or log else {"step": step}
    if by:
        high = low + step * math.floor((high - low) / step + 1e-9)
    if low == high:
        return cast("Value", low)
    suggest = trial.suggest_int if hp.kind == "Int" else trial.suggest_float
    return cast("Value", suggest(name, low, high, log=log, **by))
