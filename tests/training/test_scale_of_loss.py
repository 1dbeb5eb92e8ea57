"""Whether a model's numbers are in the targets' unit is asked of its loss."""

from typing import Any

import numpy as np
import pytest

from search.data.dataset import Shape
from search.study.outputs import OF_LOSS

pytestmark = pytest.mark.keras

GENERATOR = np.random.default_rng(0)
COUNTS = GENERATOR.poisson(np.exp(0.8 * GENERATOR.normal(size=400))).astype(np.float32)
MANY = GENERATOR.poisson(1000 + 50 * GENERATOR.normal(size=400)).astype(np.float32)
SKEWED = np.exp(3 + 0.8 * GENERATOR.normal(size=400)).astype(np.float32)
SIGNED = GENERATOR.normal(size=400).astype(np.float32) * 5 - 2
SHARES = 1 / (1 + np.exp(-SIGNED))
NUMBERS = Shape((3,), 1, "regression")


def poisson_of_log(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(keras.ops.exp(said) - y * said, axis=-1)


def poisson_of_rate(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(said - y * keras.ops.log(said), axis=-1)


def poisson_cut(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(said - y * keras.ops.log(keras.ops.maximum(said, 1e-6)), axis=-1)


def log_normal(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(keras.ops.square(keras.ops.log(y + 1e-6) - said) + keras.ops.log(y), -1)


def of_log1p(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(keras.ops.square(keras.ops.log1p(y) - said), axis=-1)


def standardised(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(keras.ops.square((y + 2.0) / 5.0 - said), axis=-1)


def gamma_of_log(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(y * keras.ops.exp(-said) + said, axis=-1)


def pinball(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(keras.ops.maximum(0.9 * (y - said), 0.1 * (said - y)), axis=-1)


def with_a_small_penalty(y: Any, said: Any) -> Any:
    import keras

    return keras.ops.mean(keras.ops.square(y - said) + 0.01 * keras.ops.square(said), axis=-1)


def kind_of(loss: Any, y: Any, end: str | None = None) -> str:
    import keras

    from search.training.outputs import outputs_of

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, end)])
    model.compile("adam", loss)
    return outputs_of(model, NUMBERS, y.reshape(-1, 1)).kind


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (poisson_of_log, COUNTS),
        (poisson_of_log, MANY),
        (log_normal, SKEWED),
        (of_log1p, SKEWED),
        (of_log1p, COUNTS),
        (gamma_of_log, SKEWED),
        (standardised, SIGNED),
    ],
)
def test_outputs_that_are_no_targets_are_found(loss: Any, y: Any) -> None:
    assert kind_of(loss, y) == OF_LOSS


def test_logits_of_shares_are_no_shares() -> None:
    import keras

    assert kind_of(keras.losses.BinaryCrossentropy(from_logits=True), SHARES) == OF_LOSS
    assert kind_of("binary_crossentropy", SHARES, "sigmoid") != OF_LOSS


@pytest.mark.parametrize(
    "loss",
    ["mse", "mae", "huber", "log_cosh", "mape", "msle", "poisson",
     pinball, poisson_of_rate, poisson_cut, with_a_small_penalty],
)  # fmt: skip
@pytest.mark.parametrize("y", [COUNTS, SKEWED])
def test_a_loss_in_the_targets_unit_stays(loss: Any, y: Any) -> None:
    assert kind_of(loss, y) != OF_LOSS
