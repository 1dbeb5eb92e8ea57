"""A temperature is found where there is one, and measured as scikit-learn measures log loss."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss

from search.data.dataset import Array
from search.metrics.mending import mended


def drawn(rows: int, classes: int, seed: int = 0) -> tuple[Array, Array]:
    """True logits, and classes drawn by them."""
    draw = np.random.default_rng(seed)
    z = 1.5 * draw.normal(size=(rows, classes))
    p = softmax(z, axis=1)
    return z, (draw.random((rows, 1)) > p.cumsum(axis=1)).sum(axis=1)


@pytest.mark.parametrize("classes", [2, 4])
def test_what_is_right_needs_no_mending(classes: int) -> None:
    z, y = drawn(1_000, classes)
    assert mended(softmax(z, axis=1), y) is None


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("times", [0.4, 2.5])
def test_the_temperature_that_was_put_in_is_found(classes: int, times: float) -> None:
    z, y = drawn(1_000, classes)
    p = softmax(times * z, axis=1)
    found = mended(p, y)
    assert found is not None
    assert found.temperature == pytest.approx(times, rel=0.25)
    assert found.loss == pytest.approx(log_loss(y, p))
    assert found.loss - found.gain == pytest.approx(log_loss(y, softmax(z, axis=1)), abs=0.02)
    assert (found.confidence > found.accuracy) == (times > 1)


def test_a_shift_by_class_weights_is_found() -> None:
    z, y = drawn(2_000, 2)
    found = mended(softmax(z + np.array([0, 1.5]), axis=1), y)
    assert found is not None
    assert found.shift == pytest.approx(-1.5, abs=0.4)


def test_labels_are_mended_together() -> None:
    z, y = drawn(1_500, 2)
    p = softmax(3 * z, axis=1)[:, 1].reshape(500, 3)
    found = mended(p, y.reshape(500, 3))
    assert found is not None
    assert found.temperature == pytest.approx(3, rel=0.25)
    assert mended(softmax(z, axis=1)[:, 1].reshape(500, 3), y.reshape(500, 3)) is None


def test_of_few_rows_nothing_is_said() -> None:
    z, y = drawn(60, 2)
    assert mended(softmax(4 * z, axis=1), y) is None
