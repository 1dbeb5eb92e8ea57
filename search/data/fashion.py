"""Fashion-MNIST: 70,000 grey pictures of 28×28 in ten classes, from files that are here already."""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search.data.dataset import Array, Data, Dataset, Given
from search.data.paths import check_folder, located, shown
from search.study.errors import InputError

NAMES = tuple("T-shirt Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Boot".split())
FOLDERS = (
    Path("/usr/share/datasets/fashion-mnist"),
    Path("/usr/share/dataset-fashion-mnist"),
    Path("~/.keras/datasets/fashion-mnist"),
)
"""Of Debian's package, and Keras's cache."""
FILES = tuple(
    f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)


@dataclass(frozen=True)
class FashionMnist:
    """Fashion-MNIST; its 10,000 test pictures are the held-out part, as everybody reports them.

    Attributes:
        folder: With the four IDX files; None for the first of `FOLDERS` that has them.
    """

    folder: Path | None

    def load(self) -> Dataset:
        """Read the files: x of shape (rows, 28, 28, 1), values from 0 to 1."""
        train, train_y, test, test_y = (idx(file) for file in self._files())
        x = np.concatenate([train, test])[..., None].astype(np.float32) / 255
        y = np.concatenate([train_y, test_y]).astype(np.int32)
        if len(x) != len(y):
            raise InputError(
                "fashion_mnist",
                f"{len(x):,} pictures and {len(y):,} labels",
                "fetch the files again",
            )
        if y.max() >= len(NAMES):
            raise InputError(
                "fashion_mnist",
                f"label {y.max()} is none of the ten classes",
                "fetch the files again",
            )
        part = np.repeat([0, 2], [len(train), len(test)])
        return Dataset(x, y, NAMES, given=Given(part=part))

    def _files(self) -> list[Path]:
        if self.folder is not None:
            check_folder(self.folder)
        for folder in [self.folder] if self.folder else [f.expanduser() for f in FOLDERS]:
            files = [_file_in(folder, name) for name in FILES]
            found = [file for file in files if file is not None]
            if len(found) == len(FILES):
                return found
            if self.folder is not None:
                lacking = FILES[files.index(None)]
                raise InputError(shown(folder), f"there is no {lacking}.gz", "put it there")
        raise InputError(
            "fashion_mnist()",
            "its files are not on this machine",
            "apt-get install dataset-fashion-mnist, or give path= of a folder with the four IDX "
            "files",
        )

    def __str__(self) -> str:
        return "Fashion-MNIST"


def fashion_mnist(path: str | Path | None = None) -> Data:
    """Fashion-MNIST, with its own 10,000 test pictures held out.

    Args:
        path: Of a folder with the four IDX files, relative to the space file; else they are looked
            for where Debian's package dataset-fashion-mnist and Keras's cache have them.
    """
    return FashionMnist(None if path is None else located(path, "fashion_mnist"))


def idx(file: Path) -> Array:
    """An array of bytes in the IDX format: two zeros, type 8, dimensions, their sizes, values.

    Args:
        file: As it is, or compressed with its name ending in .gz.

    Raises:
        InputError: It is no such file, or is cut short.
    """
    try:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        if content[:3] != b"\0\0\x08":
            raise ValueError
        shape = np.frombuffer(content, ">u4", count=content[3], offset=4)
        return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)
    except (OSError, EOFError, ValueError, IndexError, zlib.error):
        raise InputError(
            shown(file), "this is not a complete IDX file of bytes", "fetch it again"
        ) from None


def _file_in(folder: Path, name: str) -> Path | None:
    return next((f for f in (folder / f"{name}.gz", folder / name) if f.is_file()), None)
