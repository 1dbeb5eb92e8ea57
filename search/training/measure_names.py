"""What curves and objectives call the measures of a Keras model."""

from collections.abc import Iterable

from search.data.dataset import Array
from search.study.task import USUAL_NAMES, usual_name
from search.study.trial import Curve


def measures_of(measured: Iterable[str], wanted: str = "") -> dict[str, str]:
    """What a curve calls each measure of a model → what the model calls it; "loss" first.

    A measure has its usual name where no other measure has it; the one that an objective names has
    the name that the objective gives. Steps of a model's own may return no loss.

    Args:
        measured: Names as the model has them, such as "sparse_categorical_accuracy".
        wanted: What the objective names, without "val_"; "" for none of these.
    """
    measured = list(measured)
    found = {"loss": "loss"} if "loss" in measured else {}
    for name in measured:
        usual = usual_name(name)
        is_taken = usual in found or usual in measured
        found[name if is_taken or name == wanted else usual] = name
    return found


def name_in(measured: Iterable[str], objective: str) -> str:
    """What a model calls the measure that an objective names; "" where it has none.

    Args:
        measured: Names as the model has them.
        objective: Such as "val_accuracy".
    """
    short = objective.removeprefix("val_")
    return measures_of(measured, short).get(short, "")


def curve_of(names: Iterable[str], measured: Array) -> Curve:
    """A curve from an array with a row for each epoch and a column for each measure."""
    return dict(zip(names, measured.astype(float).T.tolist(), strict=True))


def names_of(short: str) -> tuple[str, ...]:
    """Names by which a model may have what a curve calls `short`; that one first."""
    return (short, *(name for name, usual in USUAL_NAMES.items() if usual == short))
