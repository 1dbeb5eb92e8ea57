"""What is kept of each output of held-out rows, so that the page shows it by its own task.

Of classes, labels and a few numbers a row, all predictions; of masks, sequences and arrays of
numbers what each row adds to the measures, and a few rows as they are.
"""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from search.data.columns import Array
from search.data.row_weights import with_axes
from search.data.rows_in_file import Features, arrays_of, taken
from search.data.split import Rows
from search.data.tree import ClassesOf, TargetRows, Tree
from search.metrics.overlap import mean_iou
from search.study.output_forms import PLACES, QUANTILES, ROWS, OutputForm
from search.study.task import MULTILABEL, REGRESSION
from search.training.fixed_batch import begin_anew, rows_at_once
from search.training.keras_compat import mask_of
from search.training.model_outputs import as_losses_take
from search.training.output_forms import ReadOutput, read_forms
from search.training.predict import asked_for

Places = tuple[Array, Array]
"""The truth, and which of it has a weight above 0."""
AT_ONCE = 256
MOST_CLASSES = 64
"""Of which each one's rows are counted."""
MOST_IN_MATRIX = 20
MOST_STEPS = 4_000_000
"""Of all rows, of which each is kept as right or wrong."""
SIDE = 128
"""Points along a side of a picture that is drawn; of more, every so-manyth."""


def kept_outputs(
    model: Any, rows: Rows, train: TargetRows, classes: ClassesOf = ()
) -> tuple[tuple[OutputForm, ...], dict[str, Array]]:
    """Read a model's outputs of held-out rows.

    Args:
        model: Compiled and built.
        rows: That are held out.
        train: Targets of the rows that train, of which the constant is made.
        classes: Names of the classes of those targets that have some.

    Returns:
        The forms, and arrays by the place of each form and a name, such as "0 truth".
    """
    x, y = rows.x, rows.y
    if y.shape[1:] == (0,):
        return (), {}
    y, train = as_losses_take(model, y), as_losses_take(model, train)
    read = read_forms(model, x, y, classes)
    truths = [one.truth(y) for one in read]
    heavy = [_heavy(one, rows.weights, truth) for one, truth in zip(read, truths, strict=True)]
    parts: list[list[dict[str, Array]]] = [[] for _ in read]
    for at, said, counted in _asked(model, x, read):
        for place, one in enumerate(read):
            some = slice(at, at + len(said[place]))
            there = _counted(one, truths[place][some], counted[place], heavy[place][some])
            parts[place].append(_of_rows(one.form, said[place], truths[place][some], there))
    found: dict[str, Array] = {}
    for place, one in enumerate(read):
        of = {
            name: np.concatenate([part[name] for part in parts[place]]) for name in parts[place][0]
        }
        of |= _constant(one, (truths[place], heavy[place]), one.truth(train))
        if one.form.form not in {ROWS, QUANTILES}:
            of |= _drawn(model, x, one, (truths[place], heavy[place]), _chosen(one.form, of))
        found |= {f"{place} {name}": array for name, array in of.items()}
    return tuple(one.form for one in read), found


def _asked(
    model: Any, x: Features, read: list[ReadOutput]
) -> Iterator[tuple[int, list[Array], list[Array | None]]]:
    """Rows in batches: the first one's place, what each output says, and which places count."""
    begin_anew(model)
    size = rows_at_once(model, AT_ONCE)
    for at in range(0, len(x), size):
        leaves = asked_for(model, x[at : at + size]).leaves
        tensors = [leaves[one.output.place] for one in read]
        masks = [mask_of(tensor) for tensor in tensors]
        said = [one.said(np.asarray(tensor)) for one, tensor in zip(read, tensors, strict=True)]
        yield at, said, [None if mask is None else np.asarray(mask) for mask in masks]


def _heavy(one: ReadOutput, weights: Any, truth: Array) -> Array:
    """Which places have a weight above 0, of the truth's shape."""
    own = weights
    if isinstance(weights, Tree):
        own = weights.leaves[one.output.path]
    if own is None or own.shape[: truth.ndim] != truth.shape[: own.ndim]:
        return np.broadcast_to(np.True_, truth.shape)
    return np.broadcast_to(with_axes(own, truth.ndim) > 0, truth.shape)


def _counted(one: ReadOutput, truth: Array, mask: Array | None, heavy: Array) -> Array | None:
    """Which places count: not those of padding, of weight 0 or of a class that the loss leaves."""
    if one.form.form != PLACES:
        return None
    found = heavy.copy()
    if mask is not None and mask.shape == truth.shape:
        found &= mask
    if one.ignored is not None:
        found &= truth != one.ignored
    return found


def _of_rows(form: OutputForm, said: Array, truth: Array, there: Array | None) -> dict[str, Array]:
    """What a row adds."""
    if form.form in {ROWS, QUANTILES}:
        return {"truth": truth, "said": said}
    if form.task == REGRESSION.name:
        errors = (said.astype(float) - truth).reshape(len(said), -1)
        count = np.ones(errors.shape) if there is None else there.reshape(errors.shape)
        of = [(part * count).sum(1) / count.sum(1).clip(1) for part in (errors**2, np.abs(errors))]
        return {"errors": np.stack(of, axis=1)}
    return _of_places(form, _called(form, said), truth, there)


