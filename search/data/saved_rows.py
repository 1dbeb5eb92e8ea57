"""Rows that a study of a notebook or a script had in memory."""

from dataclasses import dataclass
from importlib import import_module

from search.data.dataset import Dataset


@dataclass(frozen=True)
class SavedRows:
    """The rows' own source, kept in a module beside the space file that only `load` imports.

    Attributes:
        module: Its name; it has the source as `data`.
        description: Of the source.
    """

    module: str
    description: str

    def load(self) -> Dataset:
        """Load by the source that was saved."""
        found: Dataset = import_module(self.module).data.load()
        return found

    def __str__(self) -> str:
        return self.description
