"""Each measure of a model has one name in a curve, and the objective's is the one it gives."""

import pytest

from search.training.measure_names import measures_of, name_in

TWO = ["accuracy", "binary_accuracy", "loss", "auc_1"]


@pytest.mark.parametrize(
    ("measured", "wanted", "named"),
    [
        (["loss", "sparse_categorical_accuracy"], "", ["loss", "accuracy"]),
        (["mean_absolute_error", "loss"], "mae", ["loss", "mae"]),
        (["mean_absolute_error", "loss"], "mean_absolute_error", ["loss", "mean_absolute_error"]),
        (TWO, "", ["loss", "accuracy", "binary_accuracy", "auc_1"]),
        (["acc", "binary_accuracy"], "", ["accuracy", "binary_accuracy"]),
        (["acc", "binary_accuracy"], "binary_accuracy", ["accuracy", "binary_accuracy"]),
    ],
)
def test_a_measure_has_one_name(measured: list[str], wanted: str, named: list[str]) -> None:
    found = measures_of(measured, wanted)
    assert list(found) == named
    assert sorted(found.values()) == sorted(measured)


def test_either_name_of_an_objective_is_found() -> None:
    for objective in ("val_accuracy", "val_sparse_categorical_accuracy"):
        assert name_in(["sparse_categorical_accuracy"], objective) == "sparse_categorical_accuracy"
    assert name_in(TWO, "val_binary_accuracy") == "binary_accuracy"
    assert name_in(TWO, "val_accuracy") == "accuracy"
    assert not name_in(TWO, "val_f1")
