"""How good a model of a "custom" task is: by what it was compiled with, beside a constant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

import keras
import numpy as np

from search.data.columns import Array
from search.data.dataset import Shape
from search.data.row_weights import of_places, with_axes
from search.data.split import Rows
from search.data.tree import Path, Tree, leaves_by_path
from search.metrics.base import Estimate
from search.metrics.intervals import Draws
from search.study.goal import LOSS
from search.training.constant import FAR, MOST_NUMBERS, MOST_ROWS, by_powell
from search.training.keras_compat import is_squashed
from search.training.measure_names import measures_of, name_in
from search.training.model_outputs import (
    OF_PROBABILITIES,
    Output,
    as_losses_take,
    outputs_given,
    weights_as_taken,
)
from search.training.own_measure import (
    ALIKE,
    OwnMeasure,
    ends_of,
    has_natural_1,
    may_be_mean,
    title_of,
)
from search.training.own_rows import OwnRows, of_means, own_rows
from search.training.predict import asked_for, output_rows

MOST_TRIED = 64
SMALLEST = 1e-6
"""Probability of a constant."""


class CustomMeasures:
    """What a model measures of rows.

    Args:
        model: Compiled and built.
        objective: Such as "val_loss".
        rows: With targets as in `Dataset`; weighted where they have weights.
        shape: Of the data.

    Attributes:
        found: All that the model measures of them.
    """

    def __init__(self, model: Any, objective: str, rows: Rows, shape: Shape) -> None:
        self._model, self._objective, self._rows, self._shape = model, objective, rows, shape
        self._weights = weights_as_taken(model, rows.weights, rows.y)
        y = as_losses_take(model, rows.y)
        self.found: OwnRows = own_rows(model, rows.x, y, self._weights)
        self._name = name_in(self.found.values, objective)

    @cached_property
    def _own(self) -> OwnMeasure:
        return self._own_of(self._objective)

    def _own_of(self, objective: str) -> OwnMeasure:
        return OwnMeasure(self._model, objective, self._rows.y, self._shape, self._weights)

    @property
    def of_rows(self) -> Array:
        """The objective of each row, shape (rows, 1); (rows, 0) where it is no mean over rows."""
        each = self.found.rows.get(self._name)
        return np.empty((len(self._rows), 0)) if each is None else each[:, None]

    def estimate(self, draws: Draws) -> Estimate:
        """The objective; without draws where it is known of these rows together alone."""
        return self._estimate(self._name, draws, title_of(self._model, self._objective))

    def all_of(self, draws: Draws) -> dict[str, Estimate]:
        """Every measure, by the name that curves have for it."""
        names = measures_of(self.found.values, self._objective.removeprefix("val_"))
        return {short: self._estimate(name, draws) for short, name in names.items()}

    def _estimate(self, name: str, draws: Draws, title: str = "") -> Estimate:
        """Of one measure: from its rows, or else measured of what is said of rows drawn anew."""
        found = self._told(self.found.estimate(name, draws, title), name)
        if len(found.drawn):
            return found
        try:
            again = self._own_of(f"val_{name}").estimate(self._outputs, draws)
        except Exception:  # what only a step of the model's own can measure
            return found
        alike = abs(again.value - found.value) <= ALIKE * max(abs(found.value), ALIKE)
        return replace(again, title=title) if alike else found

    def _told(self, found: Estimate, name: str) -> Estimate:
        """With what is known of its metric: rows of a precision may have its value by chance."""
        rows = found.rows if may_be_mean(self._model, name) else None
        ends = ends_of(self._model, name)
        return replace(found, share=has_natural_1(self._model, name), rows=rows, ends=ends)

    @cached_property
    def _outputs(self) -> Any:
        return output_rows(self._model, self._rows.x).nested

    def of_constant(self, train: Rows, draws: Draws, *, maximize: bool) -> Estimate | None:
        """The objective of a model that gives the same for each row.

        Args:
            train: Rows that train.
            draws: Of the rows that are measured.
            maximize: Whether more of it is better.

        Returns:
            None where there is no such model, or its own loss does not measure it.
        """
        try:
            said = best_constant(
                self._model, self._objective, train, self._shape, maximize=maximize
            )
            if said is None:
                return None
            outputs = keras.tree.map_structure(lambda one: _repeated(one, len(self._rows)), said)
            if self._name not in self.found.rows:
                return self._own.estimate(outputs, draws)
            each = self._own.of_each(outputs)
        except Exception:  # whatever a measure of one's own does with what it is given here
            return None
        title = title_of(self._model, self._objective)
        return self._told(of_means(float(each.mean()), each, draws, title), self._name)


def best_constant(model: Any, objective: str, train: Rows, shape: Shape, *, maximize: bool) -> Any:
    """The best constant outputs by a model's own measure, in the structure in which it gives them.

    Of each output those that its targets speak for: mean, median, or frequencies of classes, as
    numbers, probabilities or logits; of places that are weighted, means by their weights. By a
    loss, numbers then move from there to where it is least, by Powell's method, which needs no
    gradient: to each quantile of the targets for a pinball loss.

    Returns:
        Arrays without an axis of rows; None where targets do not tell what outputs could be.
    """
    if train.y.shape[1:] == (0,):
        return None
    step = max(1, len(train.y) // MOST_ROWS)
    some = train.y[::step][:MOST_ROWS]
    weights = train.weights[::step][:MOST_ROWS] if of_places(train.weights) else None
    taken = as_losses_take(model, some)
    taken_weights = weights_as_taken(model, weights, some)
    leaves = leaves_by_path(taken)
    given = asked_for(model, shape.zeros(1)).leaves
    outputs = outputs_given(model, list(leaves), given)
    if {output.path for output in outputs} != set(leaves):
        return None
    each = [
        _candidates(
            leaves[one.path],
            one.shape,
            _counts(weights, one.path, leaves[one.path]),
            of_classes=_is_of_classes(one),
        )
        for one in outputs
    ]
    if not all(each):
        return None
    own, sign = OwnMeasure(model, objective, some, shape, taken_weights), -1.0 if maximize else 1.0

    def said(chosen: Sequence[Array]) -> Any:
        return Tree(dict(zip([one.place for one in outputs], chosen, strict=True))).nested

    def worth(chosen: Sequence[Array]) -> float:
        repeated = keras.tree.map_structure(lambda one: _repeated(one, len(some)), said(chosen))
        value = sign * own.value_of_outputs(repeated)
        return value if np.isfinite(value) else FAR

    best: Sequence[Array] = min(list(product(*each))[:MOST_TRIED], key=worth)
    if objective == LOSS:
        best = _refined(best, [_free(one, given, leaves) for one in outputs], worth)
    return said(best) if worth(best) < FAR else None


def _free(output: Output, given: Mapping[Path, Any], leaves: Mapping[Path, Array]) -> float:
    """How far an output's targets spread; 0 where it gives probabilities, which add up to 1."""
    if is_squashed(given[output.place]) or _is_of_classes(output):
        return 0.0
    return float(leaves[output.path].std()) or 1.0


