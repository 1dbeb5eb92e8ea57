"""What you should know of how loss, metrics and outputs of a model go together."""

from typing import Any

import keras

from search.data.dataset import Shape
from search.study.outputs import LOGITS, SCORES, Outputs
from search.study.target_form import CODES, COLUMN, ONE_HOT, SIGNED
from search.study.task import REGRESSION
from search.training.asking import is_squashed, units_of
from search.training.losses import flat, name_of_loss
from search.training.target_forms import form_of

_LAYOUTS = {
    CODES: "0, 1, …",
    COLUMN: "0, 1, … in a column",
    ONE_HOT: "one-hot rows",
    SIGNED: "−1 and 1",
}


def remarks(model: Any, shape: Shape, outputs: Outputs) -> tuple[str, ...]:
    """What a person should know of how loss, metrics and outputs of a model go together.

    Args:
        model: Compiled and built.
        shape: Of the data.
        outputs: How its outputs are read.
    """
    if shape.task == REGRESSION.name:
        return ()
    form = form_of(model, shape)
    if form.layout != shape.given.layout:
        given, trained = _LAYOUTS[shape.given.layout], _LAYOUTS[form.layout]
        return (
            f"The classes were given as {given}, and the model is trained and measured on "
            f"{trained}, as its loss “{name_of_loss(model)}” takes them.",
            *_remarks(model, shape, outputs),
        )
    return _remarks(model, shape, outputs)


def _remarks(model: Any, shape: Shape, outputs: Outputs) -> tuple[str, ...]:
    says_logits = any(getattr(loss, "from_logits", False) for loss in flat(model.loss))
    if says_logits and is_squashed(model, shape):
        return (
            "The model ends in a sigmoid or softmax, and its loss says from_logits=True, which is "
            "a contradiction: its outputs are read as the probabilities that they are. Drop one "
            "of the two.",
        )
    cut = list(filter(None, map(_cut_at_half, _named_metrics(model))))
    if cut and outputs.kind in {LOGITS, SCORES} and units_of(model, shape) == 1:
        return (
            f"The model's own metric “{cut[0]}” cuts its outputs at 0.5, and their middle is 0, so "
            "the search saw other values of it than are given here: compile the model with "
            'keras.metrics.BinaryAccuracy(threshold=0, name="accuracy").',
        )
    return ()


def _named_metrics(model: Any) -> list[Any]:
    """As they were given to `compile`."""
    given = getattr(getattr(model, "_compile_metrics", None), "_user_metrics", None)
    return list(keras.tree.flatten(given))


def _cut_at_half(metric: Any) -> str:
    """The name of a metric that counts outputs above 0.5; "" for any other."""
    if isinstance(metric, str):
        return metric if metric in {"accuracy", "acc", "binary_accuracy"} else ""
    plain = isinstance(metric, keras.metrics.BinaryAccuracy)
    return str(metric.name) if plain and metric.threshold != 0 else ""
