"""Windows of a series: rows that are made where they are read, and lie once in memory."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from search.data.array_like import ArrayLike
from search.study.errors import InputError

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Windows(ArrayLike):
    """Windows of a series; takes the place of an array of features.

    Sent to workers as it is: the series once, and where each window ends. A window shares all steps
    but one with the next, so that the rows in memory would be the series times the window.

    Attributes:
        values: Of all steps, one group after the other, float32, shape (steps, features).
        ends: Of each window the place behind its last step, int64, shape (rows,).
        window: Steps of each.
    """

    values: Array
    ends: Array
    window: int

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array: (rows, window, features)."""
        return (len(self.ends), self.window, self.values.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """As of an array."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, places: "slice | Array") -> Array:
        """These windows, made now, shape (rows, window, features)."""
        views = np.lib.stride_tricks.sliding_window_view(self.values, self.window, axis=0)
        made: Array = views[self.ends[places] - self.window].swapaxes(1, 2)
        return np.ascontiguousarray(made)

    def taken(self, places: Array) -> "Windows":
        """Some of the windows, still not made."""
        return replace(self, ends=self.ends[places])

    def of_length(self, window: int) -> "Windows":
        """Shorter windows that end where these do.

        Raises:
            InputError: They would be longer, or of no step.
        """
        if not 0 < window <= self.window:
            raise InputError(
                f"window={window}",
                f"windows of this series are of 1 to {self.window} steps",
                f"give series(window={window}) if it shall be the longest",
            )
        return replace(self, window=window)
