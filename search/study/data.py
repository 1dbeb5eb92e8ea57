"""The rows: where they come from, and what a sound data set is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from search.study.errors import InputError

Array = npt.NDArray[Any]
Task = str
"""`"binary"` or `"multiclass"`."""


@dataclass(frozen=True)
class Shape:
    """What a model must know of the data before it sees a row.

    Attributes:
        features: Shape of one row, such as (2,).
        classes: How many classes there are.
        task: "binary" (one output) or "multiclass" (one output a class).
    """

    features: tuple[int, ...]
    classes: int
    task: Task


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows with a class each.

    Args:
        x: Features, float32, shape (rows, features) or (rows, …).
        y: Class of each row, int32 codes 0 … classes-1, shape (rows,).
        class_names: A name for each code.
        feature_names: A name for each column; made up where left out.

    Raises:
        InputError: Lengths differ, a value is not finite, or fewer than two classes are there.
    """

    x: Array
    y: Array
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.x.ndim < 2:
            raise InputError(
                f"x: its shape is {self.x.shape}; give rows × features, such as x.reshape(-1, 1)"
            )
        if len(self.x) != len(self.y):
            raise InputError(
                f"x and y: x has {len(self.x):,} rows and y has {len(self.y):,}; "
                "give one target for each row"
            )
        bad = np.argwhere(~np.isfinite(self.x))
        if len(bad):
            row, column = bad[0][0], bad[0][1]
            raise InputError(
                f"x: row {row}, column {column} is {self.x[tuple(bad[0])]}; "
                "fill or drop such rows first"
            )
        if len(self.class_names) < 2:
            raise InputError(
                f"y: all rows are of one class ({', '.join(self.class_names) or 'none'}); "
                "two or more are needed"
            )
        if not self.feature_names:
            names = tuple(f"x{i + 1}" for i in range(int(np.prod(self.x.shape[1:]))))
            object.__setattr__(self, "feature_names", names)

    @property
    def task(self) -> Task:
        """Read from the targets: two classes are binary, more are multi-class."""
        return "binary" if len(self.class_names) == 2 else "multiclass"

    @property
    def shape(self) -> Shape:
        """What a model must know to be built."""
        return Shape(self.x.shape[1:], len(self.class_names), self.task)

    @property
    def hash(self) -> str:
        """SHA-256 of all values, to tell whether the data changed."""
        digest = hashlib.sha256(repr((self.x.shape, self.class_names)).encode())
        digest.update(np.ascontiguousarray(self.x).tobytes())
        digest.update(np.ascontiguousarray(self.y).tobytes())
        return digest.hexdigest()


@runtime_checkable
class Data(Protocol):
    """Where rows come from; nothing is read before `load`."""

    def load(self) -> Dataset:
        """Read or make the rows.

        Raises:
            InputError: The rows cannot be searched on, with the mend.
        """
        ...

    def __str__(self) -> str:
        """One line for people, such as "circles, 1,000 rows"."""
        ...


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
            raise InputError(f"{self.kind}(samples={self.samples!r}): give 10 rows or more")
        if not isinstance(self.noise, int | float) or not 0 <= self.noise < np.inf:
            raise InputError(f"{self.kind}(noise={self.noise!r}): noise is a number of 0 or more")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise InputError(
                f"{self.kind}(seed={self.seed!r}): a seed is a whole number, 0 or more"
            )
        if not isinstance(self.classes, int) or self.classes < 2:
            raise InputError(f"{self.kind}(classes={self.classes!r}): give two classes or more")

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


@dataclass(frozen=True, eq=False)
class Arrays:
    """Rows that are already in memory."""

    x: Array
    y: Array
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()

    def load(self) -> Dataset:
        """Turn features into float32 and classes into codes, in the order of `np.unique`."""
        codes, names = _codes(self.y, self.class_names)
        return Dataset(_features(self.x), codes, names, self.feature_names)

    def __str__(self) -> str:
        return f"arrays, {len(self.x):,} rows"


def arrays(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    class_names: Sequence[str] = (),
    feature_names: Sequence[str] = (),
) -> Data:
    """Rows from arrays.

    Args:
        x: Numbers, shape (rows, features) or (rows, …).
        y: A class a row, shape (rows,): whole numbers, booleans or strings.
        class_names: Names of the classes in sorted order of their values; else the values.
        feature_names: Names of the columns; x1, x2 … where left out.
    """
    return Arrays(np.asarray(x), np.asarray(y), tuple(class_names), tuple(feature_names))


def _features(x: Array) -> Array:
    try:
        return x.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"x: not all values are numbers ({error}); encode them first") from None


def _codes(y: Array, class_names: tuple[str, ...]) -> tuple[Array, tuple[str, ...]]:
    if y.ndim != 1:
        raise InputError(f"y: its shape is {y.shape}; give one class a row, shape (rows,)")
    if y.dtype.kind == "f" and not np.all(y == np.floor(y)):
        raise InputError(f"y: {y[y != np.floor(y)][0]} is no class; give whole numbers or strings")
    values, codes = np.unique(y, return_inverse=True)
    names = class_names or tuple(str(value) for value in values.tolist())
    if len(names) != len(values):
        raise InputError(
            f"class_names: {len(names)} names for {len(values)} classes; give one for each"
        )
    return codes.astype(np.int32), names
