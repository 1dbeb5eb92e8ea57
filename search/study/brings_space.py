"""A model that says itself what is searched, as files written for KerasTuner do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any


class BringsSpace(ABC):
    """What `Study(model=…)` takes without a `space`.

    Attributes:
        fit: Trains its models in the place of `model.fit`; None where it has none.
    """

    fit: Callable[..., Any] | None = None

    @abstractmethod
    def __call__(self, **values: Any) -> Any:
        """A compiled model of these values."""

    @property
    @abstractmethod
    def longest(self) -> int | None:
        """The most epochs that its space asks for; None where it does not say."""

    @property
    @abstractmethod
    def found(self) -> Mapping[str, str]:
        """Of each hyperparameter that is searched, its range and when it is asked for."""

    @property
    @abstractmethod
    def notes(self) -> Sequence[str]:
        """What should be known of how the space was found."""

    @abstractmethod
    def explore(self, few: tuple[Any, Any] | None = None) -> None:
        """Find out what is searched, once: needs Keras, and happens on the driver alone.

        Args:
            few: Some rows and their targets, for a `fit`; None where rows are no arrays.

        Raises:
            InputError: It cannot be searched.
            Exception: Whatever your own code raises.
        """

    @abstractmethod
    def suggest(self, trial: Any) -> None:
        """A conditional space: asks an Optuna trial for its values."""
