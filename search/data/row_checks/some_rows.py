"""Some rows of each part as numbers, so that checks of a large table take no longer."""

from dataclasses import dataclass

import numpy as np

from search.data.columns import Array
from search.data.dataset import Dataset
from search.data.rows_in_file import RowsOnDemand
from search.data.split import Parts

TRAIN, HELD_OUT = 6_000, 800
"""Rows at most."""
FEATURES = 200
"""At most, drawn where there are more, as of pictures."""


@dataclass(frozen=True, eq=False)
class SomeRows:
    """Rows of two parts, drawn where there are many.

    Attributes:
        train: Features of rows that train, float32, shape (rows, features).
        held_out: Of rows that are held out.
        numbers: Of the rows of both parts among all.
        owners: The column, or the feature, that each feature is of.
        names: Of those.
    """

    train: Array
    held_out: Array
    numbers: tuple[Array, Array]
    owners: Array
    names: tuple[str, ...]

    @classmethod
    def of(cls, data: Dataset, parts: Parts) -> "SomeRows | None":
        """Drawn from a fixed seed.

        Returns:
            None of texts, series, streams, and of rows that are read on demand or have several
            inputs.
        """
        if data.series is not None or data.given.stream is not None or not parts.numbers:
            return None
        draw = np.random.default_rng(0)
        numbers = _some(draw, parts.numbers[0], TRAIN), _some(draw, parts.numbers[2], HELD_OUT)
        if data.columns is not None and parts.preparation is not None:
            steps = parts.preparation.steps
            owners = np.repeat(np.arange(len(steps)), [len(step.names) for step in steps])
            names = tuple(step.name for step in steps)
            columns = data.columns
            prepared = parts.preparation
            x = [prepared.features(columns.take(rows)) for rows in numbers]
        elif isinstance(data.x, np.ndarray) and data.x.dtype.kind in "fiub":
            x = [data.x[rows].reshape(len(rows), -1) for rows in numbers]
            owners = np.arange(x[0].shape[1])
            names = _names(data.feature_names, data.x.shape[1:])
        else:
            return None
        assert not isinstance(data.x, RowsOnDemand)  # noqa: S101 - for mypy
        kept = _some(draw, np.arange(x[0].shape[1]), FEATURES)
        if not len(kept):
            return None
        train, held_out = (np.asarray(part[:, kept], np.float32) for part in x)
        return cls(train, held_out, numbers, owners[kept], names)


def _names(features: tuple[str, ...], shape: tuple[int, ...]) -> tuple[str, ...]:
    """Of rows with more than one axis the place of each value, such as "x[:, 0, 4]"."""
    if len(shape) == 1:
        return features
    return tuple(f"x[:, {', '.join(map(str, place))}]" for place in np.ndindex(shape))


def _some(draw: np.random.Generator, values: Array, most: int) -> Array:
    if len(values) <= most:
        return values
    return np.sort(draw.choice(values, most, replace=False))