def _refined(
    start: Sequence[Array], spreads: Sequence[float], worth: Callable[[Sequence[Array]], float]
) -> Sequence[Array]:
    """The same outputs where a loss is least.

    Args:
        start: Of each output.
        spreads: Of each output's targets; 0 of one that stays, as of probabilities.
        worth: The loss of such outputs.
    """
    free = [place for place, spread in enumerate(spreads) if spread]
    sizes = [start[place].size for place in free]
    if not free or sum(sizes) > MOST_NUMBERS:
        return start

    def at(moved: Array) -> list[Array]:
        chosen = list(start)
        for place, own in zip(free, np.split(moved, np.cumsum(sizes)[:-1]), strict=True):
            shaped = own.reshape(start[place].shape) * spreads[place]
            chosen[place] = shaped.astype(np.float32)
        return chosen

    begin: Any = np.concatenate([start[place].ravel() / spreads[place] for place in free])

    def lost(moved: Array) -> float:
        return worth(at(moved))

    return min(start, at(by_powell(lost, begin, 1e-4, 1e-7)), key=worth)


def _is_of_classes(output: Output) -> bool:
    return output.is_sparse or bool(output.losses & OF_PROBABILITIES)


def _counts(weights: Any, path: Path, y: Array) -> Array:
    """How much each number of an array of targets counts, above 0; some axes may be 1."""
    if weights is None:
        return np.ones((len(y), *[1] * (y.ndim - 1)))
    own = weights.leaves[path] if isinstance(weights, Tree) else weights
    own = with_axes(own, y.ndim)
    found: Array = own + SMALLEST * max(float(own.max()), SMALLEST)  # a place may count nowhere
    return found


def _candidates(
    y: Array, gives: tuple[int | None, ...], counts: Array, *, of_classes: bool
) -> list[Array]:
    """Constant outputs of one array of targets."""
    target = y.shape[1:]
    known = [size for size in gives if size is not None]
    if len(known) == len(gives) and prod(known) == prod(target):
        values = y.reshape(len(y), *known).astype(np.float32)
        means = np.average(y, axis=0, weights=np.broadcast_to(counts, y.shape))
        found = [means.reshape(known).astype(np.float32), np.median(values, axis=0)]
        if values.min() >= 0 and values.max() <= 1:
            found.append(_logits(found[0]))
        return found
    units = gives[-1] if gives else None
    if len(known) < len(gives) or not units:
        return []
    several = [] if of_classes or prod(target) != 1 else _of_one_number(y, known)
    if y.ndim > 1 and target[-1] == 1 and len(target) == len(gives):
        y, counts, target = y[..., 0], counts[..., 0], target[:-1]
    if target != gives[:-1] or y.min() < 0 or y.max() >= units or (y != np.floor(y)).any():
        return several
    by = np.broadcast_to(counts, y.shape)
    shares = np.stack([np.average(y == code, axis=0, weights=by) for code in range(units)], axis=-1)
    sure = (shares + 1 / (units * len(y))) / (1 + 1 / len(y))
    return [sure.astype(np.float32), np.log(sure).astype(np.float32), *several]


def _of_one_number(y: Array, shape: Sequence[int]) -> list[Array]:
    """Several constants for one number: its quantiles, or all its mean, or its mean and a 0."""
    count = prod(shape)
    quantiles, mean = np.quantile(y, (np.arange(count) + 0.5) / count), np.zeros(count)
    mean[0] = y.mean()
    found = [quantiles, np.full(count, y.mean()), mean]
    return [one.reshape(shape).astype(np.float32) for one in found]


def _logits(shares: Array) -> Array:
    sure = np.clip(shares, SMALLEST, 1 - SMALLEST)
    found: Array = np.log(sure / (1 - sure)).astype(np.float32)
    return found


def _repeated(one: Array, rows: int) -> Array:
    return np.repeat(one[None], rows, axis=0)
