"""What is said of a model whose outputs of a row are not of that row alone."""

from typing import Any

import keras
import numpy as np
import pytest

from search.training.remarks import DRAWN, MIXED, of_alone

pytestmark = pytest.mark.keras

X = np.random.default_rng(0).normal(size=(100, 3)).astype("float32")


class Added(keras.layers.Layer):  # type: ignore[misc]
    """Of a batch."""

    def call(self, x: Any) -> Any:
        return x + keras.ops.sum(x, axis=0, keepdims=True)


class Drawn(keras.layers.Layer):  # type: ignore[misc]
    """Whether it trains or not."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(0)

    def call(self, x: Any) -> Any:
        return x + keras.random.normal(keras.ops.shape(x), dtype=x.dtype, seed=self.seed)


class Groups(keras.layers.Layer):  # type: ignore[misc]
    """Of ten rows each, that are compared with each other."""

    def call(self, x: Any) -> Any:
        groups = keras.ops.reshape(x, (-1, 10, 3))
        return keras.ops.reshape(groups - keras.ops.mean(groups, axis=1, keepdims=True), (-1, 3))


def plain() -> list[Any]:
    return [keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)]


CASES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "each alone": (plain, ()),
    "sums over the batch": (lambda: [Added()], (MIXED,)),
    "draws": (lambda: [Drawn()], (DRAWN,)),
    "takes no four rows": (lambda: [Groups()], ()),
}


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_outputs_that_are_not_of_a_row_alone_are_told(kind: str, policy: str) -> None:
    keras.config.set_dtype_policy(policy)
    layers, told = CASES[kind]
    model = keras.Sequential([keras.Input((3,)), *layers(), keras.layers.Dense(2)])
    assert of_alone(model, X) == told
