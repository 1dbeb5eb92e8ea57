"""Rows from a function of the person's own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from search.data.dataset import Data, Dataset
from search.data.paths import folder_of_paths, relative_to
from search.study.errors import InputError, plain


@dataclass(frozen=True, eq=False)
class Called:
    """A function that takes nothing and returns a `Dataset`, or another source of rows.

    Attributes:
        function: Called at each `load`.
        folder: Where relative paths in it begin: where they did as the space file was read.
    """

    function: Callable[[], Any]
    folder: Path | None = field(default_factory=folder_of_paths)

    def load(self) -> Dataset:
        """Call it."""
        with relative_to(self.folder):
            try:
                made = self.function()
            except InputError:
                raise
            except Exception as error:
                raise InputError(
                    f"data={self._name}", f"it failed ({plain(error)})", "fix it"
                ) from error
            if isinstance(made, Data) and not isinstance(made, type):
                return made.load()
        if not isinstance(made, Dataset):
            raise InputError(
                f"data={self._name}",
                f"it returned a {type(made).__name__}",
                "return a Dataset, such as arrays(x, y).load()",
            )
        return made

    @property
    def _name(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    def __str__(self) -> str:
        return f"rows of {self._name}()"
