"""Pictures as the pixel values of their files, from 0 to 255, for models that scale them inside."""

from dataclasses import replace

import numpy as np

from search.data.columns import Array
from search.data.dataset import Dataset

WHITE = 255
WHOLE = 1e-3
"""By which float32 may miss the whole number that a pixel was."""


def raw_pixels(x: Array) -> Array:
    """Values from 0 to 1 as those from 0 to 255, whole numbers where they were."""
    pixels = x * np.float32(WHITE)
    whole = np.rint(pixels)
    return whole if np.abs(pixels - whole).max(initial=0) < WHOLE else pixels


def with_raw_pixels(data: Dataset) -> Dataset:
    """The same rows; those from files of pictures with values from 0 to 255."""
    if not data.pictures or not isinstance(data.x, np.ndarray) or data.x.max(initial=0) > 1:
        return data
    return replace(data, x=raw_pixels(data.x))
