"""What takes the place of an array of rows that has no room, or is not made yet."""

from math import prod
from typing import Any, Protocol

import numpy as np


class ArrayLike(Protocol):
    """What follows from shape and type, as of an array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """As of an array."""
        ...

    @property
    def ndim(self) -> int:
        """As of an array."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """As of an array."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """As of an array."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]
