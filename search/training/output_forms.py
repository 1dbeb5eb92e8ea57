"""What each output of a "custom" task's model says: read off its loss, shape and targets."""

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from search.data.columns import Array
from search.data.rows_in_file import Features, arrays_of, taken
from search.data.tree import ClassesOf, TargetRows, key, leaves_by_path
from search.study.output_forms import PLACES, QUANTILES, ROWS, VALUES, OutputForm
from search.study.outputs import of_logits
from search.study.target_form import is_one_hot
from search.study.task import BINARY, MULTICLASS, MULTILABEL, REGRESSION
from search.training.fixed_batch import rows_at_once
from search.training.keras_compat import is_squashed
from search.training.model_outputs import (
    ELEMENTWISE,
    OF_CLASSES,
    OF_PROBABILITIES,
    Output,
    as_losses_take,
    outputs_given,
)
from search.training.predict import asked_for
from search.training.quantiles import levels_of

FEW_NUMBERS = 8
"""Of a row that are shown each by itself, as targets of a regression are."""
SOME = 64
"""Rows that tell what an output is."""


@dataclass(frozen=True, eq=False)
class ReadOutput:
    """An output, its targets, and how both are read.

    Attributes:
        form: As it is told.
        output: Of the model.
        ignored: The class that its loss leaves out; None for none.
    """

    form: OutputForm
    output: Output
    ignored: int | None = None

    def truth(self, y: TargetRows) -> Array:
        """Codes of classes, flags of labels, or numbers: shape (rows, …) of `form.shape`.

        Args:
            y: Targets as losses take them.
        """
        leaf = leaves_by_path(y)[self.output.path]
        if self.form.form == QUANTILES:
            return leaf.reshape(len(leaf), -1)[:, 0]
        if self.form.task == REGRESSION.name:
            return leaf.reshape(len(leaf), *self.form.shape)
        return _codes(leaf, self.output).reshape(len(leaf), *self.form.shape).astype(np.int64)

    def said(self, raw: Array) -> Array:
        """Probabilities of classes or labels, or numbers.

        Args:
            raw: As the model gives them.

        Returns:
            Shape (rows, …, classes), (rows, …, labels) or, of numbers, that of the truth.
        """
        raw = raw.astype(np.float32 if raw.dtype.itemsize < 8 else float)
        found = of_logits(raw, self.form.link) if self.form.link else raw
        if self.form.task in {REGRESSION.name, MULTILABEL.name}:
            return found.reshape(len(raw), *self.form.shape)
        places = self.form.shape if self.form.form == PLACES else ()
        of_each = found.reshape(len(raw), *places, -1)
        return of_each if of_each.shape[-1] > 1 else np.concatenate([1 - of_each, of_each], axis=-1)


def read_forms(model: Any, x: Features, y: TargetRows, classes: ClassesOf = ()) -> list[ReadOutput]:
    """Those outputs of which it is known what they say.

    Args:
        model: Compiled and built.
        x: Features of rows.
        y: Their targets, as losses take them.
        classes: Names of the classes of those targets that have some.
    """
    leaves = leaves_by_path(y)
    first = asked_for(model, taken(x, np.arange(min(len(x), rows_at_once(model, SOME))))).leaves
    inputs = [leaf for leaf in arrays_of(x) if isinstance(leaf, np.ndarray)]
    found = []
    for output in outputs_given(model, list(leaves), first):
        target, raw = leaves.get(output.path), np.asarray(first[output.place])
        if target is None or not target.size or raw.dtype.kind != "f":
            continue
        name = output.name if len(leaves) > 1 else ""
        form = None if len(leaves) > 1 else _of_quantiles(model, target, raw.shape[1:])
        form = form or _form(name, output, target, raw.shape[1:], inputs)
        if form is not None:
            form = replace(form, link=_link(output, first[output.place]))
            form = form.called(dict(classes).get(output.path, ()))
            found.append(ReadOutput(form, output, output.options.get("ignore_class")))
    return found


def told_outputs(model: Any, x: Features, y: TargetRows, classes: ClassesOf) -> dict[str, Any]:
    """What a file says of outputs: `links`, `called` and `classes` of a `Signature`.

    Args:
        model: Compiled and built.
        x: Features of a few rows.
        y: Their targets, as in `Dataset`.
        classes: As in `read_forms`.
    """
    if y.shape[1:] == (0,):
        return {}
    given = asked_for(model, x).leaves
    outputs = outputs_given(model, list(leaves_by_path(y)), given)
    links = {key(one.place): _link(one, given[one.place]) for one in outputs}
    called = {key(one.place): one.name for one in outputs if key(one.place) != one.name}
    read = read_forms(model, x, as_losses_take(model, y), classes) if classes else []
    named = {one.output.path for one in read if one.form.form == ROWS} & dict(classes).keys()
    return {
        "links": {name: link for name, link in links.items() if link},
        "called": called if len(given) > 1 else {},
        "classes": {key(o.output.place): o.form.names for o in read if o.output.path in named},
    }


