"""Rows made by scikit-learn's generators: small, and the same for the same seed."""

from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array, Data, Dataset
from search.study.errors import InputError


@dataclass(frozen=True)
class Made:
    """Rows made by one of scikit-learn's generators, the same for the same seed."""

    kind: str
    samples: int
    noise: float
    seed: int
    classes: int = 2

    def __post_init__(self) -> None:
        if not isinstance(self.samples, int) or self.samples < 10:
            raise InputError(f"{self.kind}(samples={self.samples!r})", fix="give 10 rows or more")
        if not isinstance(self.noise, int | float) or not 0 <= self.noise < np.inf:
            raise InputError(f"{self.kind}(noise={self.noise!r})", fix="give a number of 0 or more")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise InputError(
                f"{self.kind}(seed={self.seed!r})", fix="give a whole number of 0 or more"
            )
        if not isinstance(self.classes, int) or self.classes < 2:
            raise InputError(
                f"{self.kind}(classes={self.classes!r})", fix="give two classes or more"
            )

    def load(self) -> Dataset:
        """Make the rows; `x` has two columns."""
        x, y, names = self._make()
        return Dataset(x.astype(np.float32), y.astype(np.int32), names)

    def _make(self) -> tuple[Array, Array, tuple[str, ...]]:
        from sklearn import datasets

        match self.kind:
            case "circles":
                x, y = datasets.make_circles(
                    n_samples=self.samples, noise=self.noise, random_state=self.seed
                )
                return x, y, ("outer", "inner")
            case "moons":
                x, y = datasets.make_moons(
                    n_samples=self.samples, noise=self.noise, random_state=self.seed
                )
                return x, y, ("upper", "lower")
            case _:
                x, y = datasets.make_blobs(
                    n_samples=self.samples,
                    centers=self.classes,
                    cluster_std=self.noise,
                    random_state=self.seed,
                )
                return x, y, tuple(f"blob {i + 1}" for i in range(self.classes))

    def __str__(self) -> str:
        return f"{self.kind}, {self.samples:,} rows"


def circles(samples: int = 1000, noise: float = 0.02, seed: int = 42) -> Data:
    """Two circles, one inside the other: two features, two classes, no straight line between."""
    return Made("circles", samples, noise, seed)


def moons(samples: int = 1000, noise: float = 0.1, seed: int = 42) -> Data:
    """Two half moons, one hooked into the other: two features, two classes."""
    return Made("moons", samples, noise, seed)


def blobs(samples: int = 1000, classes: int = 3, noise: float = 1.0, seed: int = 42) -> Data:
    """Round clouds, one a class: two features; `noise` is a cloud's standard deviation."""
    return Made("blobs", samples, noise, seed, classes)
