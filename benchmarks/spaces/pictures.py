"""Pictures of 28×28 in ten classes: Fashion-MNIST where it is installed, else made ones.

Beside the space files, since only modules beside a space file travel with it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search import Dataset, Split
from search.data.fashion import NAMES, idx

INSTALLED = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts its files."""
SIDE, DOT, CLASSES = 28, 7, 10


@dataclass(frozen=True)
class Pictures:
    """Rows in order: those that train, then those that choose, held-out last.

    Args:
        train: How many train.
        others: How many choose, and as many are held out.
        shape: Of one row, such as (784,) or (28, 28, 1).
        folder: With the IDX files.
    """

    train: int
    others: int
    shape: tuple[int, ...]
    folder: Path = INSTALLED

    @property
    def installed(self) -> bool:
        """Whether the real pictures are there."""
        return (self.folder / "train-images-idx3-ubyte.gz").is_file()

    @property
    def split(self) -> Split:
        """Parts of exactly the sizes asked for."""
        share = self.others / (self.train + 2 * self.others)
        return Split(validation=share, held_out=share, shuffle=False)

    def load(self) -> Dataset:
        """Read or make the rows, with values from 0 to 1."""
        x, y = self._read() if self.installed else self._made()
        return Dataset(x.reshape(-1, *self.shape), y.astype(np.int32), NAMES)

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        seen = self.train + self.others
        x = [idx(self.folder / f"{part}-images-idx3-ubyte.gz") for part in ("train", "t10k")]
        y = [idx(self.folder / f"{part}-labels-idx1-ubyte.gz") for part in ("train", "t10k")]
        pixels = np.concatenate([x[0][:seen], x[1][: self.others]]).astype(np.float32) / 255
        return pixels, np.concatenate([y[0][:seen], y[1][: self.others]])

    def _made(self) -> tuple[np.ndarray, np.ndarray]:
        """One random picture of large dots a class, under noise: convolutions can learn it too."""
        draw = np.random.default_rng(784)
        rows = self.train + 2 * self.others
        dots = draw.random((CLASSES, SIDE // DOT, SIDE // DOT), dtype=np.float32)
        originals = dots.repeat(DOT, axis=1).repeat(DOT, axis=2).reshape(CLASSES, -1)
        y = draw.integers(0, CLASSES, rows)
        noise = draw.random((rows, SIDE * SIDE), dtype=np.float32)
        return 0.15 * originals[y] + 0.85 * noise, y

    def __str__(self) -> str:
        kind = "Fashion-MNIST" if self.installed else "random pictures"
        return f"{kind}, {self.train + 2 * self.others:,} rows"
