"""A metric that a model was compiled with has the interval that its like have."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, bootstrap

from search import arrays
from search.data.split import Rows
from search.finals.scoring import Judge
from search.metrics.base import Estimate, PairedScores
from search.metrics.intervals import Draws
from search.metrics.measures import plain_measure
from search.metrics.scores import score
from search.training.custom import CustomMeasures
from search.training.model import build

pytestmark = pytest.mark.keras
ROWS = 40
DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(ROWS, 2)).astype("float32")
KIND = np.digitize(X[:, 0], [-0.5, 0.5])
PRICE = X[:, 1] + 0.3 * DRAW.normal(size=ROWS)
NAMES = ("kind_accuracy", "kind_top2", "kind_iou", "price_near", "price_cosine", "price_mae")


def _model() -> Any:
    import keras

    def near(y: Any, said: Any) -> Any:
        return keras.ops.cast(keras.ops.abs(keras.ops.reshape(y, (-1, 1)) - said) < 0.4, "float32")

    inputs = keras.Input((2,))
    first = keras.layers.Rescaling([1.0, 0.0], name="first")(inputs)
    kind = keras.layers.Dense(3, "softmax", name="kind")(first)
    price = keras.layers.Dense(1, name="price")(inputs)
    model = keras.Model(inputs, {"kind": kind, "price": price})
    top2 = keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2")
    iou = keras.metrics.MeanIoU(3, sparse_y_pred=False, name="iou")
    cosine = keras.metrics.CosineSimilarity(name="cosine")
    model.compile(
        "sgd",
        {"kind": "sparse_categorical_crossentropy", "price": "mse"},
        metrics={"kind": ["accuracy", top2, iou], "price": [near, cosine, "mae"]},
    )
    # Classes by lines whose borders are nearly those of the truth.
    weights = np.array([[-8.0, 0.0, 8.0], [0.0, 0.0, 0.0]]), np.array([-5.0, 0.0, -2.9])
    model.get_layer("kind").set_weights(weights)
    model.get_layer("price").set_weights((np.array([[0.0], [1.0]]), np.zeros(1)))
    return model


@cache
def _measured() -> tuple[CustomMeasures, Any]:
    data = arrays(X, {"kind": KIND, "price": PRICE}).load()
    model = build(_model, data.shape, {}, seed=0)
    return CustomMeasures(model, "val_kind_accuracy", Rows(data.x, data.y), data.shape), data.y


def _judge() -> Judge:
    return Judge(_measured()[1], "custom", "val_kind_accuracy", maximize=True, own=True)


def _said() -> Any:
    return np.asarray(_measured()[0]._model(X)["kind"])


def test_an_accuracy_of_one_output_is_the_same_in_headline_table_and_section() -> None:
    measured, y = _measured()
    draws, judge = Draws.of(ROWS), _judge()
    winner = measured.estimate(draws)
    constant = measured.of_constant(Rows(X, y), draws, maximize=True)
    assert constant is not None
    right = int((_said().argmax(axis=1) == KIND).sum())
    assert 30 < right < ROWS
    table = judge.measured(measured.all_of(draws)["kind_accuracy"], "kind_accuracy")
    most = np.tile(np.bincount(KIND) / ROWS, (ROWS, 1))
    for estimate, said, hits in (
        (winner, _said(), right),
        (constant, most, int(np.bincount(KIND).max())),
    ):
        headline = judge.score(PairedScores(np.empty((ROWS, 0)), estimate)).judged
        section = score(said, KIND, "multiclass")
        ends = binomtest(hits, ROWS).proportion_ci(0.95, method="wilson")
        assert headline.value == pytest.approx(hits / ROWS)
        assert headline.interval == section.interval
        assert (headline.interval.low, headline.interval.high) == pytest.approx(tuple(ends))
    assert table.share
    assert table.maximize
    assert table.interval == judge.score(PairedScores(X, winner)).judged.interval
    lead = judge.paired(PairedScores(X, winner), PairedScores(X, constant))
    known = plain_measure("multiclass")
    pair = (PairedScores(of, known.estimate(of, KIND, draws)) for of in (_said(), most))
    assert lead == known.paired(KIND, *pair)


@pytest.mark.parametrize("name", NAMES)
def test_no_interval_of_a_metric_passes_its_natural_1(name: str) -> None:
    measured, _ = _measured()
    estimate = measured.all_of(Draws.of(ROWS))[name]
    told = _judge().measured(estimate, name)
    assert told.share is (name not in {"price_near", "price_mae"})
    assert told.interval is not None
    assert told.value is not None
    assert told.interval.low < told.value <= told.interval.high
    if name != "price_mae":
        assert told.interval.high <= 1
    rows = estimate.rows
    if name in {"kind_accuracy", "kind_top2", "price_near"}:
        ends = binomtest(round(told.value * ROWS), ROWS).proportion_ci(0.95, method="wilson")
        assert (told.interval.low, told.interval.high) == pytest.approx(tuple(ends))
    elif name == "price_mae":
        assert rows is not None
        errors = np.abs(np.asarray(measured._model(X)["price"])[:, 0] - PRICE)
        np.testing.assert_allclose(rows, errors, rtol=1e-4)
        found = bootstrap((errors,), np.mean, rng=np.random.default_rng(5)).confidence_interval
        within = (told.interval.low, told.interval.high)
        assert within == pytest.approx((found.low, found.high), rel=0.03)
    elif name == "kind_iou":
        assert rows is None


def test_rows_of_a_precision_are_not_its_rows_even_where_they_have_its_mean() -> None:
    """Without a hit each row's own precision is 0, and so is that of all."""
    import keras

    def make() -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, "sigmoid")])
        model.compile("sgd", "mse", metrics=[keras.metrics.Precision(name="precision")])
        return model

    y = np.zeros((ROWS, 2), "float32")
    data = arrays(X, y, task="custom").load()
    measured = CustomMeasures(
        build(make, data.shape, {}, seed=0), "val_loss", Rows(data.x, data.y), data.shape
    )
    estimate = measured.all_of(Draws.of(ROWS))["precision"]
    assert estimate.value == 0
    assert estimate.rows is None
    assert (
        Judge(data.y, "custom", "val_loss", maximize=False).measured(estimate, "precision").interval
        is None
    )


def test_what_may_be_negative_ends_below_its_natural_1() -> None:
    drawn = np.tanh(0.8 + 0.9 * np.random.default_rng(0).normal(size=1000))
    estimate = Estimate(float(np.tanh(0.8)), drawn, share=True)
    within = _judge_of_numbers().measured(estimate, "price_correlation").interval
    assert within is not None
    assert within.low < 0 < within.high < 1


def _judge_of_numbers() -> Judge:
    return Judge(np.zeros(ROWS), "custom", "val_loss", maximize=False)
