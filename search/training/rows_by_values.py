"""The rows of a configuration, where they depend on its values: made on the worker."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from search.data.by_values import values_of_data
from search.data.dataset import Data
from search.data.rows_in_file import Features, whole
from search.data.series import WINDOW
from search.data.streams import Streams
from search.data.windows import Windows
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
    return WindowsByValue() if WINDOW in values_of_data(data) else None


class WindowsByValue:
    """Makes windows of a series as long as a configuration says, and keeps those made last.

    All end at the same steps, those at which the longest has room, and so all windows have the
    same targets.
    """

    def __init__(self) -> None:
        self._made: tuple[object, object, Any] = (None, None, None)

    def rows_for(self, rows: R, values: Mapping[str, Value], fresh: int | None) -> R:
        """As in `RowsByValues`; nothing of them is drawn."""
        del fresh
        window = values.get(WINDOW)
        if self._made[:2] != (rows, window):
            train, validation = (
                replace(part, x=_windows(part.x, window)) for part in (rows.train, rows.validation)
            )
            shape = replace(rows.shape, features=train.x.shape[1:], ranges=())
            made = replace(rows, train=train, validation=validation, shape=shape)
            self._made = (rows, window, made)
        found: R = self._made[2]
        return found

    def inputs_for(
        self, inputs: Mapping[str, Features], values: Mapping[str, Value]
    ) -> Mapping[str, Features]:
        """As in `RowsByValues`."""
        window = values.get(WINDOW)
        return {name: _windows(x, window) for name, x in inputs.items()}


def _windows(x: Features, window: Value) -> Features:
    """The last steps of each window, made."""
    if isinstance(window, int):
        x = x.of_length(window) if isinstance(x, Windows) else whole(x)[:, -window:]
    return whole(x)
