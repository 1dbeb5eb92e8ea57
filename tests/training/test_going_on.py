"""A training that goes on from what was kept ends to the bit as one that was never broken off."""

from typing import Any

import numpy as np
import pytest

from search.data.dataset import Shape
from search.data.split import Parts
from search.study.field_space import OPTIMIZERS
from search.training.in_numpy.engine import NumpyTraining
from search.training.model import build
from tests.training.conftest import PLAIN, asked, trainer_of

pytestmark = pytest.mark.keras

PARAMS = {**PLAIN, "dropout": 0.2, "batch_norm": True, "l2": 1e-3}


def in_numpy(parts: Parts, shape: Shape, optimizer: str) -> NumpyTraining:
    params = {**PARAMS, "optimizer": optimizer}
    return NumpyTraining(shape, params, parts.train, parts.validation, 5)


def by_keras(parts: Parts, shape: Shape, optimizer: str, engine: str) -> Any:
    params = {**PARAMS, "optimizer": optimizer}
    return trainer_of(parts, shape, engine).begin(asked(build(None, shape, params, 5), 32, 5))


def goes_on_alike(whole: Any, first: Any, second: Any) -> None:
    expected = whole.advance(5)
    before = first.advance(3)
    second.restore(3, first.state())
    after = second.advance(5)
    assert {name: [*before[name], *after[name]] for name in before} == expected
    for own, other in zip(second.arrays(), whole.arrays(), strict=True):
        np.testing.assert_array_equal(own, other)


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS - {"adafactor"}))
def test_in_numpy(binary: tuple[Parts, Shape], optimizer: str) -> None:
    goes_on_alike(*(in_numpy(*binary, optimizer) for _ in range(3)))


@pytest.mark.parametrize(
    ("optimizer", "engine"),
    [
        ("adam", "fit"),
        ("nadam", "in-graph"),
        pytest.param("adam", "in-graph", marks=pytest.mark.long),
        pytest.param("nadam", "fit", marks=pytest.mark.long),
    ],
)
def test_by_keras(binary: tuple[Parts, Shape], optimizer: str, engine: str) -> None:
    goes_on_alike(*(by_keras(*binary, optimizer, engine) for _ in range(3)))


def test_a_state_stays_as_it_was_while_training_goes_on(binary: tuple[Parts, Shape]) -> None:
    training = in_numpy(*binary, "nadam")
    training.advance(2)
    state = training.state()
    copied = {name: array.copy() for name, array in state.items()}
    training.advance(4)
    for name, array in copied.items():
        np.testing.assert_array_equal(state[name], array, err_msg=name)
