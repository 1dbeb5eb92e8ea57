"""A study of a function: it takes a trial, trains whatever it likes, and returns a number."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NoReturn

from search.data.dataset import Data
from search.study.budget import Budget
from search.study.errors import ArgumentError, InputError
from search.study.parameters import one_of
from search.study.plain_text import brief
from search.study.study import Study

FUNCTION: Final = "function"
"""What such a space, its engine and its task are called in a run."""


MODEL: Final = ".keras"
CHECKPOINT: Final = ".zip"
"""Of files that trials leave: a Keras model, or the packed folder of a checkpoint of Ray Tune's."""


class FunctionMistakeError(ValueError):
    """What is wrong in a function itself, so that each of its trials would fail by it."""


@dataclass(frozen=True, eq=False)
class Left:
    """A file of a trial of a function: what the function left of it.

    Attributes:
        suffix: `MODEL` or `CHECKPOINT`.
        content: All of the file; empty where there is none.
        why_none: Why there is none, though something was left; else empty.
    """

    suffix: str
    content: bytes = b""
    why_none: str = ""


class NoRows(Data):
    """Rows that only the function itself knows."""

    def load(self) -> NoReturn:
        """There are none.

        Raises:
            InputError: Always.
        """
        raise InputError(
            "data",
            "a function that was written for Optuna or Ray Tune has its own rows, so there is "
            "nothing to check or to predict",
            "`search try` calls it once, and `search run` searches it",
        )

    def __str__(self) -> str:
        return "rows of its own"


@dataclass(frozen=True)
class FunctionStudy(Study):
    """A search of a function of yours; made by `optuna_objective` or `tune_trainable`.

    Of a study of Keras models it has the budget, the direction, the seed and what follows from
    these. It has no rows, so there are no finals and no held-out score; what trials leave is kept
    of as many as finals would have.

    Attributes:
        function: Takes an Optuna trial and returns the value.
        sampler_object: Optuna's, which suggests; None for a `TPESampler` of the study's seed.
        pruner_object: Optuna's, which answers `should_prune`; None for a `MedianPruner`.
    """

    data: Data = NoRows()  # noqa: RUF009 - it has no state
    budget: Budget = Budget()  # noqa: RUF009 - it is frozen
    function: Callable[[Any], Any] | None = None
    sampler_object: Any = None
    pruner_object: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.budget, Budget):
            raise InputError(f"budget={brief(self.budget)}", fix="give Budget(trials=…)")
        if self.budget.has_usual_epochs:
            object.__setattr__(self, "budget", replace(self.budget, epochs=1, patience=None))
        if self.budget.epochs != 1 or self.budget.patience is not None:
            raise ArgumentError(
                "epochs", self.budget.epochs, "a function decides itself how long it runs",
                "leave it out",
            )  # fmt: skip
        if self.engine != "auto":
            raise ArgumentError(
                "engine", self.engine, "a function trains by itself", "leave it out"
            )
        one_of("direction", self.direction, ("maximize", "minimize"))
        for name, usual in {"sampler": "TPESampler", "pruner": "MedianPruner"}.items():
            theirs = getattr(self, f"{name}_object")
            object.__setattr__(self, name, usual if theirs is None else type(theirs).__name__)

    @property
    def conditional(self) -> bool:
        """False: its parameters show only as it asks for them, and no driver asks."""
        return False

    @property
    def kind(self) -> Literal["function"]:
        """As in `Study`."""
        return FUNCTION

    @property
    def parameters(self) -> dict[str, Any]:
        """None is known before it is called."""
        return {}

    @property
    def fixed(self) -> dict[str, Any]:
        """None is known before it is called."""
        return {}

    @property
    def size(self) -> float:
        """Infinity: nobody counts its configurations."""
        return math.inf
