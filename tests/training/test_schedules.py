"""Schedules of the learning rate: the values of Keras, and the same ones in every engine."""

from functools import partial
from typing import Any

import keras
import numpy as np
import pytest

from search.data.dataset import Array, Shape
from search.data.split import Parts
from search.study.field_space import SCHEDULES
from search.training.engine import Training, TrainingRequest
from search.training.in_numpy.engine import NumpyTraining
from search.training.model import build
from search.training.plan import TrainingPlan
from search.training.rate_schedule import DECAYS, RateSchedule
from tests.forms import long_but
from tests.training.conftest import PLAIN, asked, trainer_of
from tests.training.test_in_numpy import SEED, TOLERANCE, order

pytestmark = pytest.mark.keras

EPOCHS = 4
SCHEDULED: list[dict[str, Any]] = [
    {"schedule": "cosine"},
    {"schedule": "exponential", "warmup": 0.25},
    {"schedule": "linear", "warmup": 0.1, "optimizer": "ftrl"},
    {"schedule": "constant", "warmup": 0.5, "optimizer": "nadam"},
    {"schedule": "cosine", "warmup": 0.9, "optimizer": "adamw", "batch_size": 149},
]


def by_keras(parts: Parts, shape: Shape, engine: str, **changes: Any) -> Training:
    params = {**PLAIN, "activation": "tanh", **changes}
    return trainer_of(parts, shape, engine).begin(scheduled(params, shape))


def scheduled(params: dict[str, Any], shape: Shape) -> TrainingRequest:
    """That a dense network is trained by Keras at the rates of its schedule."""
    build_it = partial(build, None, shape, params, 3)
    return TrainingRequest(params, SEED, build_it, TrainingPlan(EPOCHS))


def in_numpy(parts: Parts, shape: Shape, **changes: Any) -> NumpyTraining:
    params = {**PLAIN, "activation": "tanh", **changes}
    rows = order(len(parts.train))
    course = TrainingPlan(EPOCHS)
    return NumpyTraining(shape, params, parts.train, parts.validation, SEED, rows, course)


def keras_rates(schedule: Any, steps: int) -> Array:
    return np.array([float(schedule(step)) for step in range(steps)])


def rates(kind: str, warmup: float = 0.0) -> Array:
    return RateSchedule(kind, 0.1, warmup, epochs=4, steps=5).rates(0, 4)


def test_every_schedule_of_the_space_is_known() -> None:
    assert set(DECAYS) == SCHEDULES


def test_decays_are_those_of_keras() -> None:
    schedules = keras.optimizers.schedules
    expected = {
        "cosine": schedules.CosineDecay(0.1, 20),
        "exponential": schedules.ExponentialDecay(0.1, 20, 0.01),
        "linear": schedules.PolynomialDecay(0.1, 20, end_learning_rate=0.0),
    }
    for kind, schedule in expected.items():
        np.testing.assert_allclose(rates(kind), keras_rates(schedule, 20), rtol=1e-5, atol=1e-8)


def test_a_warm_up_is_that_of_keras_and_never_at_rest() -> None:
    schedule = keras.optimizers.schedules.CosineDecay(
        0.1 / 6, decay_steps=15, warmup_target=0.1, warmup_steps=5
    )
    found = rates("cosine", 0.25)
    np.testing.assert_allclose(found, keras_rates(schedule, 20), rtol=1e-5, atol=1e-8)
    assert found.argmax() == 5
    for kind in SCHEDULES:
        assert (rates(kind, 0.999) > 0).all()
        assert (rates(kind) > 0).all()


def test_the_rates_of_an_epoch_do_not_depend_on_where_a_training_stops() -> None:
    schedule = RateSchedule("cosine", 0.1, 0.2, epochs=9, steps=7)
    pieces = [schedule.rates(first, last) for first, last in ((0, 1), (1, 3), (3, 9))]
    np.testing.assert_array_equal(np.concatenate(pieces), schedule.rates(0, 9))


@pytest.mark.parametrize(
    "changes",
    long_but(
        ["exponential", "cosine with adamw"],
        {" with ".join([of["schedule"], *([of["optimizer"]] if "optimizer" in of else [])]): of
         for of in SCHEDULED},
    ),
)  # fmt: skip
def test_every_engine_trains_at_the_same_rates(
    changes: dict[str, Any], binary: tuple[Parts, Shape]
) -> None:
    parts, shape = binary
    stock = by_keras(parts, shape, "fit", **changes)
    graph = by_keras(parts, shape, "in-graph", **changes)
    ours = in_numpy(parts, shape, **changes)
    ours.load(stock.arrays())
    curves = [training.advance(EPOCHS) for training in (stock, graph, ours)]
    for curve in curves[1:]:
        for measure, values in curves[0].items():
            np.testing.assert_allclose(curve[measure], values, **TOLERANCE, err_msg=measure)
    x = parts.validation.x
    for training in (graph, ours):
        np.testing.assert_allclose(training.predictions(x), stock.predictions(x), **TOLERANCE)


def test_fit_with_keras_own_schedule_learns_the_same(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    model = build(None, shape, {**PLAIN, "activation": "tanh"}, 3)
    steps = EPOCHS * -(-len(parts.train) // 32)
    schedule = keras.optimizers.schedules.CosineDecay(PLAIN["learning_rate"], steps)
    model.compile(keras.optimizers.Adam(schedule), model.loss, metrics=["accuracy"])
    expected = trainer_of(parts, shape, "fit").begin(asked(model, 32, SEED))
    found = by_keras(parts, shape, "in-graph", schedule="cosine")
    np.testing.assert_allclose(
        found.advance(EPOCHS)["val_loss"], expected.advance(EPOCHS)["val_loss"], **TOLERANCE
    )


@pytest.mark.parametrize("engine", ["numpy", "in-graph", "fit"])
def test_a_scheduled_training_goes_on_from_what_was_kept_to_the_bit(
    engine: str, binary: tuple[Parts, Shape]
) -> None:
    def fresh() -> Any:
        changes = {"schedule": "cosine", "warmup": 0.2}
        if engine == "numpy":
            params = {**PLAIN, **changes, "dropout": 0.2}
            course = TrainingPlan(EPOCHS)
            return NumpyTraining(shape, params, parts.train, parts.validation, SEED, course=course)
        return by_keras(parts, shape, engine, dropout=0.2, **changes)

    parts, shape = binary
    whole, first, second = fresh(), fresh(), fresh()
    expected = whole.advance(EPOCHS)
    before = first.advance(2)
    second.restore(2, first.state())
    after = second.advance(EPOCHS)
    assert {name: [*before[name], *after[name]] for name in before} == expected


def test_models_of_one_architecture_share_a_program_whatever_their_schedules(
    binary: tuple[Parts, Shape],
) -> None:
    from search.training.device import forget

    parts, shape = binary
    trainer = trainer_of(parts, shape)
    programs, curves = set(), []
    for changes in ({"schedule": "cosine"}, {}, {"schedule": "linear"}, {"schedule": "cosine"}):
        params = {**PLAIN, **changes}
        forget()
        training = trainer.begin(scheduled(params, shape))
        curves.append(training.advance(EPOCHS)["loss"])
        programs.add(training._program)
    assert len(programs) == 1
    assert curves[0] == curves[3]
    assert len({tuple(curve) for curve in curves}) == 3
