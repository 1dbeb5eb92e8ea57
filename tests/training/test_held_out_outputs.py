"""How outputs are read of which a page shows more than the loss, against plain NumPy."""

from typing import Any

import numpy as np
import pytest

from search.data.split import Rows
from search.data.tree import Tree
from search.study.output_forms import OutputForm

pytestmark = pytest.mark.keras

ROWS = 30
DRAW = np.random.default_rng(0)
FLAT = DRAW.normal(size=(ROWS, 4)).astype("float32")
PIXELS = DRAW.normal(size=(ROWS, 6, 8, 1)).astype("float32")
CURVES = DRAW.normal(size=(ROWS, 12)).astype("float32")


def kept_outputs(*given: Any) -> tuple[tuple[OutputForm, ...], dict[str, Any]]:
    from search.training import held_out_outputs

    model, x, y, *more = given
    return held_out_outputs.kept_outputs(model, Rows(x, y), *more)


def kept(model: Any, x: Any, y: Any) -> tuple[tuple[OutputForm, ...], dict[str, Any]]:
    return kept_outputs(model, x, y, y)


def sequential(x: Any, *layers: Any, loss: Any) -> Any:
    import keras

    model = keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), *layers])
    model.compile("adam", loss)
    return model


def test_logits_of_classes_and_labels_become_probabilities() -> None:
    import keras

    rows = keras.Input((4,))
    outputs = {
        "kind": keras.layers.Dense(3)(rows),
        "yes": keras.layers.Dense(1)(rows),
        "tags": keras.layers.Dense(4)(rows),
        "sure": keras.layers.Dense(3, "softmax")(rows),
    }
    model = keras.Model(rows, outputs)
    binary = keras.losses.BinaryCrossentropy(from_logits=True)
    of_classes = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = {"kind": of_classes, "yes": binary, "tags": binary}
    model.compile("adam", losses | {"sure": "categorical_crossentropy"})
    kind = DRAW.integers(0, 3, ROWS)
    tags = DRAW.integers(0, 2, (ROWS, 4))
    y = {"kind": kind, "yes": tags[:, 0], "tags": tags, "sure": np.eye(3)[kind]}
    forms, found = kept(model, FLAT, Tree({(name,): rows for name, rows in y.items()}))
    told = {form.name: (place, form) for place, form in enumerate(forms)}
    assert {name: (form.task, form.link) for name, (_, form) in told.items()} == {
        "kind": ("multiclass", "softmax"),
        "yes": ("binary", "sigmoid"),
        "tags": ("multilabel", "sigmoid"),
        "sure": ("multiclass", ""),
    }
    given = {name: np.asarray(of) for name, of in model(FLAT).items()}
    grown = np.exp(given["kind"])
    said = {name: found[f"{place} said"] for name, (place, _) in told.items()}
    close = {"atol": 1e-5}
    np.testing.assert_allclose(said["kind"], grown / grown.sum(axis=1, keepdims=True), **close)
    np.testing.assert_allclose(said["yes"][:, 1], 1 / (1 + np.exp(-given["yes"][:, 0])), **close)
    np.testing.assert_allclose(said["tags"], 1 / (1 + np.exp(-given["tags"])), **close)
    np.testing.assert_allclose(said["sure"], given["sure"], **close)
    place = told["sure"][0]
    np.testing.assert_array_equal(found[f"{place} truth"], kind)
    np.testing.assert_allclose(found[f"{place} constant"], np.bincount(kind, minlength=3) / ROWS)


