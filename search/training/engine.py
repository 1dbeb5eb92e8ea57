"""Which engine trains a study's trials, and why; needs no TensorFlow."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from search.data.dataset import Shape
from search.study.dense import DenseSpace, values_of
from search.study.study import Study
from search.training.in_numpy.optimizers import OPTIMIZERS

MOST_WEIGHTS = 100_000
"""Up to here NumPy leads; beyond, both engines wait for the same arithmetic and the graph's is a
little faster (784-256-256-10, two epochs of 20,000 rows: 1.0 s and 0.8 s)."""


@dataclass(frozen=True)
class Engine:
    """How trials are trained.

    Attributes:
        name: "numpy", "in-graph" or "fit".
        why: In a few words.
    """

    name: str
    why: str


def engine_for(study: Study, shape: Shape, gpus: float, *, in_file: bool = False) -> Engine:
    """The engine that costs least for a study's trials.

    Args:
        study: What is searched.
        shape: Of its data.
        gpus: That each trial gets.
        in_file: Whether the rows stay in their file.
    """
    by_fit = {
        "callbacks run in Keras's own fit": study.callbacks is not None,
        "as asked for": study.engine == "fit",
        "the rows stay in their file and come as a stream": in_file,
        "several GPUs share each batch by Keras's own fit": gpus > 1,
    }
    if any(by_fit.values()):
        return Engine("fit", next(why for why, holds in by_fit.items() if holds))
    if not isinstance(study.space, DenseSpace):
        return Engine("in-graph", "any Keras model trains whole epochs in one graph")
    if gpus:
        return Engine("in-graph", "a GPU is used through TensorFlow")
    if not set(values_of(study.space.optimizer)) <= set(OPTIMIZERS):
        return Engine("in-graph", "an optimizer of the space is Keras's alone")
    widest = _most_weights(study.space, shape)
    if widest > MOST_WEIGHTS:
        return Engine("in-graph", f"networks of up to {widest:,} weights")
    return Engine("numpy", f"dense networks of at most {widest:,} weights")


def _most_weights(space: DenseSpace, shape: Shape) -> int:
    widths = [int(np.prod(shape.features)), *space.most_units, shape.outputs]
    return sum(a * b + b for a, b in pairwise(widths))
