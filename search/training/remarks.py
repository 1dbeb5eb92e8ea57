"""What you should know of how loss, metrics and outputs of a model go together."""

from typing import Any

from search.data.dataset import Shape
from search.study.outputs import Outputs
from search.study.target_form import CODES, COLUMN, ONE_HOT, SIGNED
from search.study.task import TASKS
from search.training.asking import is_squashed, units_of
from search.training.fixed_batch import fixed_batch, stateful, whole_batches
from search.training.losses import flat, name_of_loss
from search.training.stock_metrics import mend, misread
from search.training.target_forms import form_of

_LAYOUTS = {
    CODES: "0, 1, …",
    COLUMN: "0, 1, … in a column",
    ONE_HOT: "one-hot rows",
    SIGNED: "−1 and 1",
}


def remarks(model: Any, shape: Shape, outputs: Outputs) -> tuple[str, ...]:
    """What you should know of how loss, metrics and outputs of a model go together.

    Args:
        model: Compiled and built.
        shape: Of the data.
        outputs: How its outputs are read.
    """
    if TASKS[shape.task].has_numbers:
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


def of_batches(model: Any, rows: int) -> tuple[str, ...]:
    """What you should know of a model that takes batches of one size alone.

    Args:
        model: Compiled and built.
        rows: That train.
    """
    size = fixed_batch(model)
    if not size:
        return ()
    left = rows - whole_batches(model, rows, size)
    order = "the last ones" if stateful(model) else "drawn anew each time"
    told = [f"The model takes batches of exactly {size:,} rows"]
    if left:
        told.append(f": {left:,} of {rows:,} training rows are left out of each epoch ({order})")
    told.append(". The last batch of validation, of held-out rows and of search predict is filled "
                "up with zeros, and their answers are cut off.")  # fmt: skip
    if stateful(model):
        told.append(" Training rows keep their order, and the states of its layers begin anew "
                    "with each epoch and before validation and predictions.")  # fmt: skip
    return ("".join(told),)


def _remarks(model: Any, shape: Shape, outputs: Outputs) -> tuple[str, ...]:
    says_logits = any(getattr(loss, "from_logits", False) for loss in flat(model.loss))
    if says_logits and is_squashed(model, shape):
        return (
            "The model ends in a sigmoid or softmax, and its loss says from_logits=True. Keras "
            "computes that loss from the inputs of this last activation, so the outputs are "
            "probabilities, and are read as such. Remove from_logits=True.",
        )
    wrong = misread(model, outputs, units_of(model, shape))
    if not wrong:
        return ()
    names = " and ".join(f"“{name}”" for name in wrong)
    return (
        f"Keras measured {names} as if the outputs were probabilities, cut at 0.5, and their "
        "middle is 0: the values on validation, by which the search compared trials where it is "
        "the objective, are of that wrong cut; those on held-out rows are of the right one. "
        f"Compile the model with {', '.join(map(mend, wrong.values()))}.",
    )
