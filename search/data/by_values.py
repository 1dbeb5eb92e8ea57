"""Rows that depend on some of a trial's values, such as a window or an augmentation."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from search.data.dataset import Data
from search.study.parameters import Parameter, Value


@runtime_checkable
class DataByValues(Data, Protocol):
    """A source whose rows a worker makes for a trial's values; see `training/rows_by_values.py`."""

    def takes(self, names: Iterable[str]) -> frozenset[str]:
        """Which of these hyperparameters its rows depend on."""
        ...


def taken_by_data(data: Data, names: Iterable[str]) -> frozenset[str]:
    """Which hyperparameters a study's rows depend on; none of most sources."""
    return data.takes(names) if isinstance(data, DataByValues) else frozenset()


def values_of_data(data: Data) -> Mapping[str, Parameter | Value]:
    """Hyperparameters that a source says itself, searched or fixed: of a series its window."""
    found: Mapping[str, Parameter | Value] = getattr(data, "values", {})
    return found


def needed_by_data(data: Data) -> Sequence[str]:
    """Hyperparameters without which a source has no rows: of streams, arguments of `make`."""
    found: Sequence[str] = getattr(data, "needed", ())
    return found
