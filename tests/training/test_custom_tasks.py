"""Targets of any shape beside what a model gives: compared, written for its loss, measured."""

from typing import Any

import numpy as np
import pytest

from search import arrays
from search.data.dataset import Shape
from search.data.split import Rows
from search.data.tree import Tree
from search.metrics.intervals import Draws
from search.training.custom import CustomMeasures, best_constant
from search.training.model import ModelError, build
from search.training.model_outputs import OutputsError, as_losses_take, check_values
from search.training.own_rows import own_rows
from tests.training.custom_jobs import jobs

pytestmark = pytest.mark.keras
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(30, 4)).astype("float32")


def two_outputs(kind_loss: str = "sparse_categorical_crossentropy", *, named: bool = True) -> Any:
    import keras

    inputs = keras.Input((4,))
    price = keras.layers.Dense(1, name="price")(inputs)
    kind = keras.layers.Dense(3, "softmax", name="kind")(inputs)
    outputs = {"price": price, "kind": kind} if named else [price, kind]
    model = keras.Model(inputs, outputs)
    model.compile("sgd", loss={"price": "mse", "kind": kind_loss}, metrics={"kind": ["accuracy"]})
    return model


def one_output(last: Any, loss: Any, shape: tuple[int, ...] = (4,), **more: Any) -> Any:
    import keras

    model = keras.Sequential([keras.Input(shape), last])
    model.compile("sgd", loss, **more)
    return model


def built(make: Any, y: Any, x: Any = X, task: str | None = None) -> tuple[Any, Shape]:
    shape = arrays(x, y, task=task).load().shape
    return build(make, shape, {}, seed=0), shape


PRICES, KINDS = X[:, 0], np.arange(30) % 3


@pytest.mark.parametrize(
    ("y", "told"),
    [
        ({"price": PRICES, "sort": KINDS}, "the outputs 'price', 'kind', and the targets are "
         "'price', 'sort'; let names and number be the same, such as by arrays(x, {'price': …, "
         "'kind': …})"),
        ([PRICES], "the outputs 'price', 'kind'"),
        ([PRICES, KINDS], "the outputs 'price', 'kind', and the targets are '0', '1'"),
        ({"price": X[:, :2], "kind": KINDS}, "whose output 'price' gives (1,) for each row, and "
         "y['price'] is of shape (2,)"),
        ({"price": PRICES, "kind": X[:, :2]}, "y['kind'] is of shape (2,); its loss "
         "(sparse_categorical_crossentropy) needs one class a row"),
    ],
)  # fmt: skip
def test_outputs_that_are_no_targets_are_refused_by_name(y: Any, told: str) -> None:
    with pytest.raises(ModelError) as refused:
        built(two_outputs, y)
    assert told in str(refused.value)


@pytest.mark.parametrize("argument", ["loss", "metrics", "weighted_metrics"])
def test_keys_of_a_loss_or_metrics_that_are_no_outputs_are_refused(argument: str) -> None:
    losses = {"price": "mse", "kind": "sparse_categorical_crossentropy"}
    wrong = {"price": "mse", "kinds": "sparse_categorical_crossentropy"}

    def make() -> Any:
        model = two_outputs()
        model.compile("sgd", **{"loss": losses, argument: wrong})
        return model

    with pytest.raises(ModelError) as refused:
        built(make, {"price": PRICES, "kind": KINDS})
    assert str(refused.value) == (
        f"build compiles with {argument} for 'price', 'kinds', and the model's outputs are "
        "'price', 'kind'; let the keys be those names"
    )


@pytest.mark.parametrize(
    ("y", "task", "told"),
    [
        (KINDS, None, "(None, 7), and y has 3 classes; let it end in 3 units"),
        (KINDS % 2, None, "(None, 7), and y has 2 classes; let it end in one unit"),
        (X[:, :2], None, "(None, 7), and y has 2 numbers; let it end in 2 units"),
        (PRICES, None, "(None, 7), and y is one number a row; let it end in one unit"),
        (X[:, :3] > 0, "multilabel", "(None, 7), and y has 3 labels; let it end in 3 units"),
    ],
)
def test_outputs_of_another_width_are_refused_beside_the_targets(
    y: Any, task: str | None, told: str
) -> None:
    import keras

    with pytest.raises(ModelError) as refused:
        built(lambda: one_output(keras.layers.Dense(7), "mse"), y, task=task)
    assert told in str(refused.value)


