"""Rows from a folder of pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import psutil

from search.study.data.places import check_folder, located, shown
from search.study.dataset import Array, Data, Dataset
from search.study.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
GREY = {"1", "L", "LA", "I", "I;16", "F"}


@dataclass(frozen=True)
class Pictures:
    """A folder a class.

    Attributes:
        folder: That has the classes' folders.
        size: Height and width that all are brought to.
    """

    folder: Path
    size: tuple[int, int]

    def load(self) -> Dataset:
        """Read all pictures: one channel where all are grey, else three; values from 0 to 1."""
        classes = self._classes()
        files = [(file, code) for code, group in enumerate(classes.values()) for file in group]
        self._check_fit(len(files))
        opened = [read_picture(file, self.size) for file, _ in files]
        grey = all(picture.shape[2] == 1 for picture in opened)
        x = np.empty((len(files), *self.size, 1 if grey else 3), np.uint8)
        for row, picture in enumerate(opened):
            x[row] = picture  # one channel is told to all three
        y = np.array([code for _, code in files], np.int32)
        return Dataset(as_values(x), y, tuple(classes), pictures=True)

    def _classes(self) -> dict[str, list[Path]]:
        """Class → its pictures, both by name."""
        check_folder(self.folder)
        folders = [f for f in sorted(self.folder.iterdir()) if f.is_dir() and f.name[0] != "."]
        classes = {folder.name: list(pictures_in(folder)) for folder in folders}
        if len(classes) < 2:
            raise InputError(
                f"{shown(self.folder)}: it has {len(classes)} folder{'s' * (len(classes) != 1)}; "
                "give one for each class, two or more, with pictures in it"
            )
        for name, pictures in classes.items():
            if not pictures:
                raise InputError(
                    f"{shown(self.folder / name)}: there is no picture in it "
                    f"({', '.join(ENDINGS[:4])} …); add some or take the folder away"
                )
            if len(pictures) == 1:
                raise InputError(
                    f"{shown(self.folder / name)}: it has one picture, and each part needs one; "
                    "add some or take the folder away"
                )
        return classes

    def _check_fit(self, count: int) -> None:
        """Refuse what would not fit: as bytes, and then as float32 of up to three channels."""
        needed = count * self.size[0] * self.size[1] * 3 * 5
        free = psutil.virtual_memory().available
        if needed > free:
            raise InputError(
                f"{shown(self.folder)}: {count:,} pictures of {self.size[0]}×{self.size[1]} take "
                f"{needed / 1e9:,.1f} GB of memory, and {free / 1e9:,.1f} GB are free; give a "
                "smaller size=, or write them into x.npy and y.npy by numpy.save and use "
                'arrays("x.npy", "y.npy"), which reads them batch by batch'
            )

    def __str__(self) -> str:
        return f"pictures {shown(self.folder)}, {self.size[0]}×{self.size[1]}"


def pictures(folder: str | Path, size: tuple[int, int] = (32, 32)) -> Data:
    """Rows from a folder that has a folder of pictures for each class.

    Args:
        folder: Relative to the space file.
        size: Height and width that all are brought to.

    Raises:
        InputError: An argument is of a wrong kind; what is wrong in the files is found at `load`.
    """
    whole = isinstance(size, tuple | list) and all(type(side) is int and side > 0 for side in size)
    if not whole or len(size) != 2:
        raise InputError(f"pictures(size={size!r}): give height and width, such as (32, 32)")
    return Pictures(located(folder, "pictures"), (size[0], size[1]))


def read_picture(file: Path, size: tuple[int, int]) -> Array:
    """One picture, uint8, shape (height, width, 1 or 3).

    Args:
        file: Of it.
        size: Height and width that it is brought to.

    Raises:
        InputError: It is no whole picture.
    """
    pillow = _pillow()
    try:
        with pillow.open(file) as picture:
            mode = "L" if picture.mode in GREY else "RGB"
            small = _eight_bits(picture).convert(mode).resize(size[::-1])
            return np.asarray(small).reshape(*size, -1)
    except (OSError, ValueError, SyntaxError, pillow.DecompressionBombError):
        raise InputError(
            f"{shown(file)}: this is no whole picture; write it again or take it away"
        ) from None


def as_values(x: Array) -> Array:
    """Brightnesses as a model takes them: float32, from 0 to 1."""
    found: Array = x.astype(np.float32) / 255
    return found


def pictures_in(folder: Path) -> Iterator[Path]:
    """Those in a folder and below it, by name."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in ENDINGS and file.is_file() and file.name[0] != ".":
            yield file


def _eight_bits(picture: "Image.Image") -> "Image.Image":
    """Of 16 bits a pixel the upper eight: `convert` would cut all above 255 to white."""
    if not picture.mode.startswith("I"):
        return picture
    upper = (np.asarray(picture, np.uint32) >> 8).clip(0, 255).astype(np.uint8)
    small: Image.Image = _pillow().fromarray(upper)
    return small


def _pillow() -> ModuleType:
    try:
        from PIL import Image
    except ImportError:
        raise InputError(
            "pictures: they are read by Pillow, which is not installed; pip install pillow"
        ) from None
    return Image
