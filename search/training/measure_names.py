"""What curves and objectives call the measures of a Keras model."""

from collections.abc import Iterable

from search.data.dataset import Array
from search.study.trial import Curve

SHORT_NAMES = {
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "r2_score": "r2",
    "f1_score": "f1",
}
"""What curves and objectives call some of Keras's metrics."""


def measures_of(measured: Iterable[str]) -> dict[str, str]:
    """What a curve calls the measures of a model → what the model calls them; "loss" first.

    Args:
        measured: Names as the model has them, such as "sparse_categorical_accuracy".
    """
    measured = list(measured)
    found = {"loss": "loss"}
    for name in measured:
        short = _short(name)
        if short == name or short not in measured:  # what has the name already, keeps it
            found.setdefault(name if short in found else short, name)
    return found


def _short(name: str) -> str:
    """What a measure is called in a curve where nothing else has that name."""
    if name in ACCURACIES:
        return "accuracy"
    return SHORT_NAMES.get(name, name)


ACCURACIES = ("acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy")
"""Names by which Keras means the share of right rows; `top_k_categorical_accuracy` is another."""


def curve_of(names: Iterable[str], measured: Array) -> Curve:
    """A curve from an array of a line an epoch and a column a measure."""
    return dict(zip(names, measured.astype(float).T.tolist(), strict=True))


def names_of(short: str) -> tuple[str, ...]:
    """Names by which a model may have what a curve calls `short`; that one first."""
    long = [name for name, other in SHORT_NAMES.items() if other == short]
    return (short, *long, *(ACCURACIES if short == "accuracy" else ()))
