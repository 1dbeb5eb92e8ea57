"""Rows from your own function."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from search.data.by_values import DataByValues
from search.data.dataset import Data, Dataset
from search.data.paths import folder_of_paths, relative_to
from search.study.errors import InputError, plain

AS_STREAM = "write data=streams(make) in the study itself, where make() returns it"


def is_pipeline(value: object) -> bool:
    """Whether this is a `tf.data.Dataset`, which has a `load` of another kind, or a `PyDataset`."""
    names = {(of.__module__.partition(".")[0], of.__name__) for of in type(value).__mro__}
    return bool(names & {("tensorflow", "DatasetV2"), ("keras", "PyDataset")})


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
                where = f"data={self._name}{self._line(error)}"
                raise InputError(where, f"it failed ({plain(error)})", "fix it") from error
            if is_pipeline(made):
                kind = f"it returned a {type(made).__name__}, whose batches come as a stream"
                raise InputError(f"data={self._name}", kind, AS_STREAM)
            if isinstance(made, DataByValues) and not isinstance(made, type):
                kind = type(made).__name__.lower()
                raise InputError(
                    f"data={self._name}",
                    f"it returned {kind}(…), whose rows depend on hyperparameters, and a "
                    "function has none",
                    f"write data={kind}(…) in the study itself",
                )
            if isinstance(made, Data) and not isinstance(made, type):
                return made.load()
        if not isinstance(made, Dataset):
            raise InputError(
                f"data={self._name}",
                f"it returned a {type(made).__name__}",
                "return arrays(x, y) or another source of rows",
            )
        return made

    def _line(self, error: Exception) -> str:
        """The deepest line of the function's own file that an error went through."""
        file = getattr(getattr(self.function, "__code__", None), "co_filename", None)
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == file]
        return f", line {lines[-1]}" if lines else ""

    @property
    def _name(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    def __str__(self) -> str:
        return f"rows of {self._name}()"
