"""Models of one architecture share a traced program, and nothing of each other's training."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from search.data.dataset import Shape
from search.data.split import Parts
from search.training.choice import Trainer
from search.training.device import forget
from search.training.model import build
from search.training.programs import graph_key
from tests.forms import long_but
from tests.training.conftest import asked, trainer_of

pytestmark = pytest.mark.keras

PLAIN = {
    "layers": 2,
    "units": 5,
    "activation": "tanh",
    "optimizer": "adam",
    "learning_rate": 0.01,
    "dropout": 0.2,
    "l2": 1e-3,
    "batch_norm": True,
}


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    """As between two jobs of a worker: Keras counts the names of layers up."""
    forget()


def trained(trainer: Trainer, shape: Shape, params: dict[str, Any], seed: int) -> Any:
    training = trainer.begin(asked(build(None, shape, params, seed), 32, seed))
    curve = training.advance(3)
    found = (curve, training.model.get_weights(), training)
    forget()
    return found


@pytest.mark.parametrize(
    "optimizer",
    long_but(["adam"], {name: name for name in ("adam", "sgd", "adagrad", "nadam", "lion")}),
)
def test_a_shared_program_trains_as_a_fresh_one(
    binary: tuple[Parts, Shape], optimizer: str
) -> None:
    parts, shape = binary
    shared = trainer_of(parts, shape)
    programs = set()
    for seed, rate in ((1, 0.01), (2, 0.3), (1, 0.01)):
        params = {**PLAIN, "optimizer": optimizer, "learning_rate": rate}
        curve, weights, training = trained(shared, shape, params, seed)
        fresh_curve, fresh_weights, _ = trained(trainer_of(parts, shape), shape, params, seed)
        assert curve == fresh_curve
        for own, fresh in zip(weights, fresh_weights, strict=True):
            np.testing.assert_array_equal(own, fresh)
        programs.add(training._program)
    assert len(programs) == 1


def test_a_shared_program_sweeps_as_a_fresh_one(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    rates = np.array([1e-3, 1e-2, 1e-1], np.float32)
    shared = trainer_of(parts, shape)
    trained(shared, shape, PLAIN, 4)
    swept = [
        trainer.begin(asked(build(None, shape, PLAIN, 5), 32, 5)).sweep(rates)
        for trainer in (shared, trainer_of(parts, shape))
    ]
    np.testing.assert_array_equal(*swept)


def model(*layers: Any, **compiled: Any) -> Any:
    made = keras.Sequential([keras.Input((2,)), *layers, keras.layers.Dense(1, "sigmoid")])
    made.compile(
        compiled.get("optimizer", "adam"),
        compiled.get("loss", "binary_crossentropy"),
        metrics=["accuracy"],
    )
    return made


def dense(activation: Any = "relu", **more: Any) -> Any:
    return keras.layers.Dense(3, activation, **more)


def normalized(scale: float) -> Any:
    keras.utils.clear_session()  # as between trials, so that layers have their names again
    layer = keras.layers.Normalization()
    layer.adapt(np.array([[0, 1], [2, 3]], np.float32) * scale)
    return model(layer)


def adapted() -> Any:
    layer = keras.layers.Discretization(num_bins=2)
    layer.adapt(np.ones((4, 2), np.float32))
    return model(layer)


def patched() -> Any:
    made = model(dense())
    made.compute_loss = lambda *_, **__: 0.0
    return made


class Own(keras.layers.Layer):  # type: ignore[misc]
    """A layer of a person's."""

    def call(self, x: Any) -> Any:
        return x


def squared(y: Any, p: Any) -> Any:
    return keras.ops.mean((y - p) ** 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: model(Own()),
        lambda: model(dense(lambda x: x)),
        lambda: model(dense(keras.ops.abs)),
        lambda: model(keras.layers.Lambda(lambda x: x)),
        lambda: model(dense(), loss=squared),
        lambda: model(dense(kernel_regularizer=keras.ops.sum)),
        adapted,
        patched,
    ],
)
def test_what_keras_does_not_describe_is_traced_for_itself(make: Callable[[], Any]) -> None:
    assert graph_key(make()) is None


def test_what_a_normalization_has_adapted_to_is_part_of_a_graph() -> None:
    assert graph_key(normalized(1.0)) == graph_key(normalized(1.0)) is not None
    assert graph_key(normalized(1.0)) != graph_key(normalized(2.0))


def frozen() -> Any:
    layer = dense()
    layer.trainable = False
    return model(layer)


def test_what_differs_by_more_than_the_rate_is_not_shared() -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay
    makes: list[Callable[[], Any]] = [
        lambda: model(dense()),
        lambda: model(dense("tanh")),
        lambda: model(dense(), dense()),
        lambda: model(dense(kernel_regularizer="l2")),
        lambda: model(dense(kernel_regularizer=keras.regularizers.L2(0.1))),
        lambda: model(keras.layers.Dropout(0.1)),
        lambda: model(keras.layers.Dropout(0.2)),
        lambda: model(dense(), loss="mse"),
        lambda: model(dense(), optimizer=keras.optimizers.SGD()),
        lambda: model(dense(), optimizer=keras.optimizers.SGD(momentum=0.9)),
        lambda: model(dense(), optimizer=keras.optimizers.SGD(schedule(0.1, 10, 0.9))),
        lambda: model(dense(), optimizer=keras.optimizers.SGD(schedule(0.2, 10, 0.9))),
        frozen,
    ]
    keys = []
    for make in makes:
        keras.utils.clear_session()
        keys.append(graph_key(make()))
    assert None not in keys
    assert len(set(keys)) == len(makes)


def test_only_the_rate_differs() -> None:
    keys = []
    for rate in (0.1, 0.2):
        keras.utils.clear_session()
        x = keras.Input((2,))
        made = keras.Model(x, keras.layers.Dense(1, "sigmoid")(x))
        made.compile(keras.optimizers.SGD(rate), "binary_crossentropy", metrics=["accuracy"])
        keys.append(graph_key(made))
    assert keys[0] is not None
    assert keys[0] == keys[1]
