"""Pictures for a model that was trained on a folder of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from search.study.data.pictures import ENDINGS, as_values, pictures_in, read_picture
from search.study.data.places import check_file, shown
from search.study.dataset import Array
from search.study.errors import InputError

MOST_BYTES = 1 << 32
"""Of all pictures together, as float32."""


def is_picture_file(path: Path) -> bool:
    """Whether a file is a picture, by its name."""
    return path.suffix.lower() in ENDINGS


def picture_files(paths: Sequence[Path]) -> list[Path]:
    """Each picture that was given, and all in the folders, with or without a folder a class.

    Raises:
        InputError: One is no picture, or a folder has none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = list(pictures_in(path))
            if not inside:
                raise InputError(
                    f"{shown(path)}: there is no picture in it ({', '.join(ENDINGS[:4])} …)"
                )
            found += inside
            continue
        check_file(path)
        if not is_picture_file(path):
            raise InputError(
                f"{shown(path)}: this is no picture by its name ({', '.join(ENDINGS[:4])} …); give "
                "pictures or folders of them alone"
            )
        found.append(path)
    return found


def new_pictures(files: Sequence[Path], shape: tuple[int, ...]) -> Array:
    """Read pictures as those that a model was trained on.

    Args:
        files: Of pictures.
        shape: Of one row: height, width and channels.

    Returns:
        float32 from 0 to 1, shape (pictures, *shape).

    Raises:
        InputError: One is no whole picture, or in colour where all that trained were grey; or they
            are too many for the memory.
    """
    height, width, channels = shape
    if 4 * len(files) * height * width * channels > MOST_BYTES:
        raise InputError(
            f"{len(files):,} pictures of {height}×{width} are more than are read at once; give "
            "some of them, folder by folder"
        )
    x = np.empty((len(files), *shape), np.uint8)
    for row, file in enumerate(files):
        picture = read_picture(file, (height, width))
        if picture.shape[2] > channels:
            if (picture != picture[:, :, :1]).any():
                raise InputError(
                    f"{shown(file)}: it is in colour, and the model was trained on grey pictures; "
                    "convert it"
                )
            picture = picture[:, :, :1]  # grey, though written with three channels
        x[row] = picture  # one channel is told to all three
    return as_values(x)
