"""What you should know of how loss, metrics and outputs of a model go together."""

from typing import Any

import numpy as np

from search.data.dataset import Array, Shape
from search.data.rows_in_file import Features
from search.data.split import Rows
from search.study.outputs import Outputs
from search.study.target_form import CODES, COLUMN, ONE_HOT, SIGNED
from search.study.task import TASKS
from search.training.asking import is_squashed, units_of
from search.training.fixed_batch import fixed_batch, stateful, whole_batches
from search.training.losses import flat, name_of_loss
from search.training.predict import output_rows
from search.training.stock_metrics import mend, misread
from search.training.target_forms import form_of

_LAYOUTS = {
    CODES: "0, 1, …",
    COLUMN: "0, 1, … in a column",
    ONE_HOT: "one-hot rows",
    SIGNED: "−1 and 1",
}


ALONE, TOGETHER = 4, 64
"""Rows that are predicted alone, and among others."""
APART = 0.02
"""Of the largest output."""
MIXED = (
    "The model's outputs of a row change with the other rows of its batch: its figures hold for "
    "the batches in which rows were predicted here, by other sizes of batch Keras's evaluate gives "
    "others, and intervals and paired differences, which take rows for independent, are too narrow."
)
DRAWN = (
    "The model draws random numbers as it predicts: predictions, and what is measured of them, are "
    "others each time."
)


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


def of_batches(model: Any, train: Rows) -> tuple[str, ...]:
    """What you should know of a model that takes batches of one size alone.

    Args:
        model: Compiled and built.
        train: Rows that train.
    """
    size = fixed_batch(model)
    if not size:
        return ()
    rows = len(train) if train.stream is None else train.stream.rows or 0
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


def of_alone(model: Any, x: Features) -> tuple[str, ...]:
    """What you should know of a model whose outputs of a row are not of that row alone.

    Args:
        model: Built.
        x: Features of the rows that judge.
    """
    if fixed_batch(model):
        return ()
    try:
        few, alone, again = (_numbers(model, x[:most], ALONE) for most in (TOGETHER, ALONE, ALONE))
    except Exception:  # it takes other numbers of rows, such as groups of eight
        return ()
    if _apart(alone, again):
        return (DRAWN,)
    return (MIXED,) if _apart(few, alone) else ()


def _numbers(model: Any, x: Features, most: int) -> list[Array]:
    """All outputs of the first rows."""
    leaves = output_rows(model, x).leaves.values()
    return [leaf[:most].astype(float) for leaf in leaves if leaf.dtype.kind not in "OSU"]


def _apart(some: list[Array], others: list[Array]) -> bool:
    """Whether outputs differ by more than rounding, also that of 16 bits, can explain."""
    return any(
        one.shape != other.shape
        or float(np.abs(one - other).max(initial=0)) > APART * float(np.abs(other).max(initial=0))
        for one, other in zip(some, others, strict=True)
    )


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
