"""What a measure adds up of rows is found by its values alone."""

from collections.abc import Callable

import numpy as np
import pytest

from search.data.dataset import Array
from search.metrics.row_loss import (
    BY_SQUARES,
    LOGARITHMIC,
    OF_ITS_OWN,
    POISSON,
    QUANTILE,
    RELATIVE,
    RowLoss,
    questions,
    row_loss,
)

POSITIVE = np.random.default_rng(0).exponential(3, size=(200, 2)) + 0.2


def pinball(level: float) -> Callable[[Array, Array], Array]:
    return lambda y, said: np.maximum(level * (y - said), (level - 1) * (y - said))


def huber(y: Array, said: Array) -> Array:
    off = np.abs(y - said)
    return np.where(off <= 1, 0.5 * off**2, off - 0.5)


@pytest.mark.parametrize(
    ("loss", "found"),
    [
        (lambda y, said: 3 * np.square(y - said) + 7, BY_SQUARES),
        (lambda y, said: np.abs(y - said), RowLoss(QUANTILE)),
        (pinball(0.9), RowLoss(QUANTILE, 0.9)),
        (pinball(0.05), RowLoss(QUANTILE, 0.05)),
        (lambda y, said: 100 * np.abs((y - said) / y), RowLoss(RELATIVE)),
        (
            lambda y, said: np.square(np.log1p(np.maximum(said, 1e-7)) - np.log1p(y)),
            RowLoss(LOGARITHMIC),
        ),
        (lambda y, said: said - y * np.log(np.maximum(said, 0) + 1e-7), RowLoss(POISSON)),
        (lambda y, said: -np.square(y - said), BY_SQUARES),
        (huber, OF_ITS_OWN),
        (lambda y, said: np.zeros_like(y), OF_ITS_OWN),
        (lambda y, said: np.full_like(y, np.nan), OF_ITS_OWN),
        (lambda y, said: np.sqrt(np.abs(y - said)), OF_ITS_OWN),
        (lambda y, said: np.log(np.cosh(said - y)), OF_ITS_OWN),
    ],
)
@pytest.mark.parametrize("targets", [1, 2])
def test_it_is_found(loss: Callable[[Array, Array], Array], found: RowLoss, targets: int) -> None:
    truth, said = questions(POSITIVE[:, :targets])
    with np.errstate(all="ignore"):
        values = loss(truth.astype(float), said.astype(float)).mean(axis=1)
    if targets == 1:
        assert row_loss(truth, said, values) == found
    else:  # targets that differ in their spread: each loss is a mean over them
        assert row_loss(truth, said, values) in {found, OF_ITS_OWN}
    assert str(found)
