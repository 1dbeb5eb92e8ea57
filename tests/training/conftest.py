"""Rows and configurations for training tests."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from search import Split, arrays, circles
from search.data.dataset import Shape
from search.data.split import Parts
from search.training.choice import Trainer
from search.training.engine import TrainingRequest, TrainingRows

PLAIN: dict[str, Any] = {
    "layers": 2,
    "units": 8,
    "activation": "relu",
    "optimizer": "adam",
    "learning_rate": 0.01,
    "batch_size": 32,
    "dropout": 0.0,
    "l2": 0.0,
    "batch_norm": False,
}


def trainer_of(parts: Parts, shape: Shape, planned: str = "in-graph") -> Trainer:
    """What trains models on rows."""
    return Trainer(TrainingRows(parts.train, parts.validation, shape), planned)


def asked(model: Any, batch: int, seed: int, **params: Any) -> TrainingRequest:
    """That a model is trained, which is there already."""
    return TrainingRequest({**params, "batch_size": batch}, seed, lambda: model, custom=True)


def weighted(parts: Parts, shape: Shape) -> tuple[Parts, Shape]:
    """The same rows, a third of which do not count and others up to four times."""
    weights = np.random.default_rng(0).uniform(-2, 4, len(parts.train)).clip(0)
    train = replace(parts.train, weights=weights.astype(np.float32))
    return replace(parts, train=train), shape


@pytest.fixture(scope="session")
def binary() -> tuple[Parts, Shape]:
    """150 rows train: four batches of 32 and one of 22."""
    data = circles(samples=250, noise=0.1).load()
    return Split().parts(data), data.shape


@pytest.fixture(scope="session")
def three_classes() -> tuple[Parts, Shape]:
    from sklearn.datasets import make_blobs

    x, y = make_blobs(n_samples=200, centers=3, n_features=4, cluster_std=4.0, random_state=0)
    data = arrays(x, y).load()
    return Split().parts(data), data.shape


@pytest.fixture(scope="session")
def labels() -> tuple[Parts, Shape]:
    """Three labels a row, of which any may be there."""
    from sklearn.datasets import make_multilabel_classification

    x, y = make_multilabel_classification(n_samples=200, n_features=5, n_classes=3, random_state=0)
    data = arrays(x / 10, y).load()
    return Split().parts(data), data.shape


@pytest.fixture(scope="session")
def numbers() -> tuple[Parts, Shape]:
    """Two numbers a row, far from 0 and standardised, as a dense network gets them."""
    from sklearn.datasets import make_regression

    x, y = make_regression(200, 4, n_targets=2, noise=10, random_state=0)
    data = arrays(x, y + 1000).load()
    return Split().parts(data).scaled(), data.shape


@pytest.fixture(scope="session")
def rare() -> tuple[Parts, Shape]:
    """Two classes, one of them in a tenth of the rows."""
    from sklearn.datasets import make_classification

    x, y = make_classification(300, 4, weights=[0.9], class_sep=0.5, random_state=0)
    data = arrays(x, y).load()
    return Split().parts(data), data.shape


ANY_TASK = ("binary", "three_classes", "labels", "numbers")


@pytest.fixture(params=ANY_TASK)
def any_task(request: pytest.FixtureRequest) -> tuple[Parts, Shape]:
    """Rows of each task in turn."""
    rows: tuple[Parts, Shape] = request.getfixturevalue(request.param)
    return rows
