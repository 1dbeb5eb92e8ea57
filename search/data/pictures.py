"""Rows from a folder of pictures."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from search.data.dataset import Data, Dataset, Given
from search.data.paths import check_folder, located, shown
from search.data.picture_file import pillow, read_pictures
from search.study.arguments import known_only
from search.study.errors import InputError

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
UNREAD = (".heic", ".heif", ".avif", ".jp2", ".svg", ".dng", ".cr2", ".nef", ".arw", ".dcm")
"""Of pictures that are not read; files of other endings are looked into."""


@dataclass(frozen=True)
class Pictures:
    """A folder a class.

    Attributes:
        folder: That has the classes' folders.
        size: Height and width that all are brought to.
        broken: "skip" to leave out files that are incomplete pictures; "refuse" else.
    """

    folder: Path
    size: tuple[int, int]
    broken: str = "refuse"

    def load(self) -> Dataset:
        """Read all pictures: one channel where all are grey, else three; values from 0 to 1."""
        classes = self._classes()
        code_of = {file: code for code, group in enumerate(classes.values()) for file in group}
        self._check_fit(len(code_of))
        read = read_pictures(list(code_of), self.size, skip_broken=self.broken == "skip")
        y = np.array([code_of[file] for file in read.files], np.int32)
        for name, count in zip(classes, np.bincount(y, minlength=len(classes)), strict=True):
            self._check_count(name, int(count))
        notes = (*self._left_out(classes), *read.notes)
        files = [file.relative_to(self.folder).as_posix() for file in read.files]
        given = Given(notes=notes, files=files)
        return Dataset(read.x, y, tuple(classes), given=given, pictures=True)

    def _classes(self) -> dict[str, list[Path]]:
        """Class → its pictures, both by name."""
        check_folder(self.folder)
        folders = [f for f in sorted(self.folder.iterdir()) if f.is_dir() and f.name[0] != "."]
        classes = {folder.name: list(pictures_in(folder)) for folder in folders}
        if len(classes) < 2:
            raise InputError(
                shown(self.folder),
                f"it has {len(classes)} folder{'s' * (len(classes) != 1)}",
                "give one for each class, two or more, with pictures in it",
            )
        for name, files in classes.items():
            self._check_count(name, len(files))
        return classes

    def _check_count(self, name: str, count: int) -> None:
        if not count:
            raise InputError(
                shown(self.folder / name),
                f"there is no picture in it ({', '.join(ENDINGS[:4])} …)",
                "add some or remove the folder",
            )
        if count == 1:
            raise InputError(
                shown(self.folder / name),
                "it has one picture, and each part needs one",
                "add some or remove the folder",
            )

    def _left_out(self, classes: dict[str, list[Path]]) -> tuple[str, ...]:
        """A sentence on pictures that are no rows, and on those of inner folders, which are."""
        unread = Counter(
            file.suffix.lower() or "no ending"
            for file in self.folder.rglob("*")
            if file.is_file() and not _is_read(file) and _is_picture(file)
        )
        loose = sum(file.is_file() and _is_read(file) for file in self.folder.iterdir())
        inner = sum(
            file.parent != self.folder / name for name, group in classes.items() for file in group
        )
        kinds = ", ".join(f"{ending} {count:,}" for ending, count in unread.most_common(5))
        found = [
            f"{unread.total():,} pictures of other endings are left out ({kinds}; convert them)",
            f"{loose:,} beside the folders of classes are left out",
            f"{inner:,} in folders inside a class's folder are of that class",
        ]
        there = [text for text, n in zip(found, (unread.total(), loose, inner), strict=True) if n]
        return (f"{shown(self.folder)}: {'; '.join(there)}",) if there else ()

    def _check_fit(self, count: int) -> None:
        """Refuse what would not fit as float32: of three channels, and then of one beside them."""
        needed = count * self.size[0] * self.size[1] * (3 + 1) * 4
        free = psutil.virtual_memory().available
        if needed > free:
            raise InputError(
                shown(self.folder),
                f"{count:,} pictures of {self.size[0]}×{self.size[1]} take "
                f"{needed / 1e9:,.1f} GB of memory, and {free / 1e9:,.1f} GB "
                "are free",
                "give a smaller size=, or write them into x.npy and y.npy by numpy.save and use "
                'arrays("x.npy", "y.npy"), which reads them batch by batch',
            )

    def __str__(self) -> str:
        return f"pictures {shown(self.folder)}, {self.size[0]}×{self.size[1]}"


@known_only
def pictures(
    folder: str | Path, size: tuple[int, int] = (32, 32), *, broken: str = "refuse"
) -> Data:
    """Rows from a folder that has a folder of pictures for each class.

    Args:
        folder: Relative to the space file.
        size: Height and width that all are brought to.
        broken: "skip" to leave out files that are incomplete pictures, with a note; by default they
            are refused, all at once.

    Raises:
        InputError: An argument is of a wrong kind; what is wrong in the files is found at `load`.
    """
    whole = isinstance(size, tuple | list) and all(type(side) is int and side > 0 for side in size)
    if not whole or len(size) != 2:
        raise InputError(f"pictures(size={size!r})", fix="give height and width, such as (32, 32)")
    if broken not in ("refuse", "skip"):
        raise InputError(f"pictures(broken={broken!r})", fix='give "refuse" or "skip"')
    return Pictures(located(folder, "pictures"), (size[0], size[1]), broken)


def pictures_in(folder: Path) -> Iterator[Path]:
    """Those in a folder and below it, by name."""
    for file in sorted(folder.rglob("*")):
        if _is_read(file) and file.is_file():
            yield file


def _is_read(file: Path) -> bool:
    """Whether a file is taken for a picture, by its name."""
    return file.suffix.lower() in ENDINGS and file.name[0] != "."


def _is_picture(file: Path) -> bool:
    """Whether a file that is not read is a picture all the same, by its name or first bytes."""
    if file.name[0] == ".":
        return False
    if file.suffix.lower() in UNREAD:
        return True
    image = pillow()
    try:
        with image.open(file):
            return True
    except (OSError, ValueError, SyntaxError, image.DecompressionBombError):
        return False
