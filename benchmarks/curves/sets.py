"""The data sets whose learning curves are kept: some to make the forecast on, some to judge it.

Which are which was decided before anything was forecast.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.tables import TABLES, TARGET
from search import (
    Budget,
    Choice,
    DenseSpace,
    Float,
    Int,
    PictureSpace,
    Study,
    arrays,
    circles,
    table,
)
from search.data.dataset import Data
from search.data.fashion import idx
from search.study.field_space import FieldSpace

EPOCHS = 81
CONFIGURATIONS = 300
FASHION = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts its files."""
SPACE = DenseSpace(
    layers=Int(1, 3),
    units=Int(8, 96, log=True),
    activation=Choice("relu", "tanh"),
    optimizer=Choice("adam", "sgd", "rmsprop"),
    learning_rate=Float(1e-4, 1e-1, log=True),
    batch_size=Choice(32, 64, 128),
    dropout=Float(0.0, 0.5),
    l2=Float(1e-6, 1e-2, log=True),
)
SCHEDULED = DenseSpace(**{**SPACE.parameters, "schedule": Choice("constant", "cosine")})
"""Here the rate of half the configurations falls to 0: their curves gain late."""
PICTURES = PictureSpace(
    blocks=Int(1, 2),
    filters=Int(4, 12, log=True),
    batch_norm=Choice(True, False),
    units=Int(0, 32),
    dropout=Float(0.0, 0.5),
    optimizer=Choice("adam", "sgd"),
    learning_rate=Float(3e-4, 3e-2, log=True),
    schedule=Choice("constant", "cosine"),
    batch_size=64,
)


@dataclass(frozen=True)
class CurveSet:
    """Rows, and the space whose configurations are trained on them.

    Attributes:
        study: Makes what is searched.
        judges: Whether the forecast was not made on it.
    """

    study: Callable[[], Study]
    judges: bool


def _study_of(data: Data, space: FieldSpace = SPACE) -> Study:
    return Study(data=data, space=space, budget=Budget(epochs=EPOCHS))


def _table(name: str, space: FieldSpace = SPACE) -> Callable[[], Study]:
    def made() -> Study:
        source = TABLES[name]
        return _study_of(table(source.frame(), target=TARGET, task=source.task), space)

    return made


def _digits() -> Study:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return _study_of(arrays(x[:1_200].astype(np.float32) / 16, y[:1_200]))


def _circles() -> Study:
    return _study_of(circles(samples=1000, noise=0.15, seed=42))


def _five_classes() -> Study:
    from sklearn.datasets import make_classification

    x, y = make_classification(
        n_samples=1_200,
        n_features=25,
        n_informative=8,
        n_classes=5,
        flip_y=0.05,
        random_state=5,
    )
    return _study_of(arrays(x.astype(np.float32), y), SCHEDULED)


def _squares() -> Study:
    """Whether the sum of twelve squares is large, with twelve columns of noise.

    Six thousand rows: small rates win, and late, which they do on none of the smaller sets.
    """
    draw = np.random.default_rng(7)
    x = draw.normal(size=(6_000, 24)).astype(np.float32)
    total = np.square(x[:, :12]).sum(axis=1)
    return _study_of(arrays(x, (total > np.median(total)).astype(int)))


def _clusters() -> Study:
    from sklearn.datasets import make_classification

    x, y = make_classification(
        n_samples=6_000,
        n_features=30,
        n_informative=12,
        n_classes=6,
        n_clusters_per_class=4,
        flip_y=0.05,
        random_state=8,
    )
    return _study_of(arrays(x.astype(np.float32), y))


def _friedman_wide() -> Study:
    from sklearn.datasets import make_friedman1

    x, y = make_friedman1(n_samples=6_000, n_features=30, noise=1.0, random_state=9)
    return _study_of(arrays(x.astype(np.float32), y.astype(np.float32)))


def _fashion(
    first: int, rows: int, classes: tuple[int, ...], space: FieldSpace, every: int = 1
) -> Callable[[], Study]:
    """Rows of Fashion-MNIST from the `first` on, of some classes; each `every`-th pixel a side."""

    def made() -> Study:
        x = idx(FASHION / "train-images-idx3-ubyte.gz").reshape(-1, 28, 28)
        y = idx(FASHION / "train-labels-idx1-ubyte.gz")
        places = first + np.flatnonzero(np.isin(y[first:], classes))[:rows]
        pixels = x[places, ::every, ::every].astype(np.float32) / 255
        shape = (-1, 28 // every, 28 // every, 1) if isinstance(space, PictureSpace) else (rows, -1)
        return _study_of(arrays(pixels.reshape(shape), np.searchsorted(classes, y[places])), space)

    return made


SETS: Mapping[str, CurveSet] = {
    "digits": CurveSet(_digits, judges=False),
    "breast_cancer": CurveSet(_table("breast_cancer"), judges=True),
    "made, noisy": CurveSet(_table("made, noisy", SCHEDULED), judges=False),
    "friedman2": CurveSet(_table("friedman2", SCHEDULED), judges=True),
    "diabetes": CurveSet(_table("diabetes"), judges=False),
    "penguins": CurveSet(_table("penguins"), judges=True),
    "friedman1": CurveSet(_table("friedman1"), judges=False),
    "hastie": CurveSet(_table("hastie"), judges=True),
    "circles": CurveSet(_circles, judges=False),
    "five classes": CurveSet(_five_classes, judges=True),
    "fashion": CurveSet(_fashion(0, 1_200, tuple(range(10)), SPACE, 2), judges=False),
    "tops": CurveSet(_fashion(20_000, 1_200, (0, 2, 4, 6), SCHEDULED), judges=True),
    "wine": CurveSet(_table("wine"), judges=False),
    "squares": CurveSet(_squares, judges=False),
    "clusters": CurveSet(_clusters, judges=False),
    "friedman, wide": CurveSet(_friedman_wide, judges=True),
    "pictures": CurveSet(_fashion(40_000, 600, (0, 2, 4, 6), PICTURES, 2), judges=True),
}
"""Name → set, in the order of making; Keras trains the pictures, NumPy all others."""
