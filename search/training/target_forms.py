"""How a model is given the classes of its rows: as its loss wants them, found by asking it."""

from dataclasses import replace
from typing import Any

import numpy as np

from search.data.dataset import Array, Shape
from search.data.split import Rows
from search.data.tree import TargetRows, Tree, leaves_by_path, named
from search.study.errors import InputError
from search.study.target_form import CODES, COLUMN, ONE_HOT, PLAIN, SIGNED, TargetForm
from search.study.task import TASKS
from search.training.asking import units_of
from search.training.engine import TrainingRows
from search.training.keras_own import has_own_steps
from search.training.losses import losses_of, names_of_keras
from search.training.model_outputs import as_losses_take, weights_as_taken

_SAID = {CODES: "classes as whole numbers", ONE_HOT: "one-hot", SIGNED: "−1 and 1"}
_ZERO_ONE = {"hinge", "squared_hinge", "binary_crossentropy", "binary_focal_crossentropy"}
"""Losses of Keras that take 0 and 1: hinge ones make −1 and 1 of them, and metrics need them so."""


def form_of(model: Any, shape: Shape, *, by_loss: bool = False) -> TargetForm:
    """How a model is given the classes of its rows.

    As they were given, unless its loss is one of Keras that needs another form, or one that cannot
    be computed from them.

    Args:
        model: Compiled and built.
        shape: Of the data.
        by_loss: Whether as its loss and metrics take them, where steps of its own take them as they
            were given.
    """
    given = shape.given
    if not TASKS[shape.task].classifies:
        return PLAIN
    if not by_loss and has_own_steps(model):
        return given
    units, names = units_of(model, shape), names_of_keras(model)
    if units == 1:
        plain = given.as_layout(CODES)
        if given.layout == SIGNED:
            return plain if names & _ZERO_ONE else given
        return given if given.layout == COLUMN else plain
    codes, one_hot = given.as_layout(CODES), TargetForm(ONE_HOT, floats=True)
    if names:
        return codes if any(name.startswith("sparse_") for name in names) else one_hot
    either = [one_hot, codes] if given.layout == ONE_HOT else [codes, one_hot]
    return next((form for form in either if _takes(model, form, units)), either[0])


def targets_of(model: Any, y: Any, shape: Shape, *, by_loss: bool = False) -> Any:
    """Targets as a model's steps take them, or by its loss and metrics; see `form_of`.

    Those of a "custom" task in the structure in which Keras takes them.

    Args:
        model: Compiled and built.
        y: As in `Dataset`.
        shape: Of the data.
        by_loss: As of `form_of`.
    """
    if TASKS[shape.task].by_model:
        return given_as(as_losses_take(model, y))
    return written(model, y, shape, form_of(model, shape, by_loss=by_loss))


def given_as(y: TargetRows) -> Any:
    """Targets in the structure in which Keras takes them; None where there are none."""
    if isinstance(y, Tree):
        return y.nested
    return None if y.shape[1:] == (0,) else y


def as_targets(model: Any, rows: TrainingRows, class_weight: object) -> TrainingRows:
    """Rows with targets as a model's steps take them, those that train weighted by class."""
    if TASKS[rows.shape.task].by_model:
        if rows.train.stream is not None:
            _check_as_taken(model, rows.train.y)
        else:
            rows = replace(rows, train=_taken(model, rows.train))
        train, validation = rows.train, _taken(model, rows.validation)
        return TrainingRows(train, validation, rows.shape)
    form = form_of(model, rows.shape)
    if rows.train.stream is not None:
        _check_given(form, rows.shape)
    train, validation = (
        replace(part, y=written(model, part.y, rows.shape, form))
        for part in (rows.train.weighted(class_weight), rows.validation)
    )
    return TrainingRows(train, validation, rows.shape)


def _taken(model: Any, rows: Rows) -> Rows:
    weights = weights_as_taken(model, rows.weights, rows.y)
    return replace(rows, y=as_losses_take(model, rows.y), weights=weights)


def _check_given(form: TargetForm, shape: Shape) -> None:
    """Targets of a stream reach the model as they are.

    Raises:
        InputError: Its loss takes others.
    """
    alike = {COLUMN: CODES}
    given, wanted = (alike.get(each.layout, each.layout) for each in (shape.given, form))
    if TASKS[shape.task].classifies and given != wanted:
        raise _unlike("the targets are", given, wanted, max(2, shape.outputs))


def _check_as_taken(model: Any, y: TargetRows) -> None:
    """The same of a "custom" task, whose targets may be several.

    Raises:
        InputError: The loss of an output takes classes in another form.
    """
    before, after = leaves_by_path(y), leaves_by_path(as_losses_take(model, y))
    for path, wanted in after.items():
        if wanted.ndim > before[path].ndim:
            raise _unlike(f"{named(path, 'y')} is", CODES, ONE_HOT, wanted.shape[-1])
        if wanted.ndim < before[path].ndim:
            raise _unlike(f"{named(path, 'y')} is", ONE_HOT, CODES, before[path].shape[-1])


def _unlike(what: str, given: str, wanted: str, classes: int) -> InputError:
    fix = "give classes as 0, 1 … in make, or compile with another loss"
    if wanted == ONE_HOT:
        fix = f"give tf.one_hot(y, {classes}) in make, or compile with a sparse_ loss"
    return InputError("streams", f"{what} {_SAID[given]}, and the loss takes {_SAID[wanted]}", fix)


def written(model: Any, y: Array, shape: Shape, form: TargetForm) -> Array:
    """The same in a form that is known: classes are written, labels and numbers stay."""
    if form == PLAIN or not TASKS[shape.task].classifies:
        return y
    return form.write(y, max(2, units_of(model, shape)))


def _takes(model: Any, form: TargetForm, units: int) -> bool:
    """Whether the loss makes sense of targets in a form: less of it where the right class leads."""
    codes = np.arange(units)
    y = form.write(codes, units)
    right = np.eye(units, dtype=np.float32) * 0.8 + 0.1
    for loss in losses_of(model):
        try:
            return loss(y, right) < loss(y, np.roll(right, 1, axis=1))
        except Exception:
            return False
    return True
