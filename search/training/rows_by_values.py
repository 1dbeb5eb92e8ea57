"""The rows of a configuration, where they depend on its values: made on the worker."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from search.data.dataset import Data
from search.data.rows_in_file import Features
from search.data.streams import Streams
from search.study.parameters import Value
from search.training.engine import TrainingRows

R = TypeVar("R", bound=TrainingRows)


class RowsByValues(Protocol):
    """Makes a worker's rows; one for each worker, which may keep what it has made."""

    def rows_for(self, rows: R, values: Mapping[str, Value], fresh: int | None) -> R:
        """The rows that a configuration is trained on, with their shape.

        Args:
            rows: As the driver sent them.
            values: Those that the source takes.
            fresh: Seed of a fit of the finals, which shares nothing with trainings before it; None
                for a trial, for which what was made of the same values does.
        """
        ...

    def inputs_for(
        self, inputs: Mapping[str, Features], values: Mapping[str, Value]
    ) -> Mapping[str, Features]:
        """Rows that a model is asked about, "held_out" among them, as it takes them.

        Args:
            inputs: Name → as the driver sent them.
            values: Those that the source takes.
        """
        ...


def maker_of(data: Data) -> RowsByValues | None:
    """What makes a source's rows by values; None of a source whose rows are the same for all."""
    if isinstance(data, Streams):
        from search.training.stream_rows import StreamRows

        return StreamRows(data)
    return None