@pytest.mark.parametrize("named", [True, False])
def test_outputs_of_a_subclassed_model_are_known_by_what_it_gives(named: bool) -> None:
    import keras

    class Two(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.price, self.kind = keras.layers.Dense(1), keras.layers.Dense(3, "softmax")

        def call(self, x: Any) -> Any:
            price, kind = self.price(x), self.kind(x)
            return {"price": price, "kind": kind} if named else [price, kind]

    names = ("price", "kind") if named else (0, 1)
    losses = ["mse", "sparse_categorical_crossentropy"]
    model, kind = Two(), DRAW.integers(0, 3, ROWS)
    model.compile("adam", dict(zip(names, losses, strict=True)) if named else losses)
    model(FLAT)
    forms, found = kept(model, FLAT, Tree({(names[0],): FLAT[:, 0], (names[1],): kind}))
    own = names if named else ("arr_0", "arr_1")
    assert {form.name: form.task for form in forms} == {own[0]: "regression", own[1]: "multiclass"}
    price, kinds = (np.asarray(one) for one in keras.tree.flatten(model(FLAT)))
    if named:  # Keras flattens a dict by its keys
        price, kinds = kinds, price
    place = {form.task: place for place, form in enumerate(forms)}
    np.testing.assert_allclose(found[f"{place['regression']} said"], price, atol=1e-6)
    np.testing.assert_allclose(found[f"{place['multiclass']} said"], kinds, atol=1e-6)
    np.testing.assert_array_equal(found[f"{place['multiclass']} truth"], kind)


@pytest.mark.parametrize("named", [True, False])
def test_outputs_and_classes_have_their_names_where_there_are_any(named: bool) -> None:
    import keras

    from search.training.output_forms import told_outputs

    rows = keras.Input((4,))
    given = {
        "price": keras.layers.Dense(1, name="price")(rows),
        "kind": keras.layers.Dense(4, "softmax", name="kind")(rows),
        "sold": keras.layers.Dense(1, "sigmoid", name="sold")(rows),
    }
    losses = ["mse", "sparse_categorical_crossentropy", "binary_crossentropy"]
    model = keras.Model(rows, given if named else [*given.values()])
    model.compile("adam", dict(zip(given, losses, strict=True)) if named else losses)
    paths = [(name,) if named else (place,) for place, name in enumerate(given)]
    kind, sold = DRAW.integers(0, 3, ROWS), DRAW.integers(0, 2, ROWS)
    y = Tree(dict(zip(paths, (FLAT[:, 0], kind, sold), strict=True)))
    classes = ((paths[1], ("high", "low", "mid")), (paths[2], ("no", "yes")))
    forms, _ = kept_outputs(model, FLAT, y, y, classes)
    assert {form.name: form.names for form in forms} == {
        "price": ("price",),
        "kind": ("high", "low", "mid", "3"),  # of which no row is
        "sold": ("no", "yes"),
    }
    told = told_outputs(model, FLAT, y, classes)
    keys = dict(zip(given, given if named else ("arr_0", "arr_1", "arr_2"), strict=True))
    assert told == {
        "links": {},
        "called": {} if named else {key: name for name, key in keys.items()},
        "classes": {keys["kind"]: ("high", "low", "mid", "3"), keys["sold"]: ("no", "yes")},
    }


def test_outputs_of_a_model_for_batches_of_one_size_are_read() -> None:
    import keras

    from search.training.fixed_batch import fill_up
    from search.training.output_forms import told_outputs

    rows = keras.Input(batch_shape=(8, 4))
    model = keras.Model(rows, {name: keras.layers.Dense(1)(rows) for name in ("a", "b")})
    model.compile("adam", {"a": "mse", "b": "mse"})
    fill_up(model, 8)
    y = Tree({("a",): FLAT[:, 0], ("b",): FLAT[:, 1]})
    forms, found = kept(model, FLAT, y)
    assert [form.name for form in forms] == ["a", "b"]
    weights = model.layers[1].get_weights()
    np.testing.assert_allclose(found["0 said"], FLAT @ weights[0] + weights[1], atol=1e-5)
    some = slice(8)
    assert told_outputs(model, FLAT[some], y[some], ())["called"] == {}


def test_padding_and_classes_that_the_loss_leaves_out_do_not_count() -> None:
    import keras

    ids = DRAW.integers(1, 9, (ROWS, 5))
    ids[:, 3:] = np.where(DRAW.random((ROWS, 2)) < 0.5, 0, ids[:, 3:])
    y = (ids % 3).astype("int32")
    layers = keras.layers.Embedding(9, 4, mask_zero=True), keras.layers.Dense(3)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=2)
    model = sequential(ids, *layers, loss=loss)
    (form,), found = kept(model, ids, y)
    assert (form.form, form.task, form.shape, form.link) == (
        "places",
        "multiclass",
        (5,),
        "softmax",
    )
    called, counts = np.asarray(model(ids)).argmax(axis=-1), (ids > 0) & (y != 2)
    np.testing.assert_array_equal(found["0 right"][:, 0], ((called == y) & counts).sum(axis=1))
    np.testing.assert_array_equal(found["0 right"][:, 1], counts.sum(axis=1))
    np.testing.assert_array_equal(found["0 by step"] >= 0, counts)
    assert found["0 counts"].sum(axis=0)[2, 2] == 0


def test_masks_of_several_classes_are_counted_by_pixel() -> None:
    import keras

    y = DRAW.integers(0, 4, (ROWS, 6, 8))
    layer = keras.layers.Conv2D(4, 3, padding="same", activation="softmax")
    model = sequential(PIXELS, layer, loss="sparse_categorical_crossentropy")
    (form,), found = kept(model, PIXELS, y)
    assert (form.form, form.shape) == ("places", (6, 8))
    called = np.asarray(model(PIXELS)).argmax(axis=-1)
    metric = keras.metrics.MeanIoU(num_classes=4)
    metric.update_state(y, called)
    from search.metrics.overlap import mean_iou

    assert float(mean_iou(found["0 counts"].sum(axis=0))) == pytest.approx(float(metric.result()))
    counts = np.zeros((4, 4), int)
    np.add.at(counts, (y.ravel(), called.ravel()), 1)
    np.testing.assert_array_equal(found["0 matrix"].sum(axis=0), counts)
    places = found["0 drawn"]
    of_rows = mean_iou(found["0 counts"])
    assert of_rows[places[0]] == of_rows.min()
    assert of_rows[places[-1]] == of_rows.max()
    np.testing.assert_array_equal(found["0 drawn truth"], y[places])
    np.testing.assert_array_equal(found["0 drawn said"], called[places])
    np.testing.assert_array_equal(found["0 drawn x"], PIXELS[places])


def test_a_reconstruction_is_known_by_its_targets_whatever_its_loss() -> None:
    import keras

    flags = (CURVES > 0).astype("float32")
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model = sequential(flags, keras.layers.Dense(12), loss=loss)
    (form,), found = kept(model, flags, flags)
    assert (form.form, form.same, form.link) == ("values", True, "sigmoid")
    errors = 1 / (1 + np.exp(-np.asarray(model(flags)))) - flags
    np.testing.assert_allclose(found["0 errors"][:, 0], np.square(errors).mean(1), rtol=1e-4)
    np.testing.assert_allclose(found["0 errors"][:, 1], np.abs(errors).mean(1), rtol=1e-4)
    gaps = flags.mean(axis=0) - flags
    np.testing.assert_allclose(found["0 constant errors"][:, 0], np.square(gaps).mean(1), rtol=1e-4)


def test_what_a_loss_of_ones_own_means_is_not_guessed() -> None:
    import keras

    def pinball(truth: Any, said: Any) -> Any:
        return keras.ops.mean(keras.ops.maximum(0.9 * (truth - said), 0.1 * (said - truth)), -1)

    model = sequential(FLAT, keras.layers.Dense(12), loss=pinball)
    assert kept(model, FLAT, CURVES) == ((), {})