@pytest.mark.parametrize("named", [True, False])
def test_names_and_order_of_outputs_find_their_targets(named: bool) -> None:
    for y in ({"kind": KINDS, "price": PRICES}, *([] if named else [[PRICES, KINDS]])):
        model, _ = built(lambda: two_outputs(named=named), y)
        data = arrays(X, y).load()
        found = own_rows(model, data.x, as_losses_take(model, data.y))
        given = {"price": PRICES, "kind": KINDS} if named else [PRICES, KINDS]
        asked = model.evaluate(X, given, verbose=0, return_dict=True)
        assert found.values == pytest.approx(asked, rel=1e-5)


def test_a_model_whose_outputs_have_another_shape_than_masks_is_refused() -> None:
    import keras

    masks = np.zeros((30, 8, 8))
    conv = keras.layers.Conv2D(2, 3, activation="sigmoid")
    with pytest.raises(ModelError, match=r"gives \(6, 6, 2\) for each row, and y is of shape"):
        built(lambda: one_output(conv, "binary_crossentropy", (8, 8, 1)), masks, masks[..., None])


def test_classes_are_written_as_each_loss_takes_them() -> None:
    one_hot = np.eye(3, dtype="float32")[KINDS]
    sparse = two_outputs()
    taken = as_losses_take(sparse, Tree({("price",): PRICES, ("kind",): one_hot}))
    assert np.array_equal(taken.leaves["kind",], KINDS)
    dense = two_outputs("categorical_crossentropy")
    taken = as_losses_take(dense, Tree({("price",): PRICES, ("kind",): KINDS}))
    assert np.array_equal(taken.leaves["kind",], one_hot)
    soft = Tree({("price",): PRICES, ("kind",): one_hot * 0.9 + 0.1 / 3})
    assert as_losses_take(dense, soft).leaves["kind",] is soft.leaves["kind",]


@pytest.mark.parametrize(
    ("kinds", "loss", "told"),
    [
        (np.arange(30) % 4, "sparse_categorical_crossentropy",
         "one for each of the 3 units of the output, and y['kind'] goes from 0 to 3"),
        (np.arange(30) % 3 / 2, "sparse_categorical_crossentropy", "goes from 0 to 1"),
        (np.eye(3)[KINDS] * 2, "categorical_crossentropy", "is for targets from 0 to 1"),
        (np.array(["a", "b", "c"])[KINDS], "mean_squared_error",
         "y['kind'] is of classes, and its loss (mean_squared_error) is for numbers"),
    ],
)  # fmt: skip
def test_values_that_a_loss_is_not_for_are_refused(kinds: Any, loss: str, told: str) -> None:
    data = arrays(X, {"price": PRICES, "kind": kinds}).load()
    with pytest.raises(OutputsError) as refused:
        check_values(two_outputs(loss), data.y, data.classes)
    assert told in str(refused.value)


@pytest.mark.parametrize("name", jobs())
def test_rows_have_the_mean_that_keras_measures(name: str) -> None:
    job = jobs()[name]
    data = arrays(job.x, job.y, task=job.task).load()
    model = build(lambda: job.build(4), data.shape, {}, seed=0)
    measured = CustomMeasures(model, "val_loss", Rows(data.x, data.y), data.shape)
    assert set(measured.found.rows) == set(measured.found.values)
    estimate = measured.estimate(Draws.of(len(data.x)))
    assert len(estimate.drawn)
    assert estimate.drawn.std() == pytest.approx(
        measured.of_rows.std() / np.sqrt(len(data.x)), rel=0.3
    )


