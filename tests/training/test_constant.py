"""The constant that is best under a model's own loss, and what each target makes of that loss."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from search.data.dataset import Array, Shape

pytestmark = pytest.mark.keras

DRAW = np.random.default_rng(3)
NUMBERS = np.exp(DRAW.normal(3.0, 0.8, (500, 1))).astype(np.float32)  # skewed: mean ≠ median
RARE = (DRAW.random(500) < 0.1).astype(np.int32)
LABELS = (DRAW.random((500, 3)) < (0.1, 0.5, 0.8)).astype(np.int32)
THREE = DRAW.choice(3, 500, p=(0.6, 0.3, 0.1)).astype(np.int32)


def pinball(y: Any, said: Any) -> Any:
    """Of the 90 % quantile."""
    import keras

    return keras.ops.mean(keras.ops.maximum(0.9 * (y - said), 0.1 * (said - y)))


def compiled(loss: Any, units: int = 1, end: str | None = None, **more: Any) -> Any:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(units, end)])
    model.compile("sgd", loss() if isinstance(loss, type) else loss, **more)
    return model


def best(model: Any, y: Array, shape: Shape, objective: str = "val_loss") -> Array:
    from search.training.constant import best_constant

    found = best_constant(model, objective, y, shape, maximize=False)
    assert found is not None
    return found


def lowest(loss: Callable[[float], float]) -> float:
    found = minimize_scalar(loss, bounds=(0.1, 200.0), method="bounded", options={"xatol": 1e-6})
    return float(found.x)


LOSSES: dict[str, tuple[Any, Callable[[float], float]]] = {
    "mae": ("mae", lambda c: float(np.abs(NUMBERS - c).mean())),
    "mse": ("mse", lambda c: float(np.square(NUMBERS - c).mean())),
    "huber": (
        "huber",
        lambda c: float(
            np.where(
                np.abs(NUMBERS - c) <= 1,
                0.5 * np.square(NUMBERS - c),
                np.abs(NUMBERS - c) - 0.5,
            ).mean()
        ),
    ),
    "log-cosh": (
        "log_cosh",
        lambda c: float((np.logaddexp(c - NUMBERS, NUMBERS - c) - np.log(2)).mean()),
    ),
    "poisson": ("poisson", lambda c: float((c - NUMBERS * np.log(c)).mean())),
    "mape": ("mape", lambda c: float((np.abs(NUMBERS - c) / NUMBERS).mean() * 100)),
    "msle": ("msle", lambda c: float(np.square(np.log1p(NUMBERS) - np.log1p(c)).mean())),
    "quantile": (
        pinball,
        lambda c: float(np.maximum(0.9 * (NUMBERS - c), 0.1 * (c - NUMBERS)).mean()),
    ),
}


@pytest.mark.parametrize(("loss", "by_numpy"), LOSSES.values(), ids=LOSSES)
def test_of_numbers_it_is_the_best_under_the_models_own_loss(
    loss: Any, by_numpy: Callable[[float], float]
) -> None:
    found = best(compiled(loss), NUMBERS, Shape((2,), 1, "regression"))
    at_best, here = by_numpy(lowest(by_numpy)), by_numpy(float(found[0]))
    assert here == pytest.approx(at_best, rel=1e-4)
    if loss == "mae":
        assert found[0] == pytest.approx(np.median(NUMBERS), rel=1e-2)
    if loss == "mape":  # the mean is no rival under it
        assert here < 0.8 * by_numpy(float(NUMBERS.mean()))


def test_of_classes_and_labels_it_says_the_frequencies_where_these_are_best() -> None:
    found = best(compiled("binary_crossentropy", 1, "sigmoid"), RARE, Shape((2,), 1, "binary"))
    assert found == pytest.approx([1 - RARE.mean(), RARE.mean()], abs=2e-3)
    labels = Shape((2,), 3, "multilabel")
    found = best(compiled("binary_crossentropy", 3, "sigmoid"), LABELS, labels)
    assert found == pytest.approx(LABELS.mean(axis=0), abs=5e-3)
    three = compiled("sparse_categorical_crossentropy", 3, "softmax")
    found = best(three, THREE, Shape((2,), 3, "multiclass"))
    assert found == pytest.approx(np.bincount(THREE) / 500, abs=5e-3)


def test_of_a_focal_loss_it_is_better_than_the_frequencies() -> None:
    import keras

    def focal(p: float) -> float:
        y, alpha, gamma = RARE, 0.25, 2.0
        of = np.where(y == 1, -alpha * (1 - p) ** gamma * np.log(p),
                      -(1 - alpha) * p**gamma * np.log(1 - p))  # fmt: skip
        return float(of.mean())

    loss = keras.losses.BinaryFocalCrossentropy(apply_class_balancing=True)
    found = best(compiled(loss, 1, "sigmoid"), RARE, Shape((2,), 1, "binary"))
    at_best = minimize_scalar(focal, bounds=(1e-4, 1 - 1e-4), method="bounded").fun
    assert focal(found[1]) == pytest.approx(at_best, rel=1e-3)
    assert focal(found[1]) < focal(float(RARE.mean()))


def test_by_an_own_metric_of_numbers_too() -> None:
    model = compiled("mse", metrics=["mape"])
    found = best(model, NUMBERS, Shape((2,), 1, "regression"), "val_mape")
    by_numpy = LOSSES["mape"][1]
    assert by_numpy(float(found[0])) == pytest.approx(by_numpy(lowest(by_numpy)), rel=1e-3)


def test_a_measure_that_does_not_answer_has_none() -> None:
    from search.training.constant import best_constant

    def refuses(y: Any, said: Any) -> Any:
        raise ValueError(f"{y} {said}")

    model, shape = compiled(refuses), Shape((2,), 1, "regression")
    assert best_constant(model, "val_loss", NUMBERS, shape, maximize=False) is None


TWO = np.hstack([NUMBERS, 100 * NUMBERS[::-1] + 7])


@pytest.mark.parametrize(("loss", "part"), [("mae", 100 / 101), ("mse", 1e4 / (1e4 + 1))])
def test_a_target_of_a_large_unit_makes_nearly_all_of_a_loss(loss: str, part: float) -> None:
    from search.training.constant import parts_of_targets

    shape = Shape((2,), 2, "regression")
    found = parts_of_targets(compiled(loss, 2), TWO, shape)
    assert found == pytest.approx((1 - part, part), rel=1e-3)
    spread = TWO / TWO.std(axis=0)
    assert parts_of_targets(compiled(loss, 2), spread, shape) == pytest.approx((0.5, 0.5), rel=1e-3)
    relative = parts_of_targets(compiled("mape", 2), TWO, shape)
    assert relative == pytest.approx((0.5, 0.5), abs=0.02), "no unit counts for it"
    assert parts_of_targets(compiled(loss), NUMBERS, Shape((2,), 1, "regression")) == ()
    assert parts_of_targets(compiled("cosine_similarity", 2), TWO, shape) == (), "no sum"
