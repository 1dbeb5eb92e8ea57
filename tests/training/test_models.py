"""What is built, measured, predicted and saved."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from search import circles
from search.data.dataset import Shape
from search.data.split import Parts, Split
from search.study.field_space import ACTIVATIONS, OPTIMIZERS
from search.training.export import keras_bytes, load
from search.training.model import ModelError, build, check_compiled, with_plain_rate
from search.training.plan import TrainingPlan
from search.training.predict import predictions
from search.training.rate_range import rate_range
from search.training.rate_suggestion import growing_rates, suggest
from tests.training.conftest import PLAIN, asked, trainer_of

pytestmark = pytest.mark.keras
BINARY = Shape((2,), 1, "binary")


def kinds(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_a_dense_configuration_is_a_plain_sequential_model() -> None:
    params = {**PLAIN, "layers": 2, "dropout": 0.2, "batch_norm": True, "l2": 0.1}
    model = build(None, BINARY, params, seed=1)
    hidden = ["Dense", "BatchNormalization", "Activation", "Dropout"]
    assert type(model) is keras.Sequential
    assert kinds(model) == [*hidden, *hidden, "Dense"]
    assert model.layers[0].kernel_regularizer.l2 == pytest.approx(0.1)
    assert model.layers[-1].activation is keras.activations.sigmoid
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


def test_several_classes_end_in_a_softmax_and_pictures_are_flattened() -> None:
    model = build(None, Shape((4, 4), 3, "multiclass"), PLAIN, seed=1)
    assert kinds(model)[0] == "Flatten"
    assert model.output_shape == (None, 3)
    assert model.layers[-1].activation is keras.activations.softmax


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second, third = (build(None, BINARY, PLAIN, seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], third[0])


def test_the_names_that_a_space_knows_are_keras_own() -> None:
    for name in ACTIVATIONS:
        assert callable(keras.activations.get(name)), name
    for name in OPTIMIZERS:
        assert isinstance(keras.optimizers.get(name), keras.optimizers.Optimizer), name


def two_outputs() -> Any:
    inputs = keras.Input((2,))
    model = keras.Model(inputs, [keras.layers.Dense(1, name=name)(inputs) for name in "ab"])
    model.compile("sgd", ["binary_crossentropy", "mse"])
    return model


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: 3, "returned int"),
        (lambda: compiled(keras.layers.Dense(7)), "output shape (None, 7)"),
        (
            two_outputs,
            "a model with 2 outputs, and these rows have one array of targets; "
            "let it end in one output of one unit, or give targets for each by arrays(x, {'a': …, "
            "'b': …})",
        ),
    ],
)
def test_what_build_returns_is_checked(made: Any, says: str) -> None:
    with pytest.raises(ModelError, match=re.escape(says)):
        build(made, BINARY, {}, seed=1)


def test_a_model_that_keras_cannot_train_is_refused() -> None:
    with pytest.raises(ModelError, match="not compiled"):
        check_compiled(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))


def compiled(*layers: Any) -> Any:
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def test_a_curve_holds_what_the_model_measures(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary

    def measuring() -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
        metrics = ["binary_accuracy", keras.metrics.AUC(name="auc"), "mean_absolute_error"]
        model.compile("sgd", "binary_crossentropy", metrics=metrics)
        return model

    for engine in ("in-graph", "fit"):
        trainer = trainer_of(parts, shape, engine)
        curve = trainer.begin(asked(build(measuring, shape, {}, 1), 32, 1)).advance(2)
        names = {"loss", "accuracy", "auc", "mae"}
        assert curve.keys() == names | {f"val_{name}" for name in names}
        assert {len(values) for values in curve.values()} == {2}
        # The objective's own name for a measure is the one that its curve has.
        towards = TrainingPlan.towards("val_binary_accuracy", 2, shape.task)
        request = replace(asked(build(measuring, shape, {}, 1), 32, 1), plan=towards)
        assert {"binary_accuracy", "mae"} <= trainer.begin(request).advance(1).keys()


def test_probabilities_sum_to_one_and_are_cut_to_their_range() -> None:
    model = compiled(keras.layers.Dense(1))
    model.set_weights([np.array([[10.0], [0.0]]), np.array([0.0])])
    found = predictions(
        model, np.array([[-1.0, 0.0], [0.03, 0.0], [1.0, 0.0]], dtype="float32"), "binary"
    )
    np.testing.assert_allclose(found, [[1.0, 0.0], [0.7, 0.3], [0.0, 1.0]], atol=1e-6)


def test_an_exported_model_predicts_the_same(tmp_path: Path) -> None:
    model = build(None, BINARY, {**PLAIN, "batch_norm": True}, seed=1)
    path = tmp_path / "model.keras"
    path.write_bytes(keras_bytes(model))
    x = circles(samples=50).load().x
    np.testing.assert_array_equal(
        predictions(load(path), x, "binary"), predictions(model, x, "binary")
    )


def test_only_keras_files_are_loaded(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"only \.keras files"):
        load(tmp_path / "model.h5")


def test_a_model_with_a_lambda_is_not_loaded(tmp_path: Path) -> None:
    model = compiled(keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(1, "sigmoid"))
    path = tmp_path / "model.keras"
    path.write_bytes(keras_bytes(model))
    with pytest.raises(ValueError, match=r"(?i)lambda"):
        load(path)


def test_the_suggested_rate_is_within_a_decade_of_the_tutorials() -> None:
    data = circles(samples=1000, noise=0.02, seed=42).load()
    parts = Split(validation=0.1, held_out=0.2, shuffle=False).parts(data)
    rates = growing_rates()
    params = {**PLAIN, "units": 5, "learning_rate": 1e-3}
    losses = []
    for seed in range(5):
        model = build(None, data.shape, params, seed)
        trained = trainer_of(parts, data.shape).begin(asked(model, 32, seed))
        losses.append(rate_range(trained, rates)["loss"])
    lowest, suggested = suggest(rates, losses)
    assert suggested is not None
    assert lowest is not None
    assert 0.002 <= suggested <= 0.2
    assert suggested <= lowest


def test_a_range_test_replaces_a_schedule(binary: tuple[Parts, Shape]) -> None:
    parts, shape = binary

    def scheduled() -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, "sigmoid")])
        schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
        model.compile(keras.optimizers.SGD(schedule), "binary_crossentropy", metrics=["accuracy"])
        return model

    model = with_plain_rate(build(scheduled, shape, {}, 1))
    losses = rate_range(trainer_of(parts, shape).begin(asked(model, 32, 1)), (1e-9, 1.0))["loss"]
    assert losses[0] is not None
    assert losses[1] is not None
    assert float(model.optimizer.learning_rate) == pytest.approx(1.0)


def test_a_suggestion_needs_a_loss_that_falls() -> None:
    rates = growing_rates(epochs=20)
    rising = [[float(i) for i in range(20)]]
    falling = [[1.0] * 8 + [0.5] * 4 + [0.2] * 4 + [None] * 4]
    assert suggest(rates, rising) == (rates[0], None)
    assert suggest(rates, [[None] * 20]) == (None, None)
    lowest, suggested = suggest(rates, falling)
    assert lowest is not None
    assert suggested is not None
    assert rates[7] <= suggested <= lowest <= rates[15]


def test_build_need_not_take_what_training_reads() -> None:
    def make(units: int) -> Any:
        model = keras.Sequential([keras.layers.Dense(units), keras.layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy")
        return model

    values = {"units": 5, "batch_size": 8, "class_weight": "balanced"}
    assert build(make, BINARY, values, seed=1).layers[0].units == 5
