"""What curves and objectives call the measures of a Keras model."""

from collections.abc import Iterable

from search.data.dataset import Array
from search.study.task import USUAL_NAMES, usual_name
from search.study.trial import Curve


def measures_of(measured: Iterable[str]) -> dict[str, str]:
    """What a curve calls the measures of a model → what the model calls them; "loss" first.

    Steps of a model's own may return no loss. A measure that has a usual name stands under both,
    so that an objective may give either.

    Args:
        measured: Names as the model has them, such as "sparse_categorical_accuracy".
    """
    measured = list(measured)
    found = {"loss": "loss"} if "loss" in measured else {}
    for name in measured:
        usual = usual_name(name)
        if usual not in measured:  # what has the name already, keeps it
            found.setdefault(usual, name)
        found[name] = name
    return found


def curve_of(names: Iterable[str], measured: Array) -> Curve:
    """A curve from an array of a line an epoch and a column a measure."""
    return dict(zip(names, measured.astype(float).T.tolist(), strict=True))


def names_of(short: str) -> tuple[str, ...]:
    """Names by which a model may have what a curve calls `short`; that one first."""
    return (short, *(name for name, usual in USUAL_NAMES.items() if usual == short))
