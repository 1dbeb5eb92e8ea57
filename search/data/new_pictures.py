"""Pictures for a model that was trained on a folder of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from search.data.paths import check_file, shown
from search.data.picture_file import ReadPicture, read_pictures
from search.data.pictures import ENDINGS, pictures_in
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
                known = ", ".join(ENDINGS[:4])
                raise InputError(
                    shown(path), f"there is no picture in it ({known} …)", "name another folder"
                )
            found += inside
            continue
        check_file(path)
        if not is_picture_file(path):
            raise InputError(
                shown(path),
                f"this is not a picture by its name ({', '.join(ENDINGS[:4])} …)",
                "give pictures or folders of them alone",
            )
        found.append(path)
    return found


def new_pictures(
    files: Sequence[Path], shape: tuple[int, ...], *, skip_broken: bool = False
) -> ReadPicture:
    """Read pictures as those that a model was trained on.

    Args:
        files: Of pictures.
        shape: Of one row: height, width and channels.
        skip_broken: Leave out what is no whole picture, with a note.

    Raises:
        InputError: Some are incomplete pictures, or one is in colour where all that trained were
            grey; or they are too many for the memory.
    """
    height, width, channels = shape
    if 4 * len(files) * height * width * 3 > MOST_BYTES:
        raise InputError(
            shown(files[0]),
            f"with it {len(files):,} pictures of {height}×{width} are more than are read at once",
            "give some of them, folder by folder",
        )
    option = "skip_broken=True"
    read = read_pictures(files, (height, width), skip_broken=skip_broken, option=option)
    coloured = np.flatnonzero((read.x != read.x[..., :1]).any(axis=(1, 2, 3)))
    if channels == 1 and len(coloured):
        raise InputError(
            shown(read.files[coloured[0]]),
            "it is in colour, and the model was trained on grey pictures",
            "convert it",
        )
    x = read.x[..., :1] if channels == 1 else np.broadcast_to(read.x, (len(read.x), *shape))
    return replace(read, x=np.ascontiguousarray(x))
