"""Training in NumPy is training by `fit`: from the same weights, on the same order of rows."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from search.data.dataset import Array, Shape
from search.data.split import Parts
from search.study.field_space import ACTIVATIONS, OPTIMIZERS
from search.training import in_numpy, predict
from search.training.engine import Training, TrainingRequest, TrainingRows
from search.training.in_graph import row_order
from search.training.in_numpy.engine import NumpyEngine, NumpyTraining
from search.training.model import build
from search.training.predict import UnlikeError, check_alike, predictions
from tests.forms import long_but
from tests.training.conftest import ANY_TASK, PLAIN, asked, trainer_of, weighted

pytestmark = pytest.mark.keras

TOLERANCE = {"rtol": 1e-3, "atol": 1e-4}
"""float32 over four epochs of five steps, summed in another order."""
EPOCHS, SEED = 4, 11


def order(rows: int) -> Any:
    """The order of rows that `fit` is given too."""

    def of_epoch(epoch: int) -> Array:
        drawn: Array = row_order(rows, tf.constant(SEED), tf.constant(epoch)).numpy()
        return drawn

    return of_epoch


def both(parts: Parts, shape: Shape, **changes: Any) -> tuple[NumpyTraining, Training]:
    """The same configuration, from the same weights, in NumPy and by `fit`."""
    params = {**PLAIN, "activation": "tanh", **changes}
    if "units_1" in params:
        del params["units"]
    model = build(None, shape, params, seed=3)
    ours = NumpyTraining(
        shape, params, parts.train, parts.validation, SEED, order(len(parts.train))
    )
    ours.network.load(model.get_weights())
    batch = params["batch_size"]
    trainer = trainer_of(parts, shape, "fit")
    weight = params.get("class_weight", "none")
    return ours, trainer.begin(asked(model, batch, SEED, class_weight=weight))


def agree(ours: NumpyTraining, stock: Training, parts: Parts) -> None:
    found, expected = ours.advance(EPOCHS), stock.advance(EPOCHS)
    assert found.keys() == expected.keys()
    for measure in found:
        np.testing.assert_allclose(found[measure], expected[measure], **TOLERANCE, err_msg=measure)
    x = parts.validation.x
    before = stock.predictions(x)
    stock.model.set_weights(ours.network.arrays())
    # As near as the product asks of two engines: on some CPUs batches of normalised rows come
    # out 6e-4 apart.
    np.testing.assert_allclose(stock.predictions(x), before, rtol=0, atol=predict.TOLERANCE)


def test_every_activation_and_its_slope_are_those_of_keras() -> None:
    z = np.random.default_rng(0).normal(0, 3, (200, 6)).astype(np.float32)
    wanted = np.random.default_rng(1).normal(size=z.shape).astype(np.float32)
    assert set(in_numpy.activations.ACTIVATIONS) == ACTIVATIONS
    for name, ours in in_numpy.activations.ACTIVATIONS.items():
        with tf.GradientTape() as tape:
            x = tf.constant(z)
            tape.watch(x)
            out = keras.activations.get(name)(x)
            total = tf.reduce_sum(out * wanted)
        slope = tape.gradient(total, x).numpy()
        found = ours.of(z)
        np.testing.assert_allclose(found, out.numpy(), rtol=1e-4, atol=1e-5, err_msg=name)
        back = ours.back(wanted, z, found)
        np.testing.assert_allclose(back, slope, rtol=1e-3, atol=1e-4, err_msg=name)


def test_every_optimizer_takes_the_steps_of_keras() -> None:
    draw = np.random.default_rng(0)
    start = draw.normal(size=50).astype(np.float32)
    gradients = draw.normal(size=(20, 50)).astype(np.float32)
    for name, make in in_numpy.optimizers.OPTIMIZERS.items():
        theirs, ours = keras.optimizers.get(name), make(len(start), 0.01)
        theirs.learning_rate = 0.01
        variable, weights = keras.Variable(start), start.copy()
        for gradient in gradients:
            theirs.apply([tf.constant(gradient)], [variable])
            ours.step(weights, gradient.copy())
        np.testing.assert_allclose(weights, variable.numpy(), rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    "activation",
    long_but(["gelu"], {name: name for name in sorted(ACTIVATIONS)}),
)
def test_every_activation_trains_as_by_fit(activation: str, binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    agree(*both(parts, shape, activation=activation, learning_rate=0.003), parts)


@pytest.mark.parametrize(
    "optimizer",
    long_but(["adam", "ftrl"], {name: name for name in sorted(OPTIMIZERS - {"adafactor"})}),
)
def test_every_optimizer_steps_as_keras_does(
    optimizer: str, three_classes: tuple[Parts, Shape]
) -> None:
    parts, shape = three_classes
    agree(*both(parts, shape, optimizer=optimizer), parts)


FIELDS: dict[str, dict[str, Any]] = {
    "no hidden layer": {"layers": 0},
    "l2": {"layers": 1, "l2": 0.01},
    "l2 of three layers": {"layers": 3, "units": 5, "l2": 0.1},
    "units of each layer": {"layers": 2, "units_1": 9, "units_2": 4, "units_3": 7},
    "batch norm": {"batch_norm": True},
    "batch norm and l2": {"batch_norm": True, "layers": 3, "l2": 0.01, "activation": "elu"},
    "a batch larger than the rows": {"batch_size": 1000},
    "batches of one row less than all": {"batch_size": 149},
    "batches of one row": {"batch_size": 1, "learning_rate": 0.001},
}


@pytest.mark.parametrize(
    "changes",
    long_but(
        ["batch norm and l2", "batches of one row less than all"],
        FIELDS,
    ),
)
def test_every_field_means_what_it_means_to_keras(
    changes: dict[str, Any], binary: tuple[Parts, Shape]
) -> None:
    parts, shape = binary
    agree(*both(parts, shape, **changes), parts)


def test_what_it_cannot_train_is_said(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    engine = NumpyEngine(TrainingRows(parts.train, parts.validation, shape))

    def refusal(custom: bool = False, **changes: Any) -> str:
        params = {**PLAIN, **changes}
        return engine.refuses(TrainingRequest(params, 1, lambda: None, custom=custom))

    assert refusal(optimizer="adafactor") == "the optimizer adafactor is Keras's alone"
    assert refusal(custom=True) == "a function of yours builds the model"
    assert not any(refusal(optimizer=o) for o in OPTIMIZERS - {"adafactor"})


def alone(parts: Parts, shape: Shape, seed: int = 5, **changes: Any) -> NumpyTraining:
    return NumpyTraining(shape, {**PLAIN, **changes}, parts.train, parts.validation, seed)


def test_dropout_drops_its_share_and_keeps_the_sum(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    network = alone(parts, shape, units=64, dropout=0.3).network
    network.forward(parts.train.x, np.random.default_rng(0))
    kept = network.layers[0].kept
    assert kept is not None
    assert (kept == 0).mean() == pytest.approx(0.3, abs=0.02)
    assert kept.mean() == pytest.approx(1.0, abs=0.03)


@pytest.mark.long  # in short by the test above
def test_dropout_trains_as_well_as_keras_does(binary: tuple[Parts, Shape]) -> None:
    """Keras drops other units, so only what comes out can be compared, over several seeds."""
    parts, shape = binary
    changes = {"dropout": 0.2, "units": 32, "learning_rate": 0.02}
    ours = [alone(parts, shape, s, **changes).advance(15)["val_loss"][-1] for s in range(12)]
    stock = []
    for seed in range(6):
        params = {**PLAIN, **changes}
        model = build(None, shape, params, seed)
        trained = trainer_of(parts, shape).begin(asked(model, 32, seed))
        stock.append(trained.advance(15)["val_loss"][-1])
    spread = (np.var(ours) / len(ours) + np.var(stock) / len(stock)) ** 0.5
    assert abs(np.mean(ours) - np.mean(stock)) < 4 * spread


def test_a_trial_depends_on_its_seed_alone_and_goes_on_where_it_stood(
    binary: tuple[Parts, Shape],
) -> None:
    parts, shape = binary
    whole = alone(parts, shape, dropout=0.2).advance(6)
    stepwise = alone(parts, shape, dropout=0.2)
    pieces = [stepwise.advance(to) for to in (1, 4, 6)]
    for measure in whole:
        assert whole[measure] == [value for piece in pieces for value in piece[measure]]
    assert alone(parts, shape, seed=6, dropout=0.2).advance(6) != whole


def test_the_initial_weights_are_drawn_as_keras_draws_them(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    ours = alone(parts, shape, units=64, batch_norm=True).network.arrays()
    theirs = build(None, shape, {**PLAIN, "units": 64, "batch_norm": True}, 1).get_weights()
    assert [a.shape for a in ours] == [a.shape for a in theirs]
    assert ours[6].std() == pytest.approx(theirs[6].std(), rel=0.05)
    assert np.abs(ours[6]).max() == pytest.approx(np.abs(theirs[6]).max(), rel=0.02)
    for place in (1, 2, 3, 4, 5):
        np.testing.assert_array_equal(ours[place], theirs[place])


def test_it_stops_after_the_first_epoch_whose_loss_is_not_finite(
    binary: tuple[Parts, Shape],
) -> None:
    parts, shape = binary
    curve = alone(
        parts, shape, optimizer="sgd", learning_rate=1e30, activation="exponential"
    ).advance(50)
    assert not np.isfinite(curve["loss"][-1])
    assert np.isfinite(curve["loss"][:-1]).all()
    assert len(curve["loss"]) < 50


@pytest.mark.long  # in short by the weighted rows of every task
def test_every_task_trains_as_by_fit(any_task: tuple[Parts, Shape]) -> None:
    parts, shape = any_task
    ours, stock = both(parts, shape)
    agree(ours, stock, parts)


@pytest.mark.parametrize(
    "any_task",
    long_but(["labels"], {name: name for name in ANY_TASK}),
    indirect=True,
)
def test_weighted_rows_of_every_task_train_as_by_fit(any_task: tuple[Parts, Shape]) -> None:
    parts, shape = weighted(*any_task)
    ours, stock = both(parts, shape)
    agree(ours, stock, parts)


@pytest.mark.parametrize(
    ("rows", "changes"),
    long_but(
        ["three_classes batch norm"],
        {
            f"{rows} {name}": (rows, changes)
            for rows in ("rare", "three_classes")
            for name, changes in {
                "plain": {},
                "l2": {"l2": 0.01},
                "batch norm": {"batch_norm": True},
            }.items()
        },
    ),
)
def test_balanced_classes_train_as_by_fit(
    rows: str, changes: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    parts, shape = request.getfixturevalue(rows)
    agree(*both(parts, shape, class_weight="balanced", **changes), parts)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_what_it_learnt_is_a_keras_model_that_predicts_alike(
    any_task: tuple[Parts, Shape], batch_norm: bool
) -> None:
    parts, shape = any_task
    params = {**PLAIN, "batch_norm": batch_norm}
    trained = NumpyTraining(shape, params, parts.train, parts.validation, SEED)
    trained.advance(3)
    model = build(None, shape, params, 7)
    model.set_weights(trained.arrays())
    x = parts.validation.x
    check_alike({"rows": predictions(model, x, shape.task)}, {"rows": trained.predictions(x)})
    model.set_weights([array + 0.1 for array in trained.arrays()])
    with pytest.raises(UnlikeError, match="on rows the Keras model's predictions differ by up to"):
        check_alike({"rows": predictions(model, x, shape.task)}, {"rows": trained.predictions(x)})


def test_a_sweep_is_the_range_test_that_keras_does(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary
    rates = np.geomspace(1e-3, 0.3, 12).astype(np.float32)
    ours, stock = both(parts, shape, optimizer="sgd")
    found, expected = ours.sweep(rates), stock.sweep(rates)
    assert found.keys() == expected.keys() == {"loss", "accuracy"}
    for measure in found:
        np.testing.assert_allclose(found[measure], expected[measure], rtol=1e-3, atol=1e-4)