def _of_places(
    form: OutputForm, called: Array, truth: Array, there: Array | None
) -> dict[str, Array]:
    rows, labels = len(truth), form.task == MULTILABEL.name
    counts = np.ones(truth.shape, bool) if there is None else there
    right = (called == truth) & counts
    found = {
        "right": np.stack([right.reshape(rows, -1).sum(1), counts.reshape(rows, -1).sum(1)], 1)
    }
    if len(form.shape) == 1 and rows * prod(form.shape) <= MOST_STEPS:
        found["by step"] = np.where(counts, right, -1).astype(np.int8)
    if len(form.names) <= MOST_CLASSES:
        each = [
            _hits(
                (truth[..., place] == 1) if labels else (truth == place),
                (called[..., place] == 1) if labels else (called == place),
                counts[..., place] if labels else counts,
            )
            for place in range(len(form.names))
        ]
        found["counts"] = np.stack(each, axis=1)
    if not labels and len(form.names) <= MOST_IN_MATRIX:
        size = len(form.names)
        pairs = truth[counts].clip(0, size - 1) * size + called[counts]
        found["matrix"] = np.bincount(pairs, minlength=size * size).reshape(1, size, size)
    return found


def _hits(truth: Array, called: Array, counts: Array) -> Array:
    """Places found, predicted and true of each row, shape (rows, 3)."""
    rows, called, truth = len(truth), called & counts, truth & counts
    of = [(part.reshape(rows, -1)).sum(axis=1) for part in (called & truth, called, truth)]
    return np.stack(of, axis=1)


def _called(form: OutputForm, said: Array) -> Array:
    """Codes of classes, or flags of labels."""
    if form.task == MULTILABEL.name:
        return (said >= 0.5).astype(np.int64)
    if said.shape[-1] == 2:
        return (said[..., 1] >= 0.5).astype(np.int64)
    codes: Array = said.argmax(axis=-1)
    return codes


def _constant(one: ReadOutput, rows: Places, train: Array) -> dict[str, Array]:
    """The same of what is the best constant of the rows that train, place by place."""
    form, (truth, heavy) = one.form, rows
    if form.form == QUANTILES:
        return {"constant": np.quantile(train, form.levels)}
    if form.measure:
        constant = np.median(train, axis=0)
    elif form.task in {REGRESSION.name, MULTILABEL.name}:
        constant = train.mean(axis=0, dtype=float)
    else:
        codes = range(len(form.names))
        constant = np.stack([(train == code).mean(axis=0) for code in codes], axis=-1)
    if form.form == ROWS:
        return {"constant": constant}
    parts = []
    for at in range(0, len(truth), AT_ONCE):
        some = truth[at : at + AT_ONCE]
        there = _counted(one, some, None, heavy[at : at + AT_ONCE])
        parts.append(_of_rows(form, np.repeat(constant[None], len(some), axis=0), some, there))
    names = [name for name in ("errors", "right", "counts") if name in parts[0]]
    return {f"constant {name}": np.concatenate([part[name] for part in parts]) for name in names}


def _chosen(form: OutputForm, of: dict[str, Array]) -> Array:
    """Places of the worst rows, the median and the best, the worst first."""
    if form.task == REGRESSION.name:
        score = -of["errors"][:, 0]
    elif form.is_mask and "counts" in of:
        score = mean_iou(of["counts"])
    else:
        score = of["right"][:, 0] / np.maximum(of["right"][:, 1], 1)
    order = np.argsort(np.nan_to_num(score, nan=np.inf), kind="stable")
    last = len(order) - 1
    wanted = [0, last // 2, last] if form.is_mask else [0, 1, last // 2, last - 1, last]
    chosen: Array = order[np.unique(np.clip(wanted, 0, last))]
    return chosen


def _drawn(
    model: Any, x: Features, one: ReadOutput, rows: Places, places: Array
) -> dict[str, Array]:
    """A few rows as they are, thinned where they are large."""
    some = taken(x, places)
    (_, (said,), (counted,)), *_ = _asked(model, some, [one])
    form, (truth, heavy) = one.form, (part[places] for part in rows)
    if form.task != REGRESSION.name:
        said = _called(form, said)
        there = _counted(one, truth, counted, heavy)
        truth = truth if there is None else np.where(there, truth, -1)
    found = {
        "drawn": places,
        "drawn truth": _thinned(truth, form),
        "drawn said": _thinned(said, form),
    }
    shown = _input_drawn(some, form)
    return found if shown is None else found | {"drawn x": shown}


def _input_drawn(x: Features, form: OutputForm) -> Array | None:
    """The input that the output is of: of its shape if there is one, else any that can be drawn."""
    leaves = [np.asarray(leaf[:]) for leaf in arrays_of(x)]
    shown = [leaf for leaf in leaves if leaf.dtype.kind in "biuf" and _can_be_drawn(leaf.shape[1:])]
    alike = [leaf for leaf in shown if leaf.shape[1 : len(form.shape) + 1] == form.shape]
    chosen = next(iter([*alike, *shown]), None)
    return None if chosen is None else _thin(chosen, 2 if chosen.ndim > 2 else 1)


def _can_be_drawn(shape: tuple[int, ...]) -> bool:
    return len(shape) in {1, 2} or (len(shape) == 3 and shape[2] in (1, 3))


def _thinned(rows: Array, form: OutputForm) -> Array:
    return _thin(rows, min(2, len(form.shape)))


def _thin(rows: Array, axes: int) -> Array:
    if rows.ndim < 3:
        return rows[:, : SIDE * 8]
    down, across = (max(1, -(-side // SIDE)) for side in rows.shape[1:3])
    return rows[:, ::down, ::across] if axes == 2 else rows
