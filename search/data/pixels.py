"""Pictures as the pixel values of their files, from 0 to 255, for models that scale them inside."""

from dataclasses import replace

import numpy as np

from search.data.columns import Array
from search.data.dataset import Dataset
from search.data.rows_in_file import whole

WHITE = 255
WHOLE = 1e-3
"""By which float32 may miss the whole number that a pixel was."""


def raw_pixels(x: Array) -> Array:
    """Values from 0 to 1 as those from 0 to 255, uint8 where they were."""
    pixels = x * np.float32(WHITE)
    rounded = np.rint(pixels)
    is_whole = np.abs(pixels - rounded).max(initial=0) < WHOLE
    return rounded.astype(np.uint8) if is_whole and pixels.size else pixels


def with_raw_pixels(data: Dataset) -> Dataset:
    """The same rows; those from files of pictures with values from 0 to 255."""
    if not data.pictures:
        return data
    x = whole(data.x)
    return data if x.max(initial=0) > 1 else replace(data, x=raw_pixels(x))