def test_what_is_no_mean_over_rows_has_no_rows_but_draws_of_its_own() -> None:
    import keras

    last = keras.layers.Conv2D(1, 1, activation="sigmoid")
    pictures = DRAW.normal(size=(30, 4, 4, 1)).astype("float32")
    iou = keras.metrics.BinaryIoU(name="iou")
    data = arrays(pictures, pictures[..., 0] > 0.5).load()
    model = build(
        lambda: one_output(last, "binary_crossentropy", (4, 4, 1), metrics=[iou]), data.shape, {}, 0
    )
    measured = CustomMeasures(model, "val_iou", Rows(data.x, data.y), data.shape)
    estimate = measured.estimate(Draws.of(30))
    assert measured.of_rows.shape == (30, 0)
    assert estimate.value == pytest.approx(measured.found.values["iou"], rel=1e-5)
    assert 0 < estimate.drawn.std() < 0.1
    beside = CustomMeasures(model, "val_loss", Rows(data.x, data.y), data.shape).all_of(
        Draws.of(30)
    )
    assert beside["iou"].value == pytest.approx(estimate.value)
    assert beside["iou"].drawn == pytest.approx(estimate.drawn)


def test_a_loss_that_needs_a_whole_batch_is_known_of_all_rows_alone() -> None:
    import keras

    def spread(y: Any, said: Any) -> Any:
        return keras.ops.mean(keras.ops.square(said - y)) / (keras.ops.std(y) + 1e-3)

    data = arrays(X, X[:, :1], task="custom").load()
    model = build(lambda: one_output(keras.layers.Dense(1), spread), data.shape, {}, 0)
    measured = CustomMeasures(model, "val_loss", Rows(data.x, data.y), data.shape)
    assert measured.of_rows.shape == (30, 0)


def subclassed() -> Any:
    import keras

    class Two(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.price, self.kind = keras.layers.Dense(1), keras.layers.Dense(3, "softmax")

        def call(self, x: Any) -> Any:
            return {"price": self.price(x), "kind": self.kind(x)}

    model = Two()
    model.compile("sgd", {"price": "mse", "kind": "sparse_categorical_crossentropy"})
    return model


@pytest.mark.parametrize("make", [two_outputs, subclassed])
def test_the_constant_is_the_best_by_the_models_own_loss(make: Any) -> None:
    model, shape = built(make, {"price": PRICES, "kind": KINDS})
    data = arrays(X, {"price": PRICES, "kind": KINDS}).load()
    said = best_constant(model, "val_loss", Rows(data.x, data.y), shape, maximize=False)
    assert said["price"] == pytest.approx([PRICES.mean()], abs=1e-5)
    assert said["kind"] == pytest.approx([1 / 3] * 3, abs=1e-3)
    measured = CustomMeasures(model, "val_loss", Rows(data.x, data.y), shape)
    found = measured.of_constant(Rows(data.x, data.y), Draws.of(30), maximize=False)
    assert found is not None
    assert found.value == pytest.approx(PRICES.var() + np.log(3), rel=1e-3)


def test_a_loss_that_draws_random_numbers_is_a_mean_around_which_its_rows_lie() -> None:
    import keras

    class Noisy(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.line, self.seed = keras.layers.Dense(1), keras.random.SeedGenerator(1)

        def call(self, x: Any) -> Any:
            return self.line(x)

        def compute_loss(self, x: Any, y: Any, y_pred: Any, *_: Any, **more: Any) -> Any:
            noise = keras.random.normal(keras.ops.shape(y_pred), seed=self.seed)
            return super().compute_loss(x, y, y_pred + noise)

    data = arrays(X, X[:, :1], task="custom").load()
    model = Noisy()
    model.compile("adam", "mse")
    model(X)
    found = own_rows(model, data.x, data.y)
    assert found.measured == 6
    assert found.rows["loss"].mean() == pytest.approx(found.values["loss"])
    again = [model.evaluate(X, X[:, :1], verbose=0) for _ in range(200)]
    assert found.values["loss"] == pytest.approx(np.mean(again), abs=5 * np.std(again) / 6**0.5)


def test_the_penalty_of_weights_is_no_part_of_a_held_out_loss() -> None:
    import keras

    regular = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(3.0))
    data = arrays(X, X[:, :1], task="custom").load()
    model = build(lambda: one_output(regular, "mse"), data.shape, {}, 0)
    found = own_rows(model, data.x, data.y)
    errors = np.square(model.predict(X, verbose=0) - X[:, :1])
    assert found.values["loss"] == pytest.approx(errors.mean(), rel=1e-4)
    assert found.rows["loss"] == pytest.approx(errors[:, 0], rel=1e-3, abs=1e-4)
