"""Rows that a study of a notebook or a script had in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

from search.data.dataset import Dataset
from search.study.parameters import Parameter, Value


@dataclass(frozen=True)
class SavedRows:
    """The rows' own source, kept in a module beside the space file that only `load` imports.

    Attributes:
        module: Its name; it has the source as `data`.
        description: Of the source.
        values: Hyperparameters that the source says itself, as by `values_of_data`.
    """

    module: str
    description: str
    values: Mapping[str, Parameter | Value] = field(default_factory=dict)

    def load(self) -> Dataset:
        """Load by the source that was saved."""
        found: Dataset = import_module(self.module).data.load()
        return found

    def takes(self, names: Iterable[str]) -> frozenset[str]:
        """Which of these its rows depend on."""
        return frozenset(names) & self.values.keys()

    def __str__(self) -> str:
        return self.description
