"""What is searched: four data sets on which a trial takes seconds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.curves.sets import FASHION, PICTURES, SPACE
from search import Budget, DenseSpace, Int, Split, Study, arrays
from search.data.dataset import Data
from search.data.fashion import idx
from search.study.field_space import FieldSpace

WIDE = DenseSpace(**{**SPACE.parameters, "units": Int(32, 96, log=True)})
ROWS = 12_000
PARTS = Split(validation=0.15, held_out=0.55)
"""Most rows are held out: two good networks differ by some tenths of a point."""
TRIALS = 120
"""More than end in the time without a pruner, and about as many as end with one."""


@dataclass(frozen=True)
class QualitySet:
    """Rows, and a space of networks for them.

    Attributes:
        data: Makes the rows.
        space: Of networks.
        epochs: Of a trial.
        seconds: Of CPU, of each search with all its processes.
    """

    data: Callable[[], Data]
    space: FieldSpace
    epochs: int
    seconds: float

    def study(self, pruner: str, seed: int) -> Study:
        """The study with a pruner; all else is the same for each."""
        budget = Budget(trials=TRIALS, epochs=self.epochs)
        study = Study(data=self.data(), space=self.space, split=PARTS, budget=budget)
        return replace(study, objective="val_accuracy", pruner=pruner, seed=seed)


def _fashion(every: int, *, flat: bool) -> Data:
    """The first rows of Fashion-MNIST; each `every`-th pixel a side."""
    x = idx(FASHION / "train-images-idx3-ubyte.gz")[:ROWS, ::every, ::every]
    y = idx(FASHION / "train-labels-idx1-ubyte.gz")[:ROWS]
    shape = (ROWS, -1) if flat else (ROWS, 28 // every, 28 // every, 1)
    return arrays(x.astype(np.float32).reshape(shape) / 255, y)


def _classes() -> Data:
    """Eight classes of three clusters each, in 16 of 40 columns."""
    from sklearn.datasets import make_classification

    x, y = make_classification(
        n_samples=ROWS,
        n_features=40,
        n_informative=16,
        n_classes=8,
        n_clusters_per_class=3,
        flip_y=0.02,
        random_state=20,
    )
    return arrays(x.astype(np.float32), y)


def _hastie() -> Data:
    """Whether the sum of ten squares is large; ten columns of noise stand beside them."""
    from sklearn.datasets import make_hastie_10_2

    x, y = make_hastie_10_2(n_samples=ROWS, random_state=20)
    noise = np.random.default_rng(20).normal(size=x.shape)
    return arrays(np.hstack([x, noise]).astype(np.float32), (y > 0).astype(int))


SETS: Mapping[str, QualitySet] = {
    "fashion, dense": QualitySet(lambda: _fashion(1, flat=True), WIDE, epochs=40, seconds=60),
    "fashion, CNN": QualitySet(lambda: _fashion(2, flat=False), PICTURES, epochs=25, seconds=150),
    "eight classes": QualitySet(_classes, WIDE, epochs=100, seconds=60),
    "hastie": QualitySet(_hastie, WIDE, epochs=100, seconds=60),
}
"""Name → set."""
