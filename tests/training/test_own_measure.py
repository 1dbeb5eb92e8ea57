"""A model's own metric or loss on rows drawn anew, against plain Keras and scikit-learn."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, mean_absolute_percentage_error

from search.data.dataset import Shape
from search.metrics.intervals import Draws

pytestmark = pytest.mark.keras

X = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
CODES = (X[:, 0] + 0.5 * np.random.default_rng(1).normal(size=300) > 0.5).astype(np.int32)

CLASSES, NUMBERS = Shape((3,), 1, "binary"), Shape((3,), 1, "regression")


def classifier(*metrics: Any, loss: str = "binary_crossentropy") -> Any:
    import keras

    keras.utils.set_random_seed(0)
    layers = [keras.Input((3,)), keras.layers.Dense(1, "sigmoid", kernel_regularizer="l2")]
    model = keras.Sequential(layers)
    model.compile("adam", loss, metrics=list(metrics))
    return model


def test_an_own_f2_is_measured_and_drawn_as_by_scikit_learn() -> None:
    import keras

    from search.training.own_measure import of_others

    model = classifier(keras.metrics.FBetaScore(beta=2.0, threshold=0.5, name="f2"))
    y = CODES.astype(np.float32).reshape(-1, 1)
    constant = np.column_stack([np.zeros(300), np.ones(300)])
    found = of_others(model, "val_f2", (X, y, None), {"constant": constant}, CLASSES)
    called = np.asarray(model(X))[:, 0] > 0.5
    draws = Draws.of(300)
    assert found[""].value == pytest.approx(fbeta_score(CODES, called, beta=2), abs=1e-4)
    of_draw = draws.places(7)
    expected = fbeta_score(CODES[of_draw], called[of_draw], beta=2)
    assert found[""].drawn[7] == pytest.approx(expected, abs=1e-4)
    always = fbeta_score(CODES, np.ones(300), beta=2)
    assert found["constant"].value == pytest.approx(always, abs=1e-4)


def test_an_own_loss_is_measured_without_the_penalty_of_weights() -> None:
    from search.training.own_measure import OwnMeasure, of_others, of_validation

    model = classifier(loss="mean_absolute_percentage_error")
    y = (1.0 + CODES).astype(np.float32).reshape(-1, 1)
    said = np.asarray(model(X), float)
    expected = 100 * mean_absolute_percentage_error(y, said)
    assert of_others(model, "val_loss", (X, y, None), {}, NUMBERS)[""].value == pytest.approx(
        expected, rel=1e-4
    )
    recorded = model.evaluate(X, y, verbose=0)
    found = of_validation(OwnMeasure(model, "val_loss", y, NUMBERS), X, recorded, Draws.of(300))
    assert found.value == pytest.approx(expected, rel=1e-4)
    assert len(found.drawn) == 200


def test_a_precision_of_two_columns_is_named_as_that_of_both() -> None:
    import keras

    from search.study.target_form import ONE_HOT, TargetForm
    from search.training.own_measure import OwnMeasure

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, "softmax")])
    both = keras.metrics.Precision(name="precision")
    second = keras.metrics.Precision(class_id=1, name="second")
    model.compile("adam", "categorical_crossentropy", metrics=[both, second])
    told = model.evaluate(X, np.eye(2)[CODES], verbose=0, return_dict=True)
    right = np.asarray(model(X)).argmax(axis=1) == CODES
    assert told["precision"] == pytest.approx(right.mean(), abs=1e-6)  # an accuracy
    shape = Shape((3,), 1, "binary", given=TargetForm(ONE_HOT))
    titles = [OwnMeasure(model, f"val_{n}", CODES, shape).title for n in ("precision", "second")]
    assert titles == [
        "precision (of both columns, the model's own)",
        "second (the model's own)",
    ]


@pytest.mark.parametrize(("objective", "sign"), [("val_loss", -1.0), ("val_cosine", 1.0)])
def test_an_interval_of_cosines_ends_where_cosines_do(objective: str, sign: float) -> None:
    import keras

    from search.metrics.custom import Custom
    from search.training.own_measure import OwnMeasure

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    cosine = keras.metrics.CosineSimilarity(name="cosine")
    model.compile("adam", "cosine_similarity", metrics=[cosine])
    said = np.array([[1.0, 0.01]] * 7 + [[0.0, 1.0]])
    y = np.tile(np.float32([1.0, 0.0]), (8, 1))
    model.evaluate(np.zeros((8, 3)), y, verbose=0)  # builds the metric
    own = OwnMeasure(model, objective, y, Shape((3,), 2, "regression"))
    seen = own.estimate(said, Draws.of(8))
    found = Custom("cosine", maximize=sign > 0, seen=seen).interval(said, y, seen)
    assert found is not None
    assert sign * seen.value == pytest.approx(7 / 8, abs=1e-3)
    assert -1.0 <= found.low < seen.value < found.high <= 1.0


def test_what_outputs_do_not_explain_has_no_draws() -> None:
    from search.training.own_measure import OwnMeasure, of_validation

    model = classifier()
    found = of_validation(OwnMeasure(model, "val_loss", CODES, CLASSES), X, 123.0, Draws.of(300))
    assert found.value == pytest.approx(123.0, abs=1.0)
    assert not len(found.drawn)


def test_a_class_that_a_graph_rounds_otherwise_is_no_other_measure() -> None:
    """Of 16 bits: a row lies at the cut, and what training recorded has it on the other side."""
    import keras

    from search.training.own_measure import OwnMeasure, of_others, of_validation

    def at_cut(said: Any) -> Any:
        return keras.ops.cast(said > cut, "float32")

    keras.utils.set_random_seed(0)
    half = {"dtype": "mixed_bfloat16"}
    layers = [keras.layers.Dense(16, "relu", **half), keras.layers.BatchNormalization(**half)]
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1, "sigmoid")])
    # At a cut about whose side graph and single operations disagree for a row.
    share = keras.metrics.MeanMetricWrapper(lambda y, said: at_cut(said), name="share")
    model.compile("adam", "binary_crossentropy", metrics=[share])
    cut = 0.5
    model.fit(X, CODES, verbose=0)
    single, graph = np.asarray(model(X, training=False)), model.predict(X, verbose=0)
    middles = ((single + graph) / 2)[np.abs(single - graph) > 1e-4]
    recorded, expected = 0.0, 0.0
    for cut in sorted(middles, key=lambda middle: abs(middle - np.median(single))):
        model.make_test_function(force=True)  # with this cut
        told = model.evaluate(X, CODES, batch_size=1024, verbose=0, return_dict=True)
        recorded, expected = told["share"], float((single > cut).mean())
        if abs(expected - recorded) > 1e-3:
            break
    assert abs(expected - recorded) == pytest.approx(1 / 300, abs=1e-6)
    own = OwnMeasure(model, "val_share", CODES, CLASSES)
    held_out = of_others(model, "val_share", (X, CODES, None), {}, CLASSES)[""]
    for found in (of_validation(own, X, recorded, Draws.of(300)), held_out):
        assert found.value == pytest.approx(expected)
        assert len(found.drawn) == 200
    assert not model.run_eagerly


def test_an_accuracy_is_known_by_its_name_though_a_graph_has_rounded_it_otherwise() -> None:
    from types import SimpleNamespace

    from search.data.split import Rows
    from search.jobs.context import DataSplit
    from search.jobs.messages import Configuration, Refit
    from search.jobs.refits import _own_measure
    from search.study.goal import Goal
    from search.training.keras_training import KerasTraining

    class Trained(KerasTraining):
        def _run(self, first: int, last: int) -> Any:
            raise NotImplementedError

        def sweep(self, rates: Any) -> Any:
            raise NotImplementedError

    model = classifier("accuracy")
    rows = Rows(X, CODES)
    models: Any = SimpleNamespace(rows=DataSplit(rows, rows, CLASSES), maker=lambda _: classifier)
    job = Refit("a", Configuration({}, 1), 1, Goal("val_accuracy", "maximize"))
    right = float(((np.asarray(model(X))[:, 0] > 0.5) == CODES).mean())

    def estimate(recorded: float) -> Any:
        training = Trained(model, CLASSES)
        return _own_measure(training, job, models, {"val_accuracy": [recorded]})

    model.evaluate(X, CODES, verbose=0)  # as after a training
    assert estimate(right) is None
    assert estimate(right + 1 / 300) is None
    assert not len(estimate(right / 2).drawn)


def test_which_curve_an_auc_is_of_is_said_and_known_ones_are_recognised() -> None:
    import keras

    from search.training.in_numpy.measures import is_known
    from search.training.own_measure import OwnMeasure

    model = classifier(keras.metrics.AUC(name="auc"), keras.metrics.AUC(curve="PR", name="prc"))
    measured = model.evaluate(X, CODES, verbose=0, return_dict=True)
    one = np.asarray(model(X), float)
    said = np.hstack([1 - one, one])
    assert is_known("val_auc", said, CODES, "binary", measured["auc"])
    assert not is_known("val_auc", said, CODES, "binary", measured["prc"])
    titles = [OwnMeasure(model, f"val_{n}", CODES, CLASSES).title for n in ("prc", "auc", "loss")]
    assert titles == [
        "prc (PR curve, the model's own metric)",
        "auc (ROC curve, the model's own metric)",
        "loss (binary_crossentropy, the model's own)",
    ]
    second = classifier(keras.metrics.AUC(name="aucpr", curve="PR"), keras.metrics.AUC(name="auc"))
    second.evaluate(X, CODES, verbose=0)
    assert OwnMeasure(second, "val_auc", CODES, CLASSES).title.startswith("auc (ROC curve")