def _link(output: Output, given: Any) -> str:
    """By its loss: "" of what are no logits, or already went through a sigmoid or softmax."""
    if not output.options.get("from_logits") or is_squashed(given):
        return ""
    return "softmax" if output.losses & OF_CLASSES or output.is_sparse else "sigmoid"


def _form(
    name: str, output: Output, y: Array, shape: tuple[int, ...], inputs: list[Array]
) -> OutputForm | None:
    if output.is_sparse or output.losses & OF_CLASSES:
        return _of_classes(name, output, y, shape)
    if y.size // len(y) != prod(shape):
        return None
    same = any(_same(x, y) for x in inputs)
    if not same and output.losses & OF_PROBABILITIES and _are_flags(y):
        return _of_flags(name, shape, inputs)
    if not output.losses or not output.losses <= ELEMENTWISE:
        return None
    form = _of_numbers(name, shape, same=same)
    return replace(form, measure="mae") if output.losses == {"mean_absolute_error"} else form


def _of_quantiles(model: Any, y: Array, shape: tuple[int, ...]) -> OutputForm | None:
    """Of several outputs for one number; None where the loss does not ask for quantiles."""
    levels = levels_of(model, y, shape)
    names = tuple(f"{100 * level:g} %" for level in levels)
    shape = (len(levels),)
    return (
        OutputForm("", QUANTILES, REGRESSION.name, names, shape, levels=levels) if names else None
    )


def _of_classes(name: str, output: Output, y: Array, shape: tuple[int, ...]) -> OutputForm | None:
    """Of a softmax over the last axis; None of targets that are probabilities."""
    units = shape[-1] if shape else 0
    if units < 2 or (not output.is_sparse and not is_one_hot(y.reshape(-1, units))):
        return None
    task, names = BINARY if units == 2 else MULTICLASS, tuple(map(str, range(units)))
    if prod(shape[:-1]) == 1:
        return OutputForm(name, ROWS, task.name, names)
    return OutputForm(name, PLACES, task.name, names, shape[:-1])


def _of_flags(name: str, shape: tuple[int, ...], inputs: list[Array]) -> OutputForm:
    """Of a sigmoid a number: a class a row or place, or labels."""
    two, units = ("0", "1"), shape[-1] if shape else 1
    if prod(shape) == 1:
        return OutputForm(name, ROWS, BINARY.name, two)
    if units == 1:
        return OutputForm(name, PLACES, BINARY.name, two, shape[:-1])
    if any(_are_places(shape, x) for x in inputs):
        return OutputForm(name, PLACES, BINARY.name, two, shape)
    names = tuple(map(str, range(units)))
    if prod(shape) == units:
        return OutputForm(name, ROWS, MULTILABEL.name, names, (units,))
    return OutputForm(name, PLACES, MULTILABEL.name, names, shape)


def _of_numbers(name: str, shape: tuple[int, ...], *, same: bool) -> OutputForm:
    count, own = prod(shape), name or "y"
    if count > FEW_NUMBERS or same:
        return OutputForm(name, VALUES, REGRESSION.name, (), shape, same=same)
    names = (own,) if count == 1 else tuple(f"{own} {place + 1}" for place in range(count))
    return OutputForm(name, ROWS, REGRESSION.name, names, (count,))


def _are_places(shape: tuple[int, ...], x: Array) -> bool:
    """Whether there is a value for each step or pixel of an input."""
    of_pixels = x.ndim in {3, 4} and len(shape) == 2 and x.shape[1:3] == shape
    return of_pixels or (x.dtype.kind in "iu" and x.shape[1:] == shape)


def _same(x: Array, y: Array) -> bool:
    alike = x.dtype.kind in "biuf" and x.size == y.size and len(x) == len(y)
    return alike and bool(np.array_equal(x.reshape(y.shape), y))


def _are_flags(y: Array) -> bool:
    return bool(((y == 0) | (y == 1)).all())


def _codes(y: Array, output: Output) -> Array:
    one_hot = not output.is_sparse and output.losses & OF_CLASSES
    return y.argmax(axis=-1) if one_hot else y
