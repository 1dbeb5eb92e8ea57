"""Keras's own metrics on logits and scores: measured at the middle that belongs to the outputs."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from search.data.dataset import Shape
from search.study.target_form import SIGNED, TargetForm

pytestmark = pytest.mark.keras

X = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
CODES = (X[:, 0] + 0.5 * np.random.default_rng(1).normal(size=300) > 0.2).astype(np.int32)
BINARY = Shape((3,), 1, "binary")


def model_of(loss: Any, *metrics: Any, end: str | None = None, units: int = 1) -> Any:
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(units, end)])
    model.compile("adam", loss, metrics=list(metrics))
    return model


def logits(*metrics: Any) -> Any:
    import keras

    return model_of(keras.losses.BinaryCrossentropy(from_logits=True), *metrics)


@pytest.mark.parametrize(
    ("objective", "metric"),
    [
        ("val_accuracy", "accuracy"),
        ("val_accuracy", "binary_accuracy"),
        ("val_accuracy", "BinaryAccuracy"),
        ("val_precision", "Precision"),
        ("val_recall", "Recall"),
        ("val_auc", "AUC"),
        ("val_f1", "F1Score"),
    ],
)
@pytest.mark.parametrize("loss", ["logits", "hinge"])
@pytest.mark.parametrize("named", [True, False])
def test_a_stock_metric_is_what_this_package_measures(
    objective: str, metric: str, loss: str, *, named: bool
) -> None:
    import keras

    from search.training.own_measure import is_misread

    keras.utils.clear_session()  # as before each trial: else Keras counts its names up
    given: Any = metric
    if metric == "F1Score":
        given = keras.metrics.F1Score(
            "micro", 0.5, name="f1" if named else None
        )  # Keras's own name is "f1_score"
    elif metric in {"Precision", "Recall", "AUC"}:
        kind = getattr(keras.metrics, metric)
        given = kind(name=metric.lower()) if named else kind()
    model = logits(given) if loss == "logits" else model_of("hinge", given, end="tanh")
    assert is_misread(model, objective, BINARY)
    assert not is_misread(model_of("binary_crossentropy", given, end="sigmoid"), objective, BINARY)


def test_a_metric_of_the_right_cut_and_one_of_ones_own_are_left_alone() -> None:
    import keras

    from search.training.outputs import outputs_of
    from search.training.own_measure import is_misread
    from search.training.remarks import remarks

    def accuracy(y: Any, said: Any) -> Any:
        return keras.ops.mean(keras.ops.cast(said > 0.5, "float32") == y)

    for metric in (
        keras.metrics.BinaryAccuracy(threshold=0, name="accuracy"),
        keras.metrics.BinaryAccuracy(threshold=0.7, name="accuracy"),
        accuracy,
    ):
        model = logits(metric)
        assert not is_misread(model, "val_accuracy", BINARY)
        assert not remarks(model, BINARY, outputs_of(model, BINARY))
    assert not is_misread(logits(keras.metrics.AUC(from_logits=True)), "val_auc", BINARY)
    assert not is_misread(logits(keras.metrics.AUC(curve="PR", name="auc")), "val_auc", BINARY)


def test_one_under_a_name_of_its_own_is_given_probabilities() -> None:
    import keras

    from search.training.own_measure import OwnMeasure, of_others

    model = logits(
        keras.metrics.AUC(curve="PR", name="pr"),
        keras.metrics.F1Score(threshold=0.5, average="micro", name="score"),
    )
    y = CODES.astype(np.float32).reshape(-1, 1)
    raw = np.asarray(model(X))[:, 0]
    share = np.column_stack([1 - (X[:, 0] > 0.1), X[:, 0] > 0.1]).astype(float)
    of_f1 = of_others(model, "val_score", (X, y, None), {"rule": share}, BINARY)
    assert of_f1[""].value == pytest.approx(f1_score(CODES, raw > 0), abs=1e-4)
    assert of_f1["rule"].value == pytest.approx(f1_score(CODES, X[:, 0] > 0.1), abs=1e-4)
    assert len(of_f1[""].drawn) > 100
    area = of_others(model, "val_pr", (X, y, None), {}, BINARY)[""].value
    assert area == pytest.approx(average_precision_score(CODES, raw), abs=0.02)
    assert OwnMeasure(model, "val_pr", y, BINARY).misread


def test_classes_of_minus_one_and_one_are_measured_as_0_and_1() -> None:
    import keras

    from search.training.own_measure import of_others

    signed = Shape((3,), 1, "binary", given=TargetForm(SIGNED, floats=True))
    model = model_of("mse", keras.metrics.Precision(name="hits"), end="tanh")
    called = np.asarray(model(X))[:, 0] > 0
    found = of_others(model, "val_hits", (X, CODES, None), {}, signed)[""].value
    assert found == pytest.approx(CODES[called].mean(), abs=1e-4)


def test_the_note_names_the_metric_the_wrong_cut_and_the_line_to_write() -> None:
    from search.training.outputs import outputs_of
    from search.training.remarks import remarks

    model = logits("accuracy")
    (told,) = remarks(model, BINARY, outputs_of(model, BINARY))
    assert "“accuracy”" in told
    assert "those on held-out rows are of the right one" in told
    assert 'keras.metrics.BinaryAccuracy(threshold=0, name="accuracy")' in told


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("kind_accuracy", True), ("accuracy_1", True), ("kind_f1_score", True), ("auc_2", True),
        ("macro_f1", True), ("f1_macro", True), ("dice_coef", True), ("mean_iou", True),
        ("cosine_similarity", True), ("mean_io_u", True), ("f_beta", True),
        ("accuracy_loss", False), ("kind_loss", False), ("mae", False), ("f1_error", False),
        ("score", False), ("1", False),
    ],
)  # fmt: skip
def test_the_end_of_a_name_tells_whether_there_is_a_natural_1(name: str, share: bool) -> None:
    import keras

    from search.training.stock_metrics import is_share

    assert is_share(None, name) is share
    assert is_share(keras.metrics.Mean(name=name), name) is share
    assert is_share(keras.metrics.MeanIoU(2), name)
