"""A model's own loss and metrics, of all rows and of each: by Keras's own `test_step`.

Whatever a model measures this way is a mean over rows where the mean of its rows' values is what
Keras measures of them together. Only such measures can be drawn anew and compared row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.columns import Array
from search.data.rows_in_file import Features
from search.data.tree import TargetRows
from search.metrics.base import Estimate
from search.metrics.intervals import Draws
from search.training.fixed_batch import begin_anew, rows_at_once, stateful
from search.training.in_graph import VALIDATION_BATCH
from search.training.model_inputs import inputs_of
from search.training.target_forms import given_as

ROUNDING = 1e-4
"""As a fraction, by which rounding changes a mean; of values below `SMALL`, of that."""
SMALL = 1e-3
AGAIN, NOISE = 4, 6.0
"""Further measurements of a model that draws random numbers as it is measured; and how many of
their standard deviations the mean of its rows may lie apart."""
MOST_ROWS = 50_000
"""That are measured one by one, of some 0.2 to 2 ms each."""
AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class OwnRows:
    """What a model measures of rows.

    Attributes:
        values: By Keras's names, of all rows; the loss without what it adds for the weights.
        rows: The same of each row, shape (rows,), of those that are means over rows.
        measured: How often all rows were measured: more than once where the model draws random
            numbers as it is measured; values are means then.
    """

    values: Mapping[str, float]
    rows: Mapping[str, Array]
    measured: int = 1

    def estimate(self, name: str, draws: Draws, title: str = "") -> Estimate:
        """Of one measure; without draws where it is no mean over rows."""
        value = self.values[name]
        if name not in self.rows:
            return Estimate(value, title=title)
        return of_means(value, self.rows[name], draws, title)


def of_means(value: float, rows: Array, draws: Draws, title: str) -> Estimate:
    """The estimate of a mean over rows.

    Args:
        value: Of all rows.
        rows: Of each, shape (rows,).
        draws: Of the rows.
        title: As displayed.
    """
    drawn = draws.means(rows[:, None])[:, 0]
    if draws.groups is not None:
        drawn = draws.widened(value, drawn)
    return Estimate(value, drawn, title, blocks=draws.blocks, rows=rows)


def own_rows(model: Any, x: Features, y: TargetRows, weights: Any = None) -> OwnRows:
    """Measure rows together and one by one.

    Args:
        model: Compiled and built.
        x: Features of the rows.
        y: Targets as the model's loss takes them.
        weights: Of places or of several outputs; None where all count alike.
    """
    kept = [variable.numpy() for variable in model.variables]

    def anew() -> None:  # random numbers too, of which some models draw some as they are measured
        for variable, value in zip(model.variables, kept, strict=True):
            variable.assign(value)
        begin_anew(model)

    values = _together(model, x, y, weights)
    each: Mapping[str, Array] = {}
    if len(x) <= MOST_ROWS and not stateful(model):
        anew()
        try:
            each = _one_by_one(model, x, y, weights, list(values))
        except Exception:  # a step of one's own may need more rows than one
            each = {}
    rows = {name: of for name, of in each.items() if _is_mean(of, [values[name]])}
    times = 1
    if each.keys() - rows.keys():  # or a model draws random numbers as it is measured
        again = [values, _together(model, x, y, weights)]
        if any(not _near(again[1][name], values[name]) for name in each):
            again += [_together(model, x, y, weights) for _ in range(AGAIN)]
            values = {n: float(np.mean([found[n] for found in again])) for n in values}
            times = len(again)
        rows = {n: of for n, of in each.items() if _is_mean(of, [found[n] for found in again])}
        if times > 1:  # that the rows' draws have another mean is no error of the rows
            rows = {n: of + (values[n] - of.mean()) for n, of in rows.items()}
    anew()
    penalty = penalty_of(model)
    return OwnRows(_without(values, penalty), _without(rows, penalty), times)


def penalty_of(model: Any) -> float:
    """What a loss adds for the weights."""
    regular = [v for v in model.trainable_variables if v.regularizer is not None]
    return float(sum(float(v.regularizer(v)) for v in regular))


def _without(found: Mapping[str, Any], penalty: float) -> dict[str, Any]:
    return {name: of - penalty if name == "loss" else of for name, of in found.items()}


def _is_mean(rows: Array, measured: Sequence[float]) -> bool:
    """Whether rows have the mean that was measured of them, several times where that varies."""
    mean, spread = float(np.mean(measured)), float(np.std(measured))
    apart = abs(float(rows.mean()) - mean)
    return apart <= ROUNDING * max(abs(mean), SMALL) + NOISE * spread


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= ROUNDING * max(abs(one), SMALL)


def _together(model: Any, x: Features, y: TargetRows, weights: Any) -> dict[str, float]:
    """As `evaluate` gives it."""
    begin_anew(model)
    size = rows_at_once(model, VALIDATION_BATCH)
    own = None if weights is None else given_as(weights)
    found = model.evaluate(
        inputs_of(x), given_as(y), size, sample_weight=own, verbose=0, return_dict=True
    )
    return {name: float(np.mean(value)) for name, value in found.items()}


def _one_by_one(
    model: Any, x: Features, y: TargetRows, weights: Any, names: list[str]
) -> dict[str, Array]:
    def of_row(data: Any, place: Any) -> Any:
        for metric in model.metrics:
            metric.reset_state()
        told = model.test_step(keras.tree.map_structure(lambda part: part[place : place + 1], data))
        return tf.stack([tf.reduce_mean(tf.cast(told[name], tf.float32)) for name in names])

    def of_rows(data: Any) -> Any:
        count = tf.shape(keras.tree.flatten(data)[0])[0]
        kind = tf.TensorSpec([len(names)], tf.float32)
        places = tf.range(count)
        return tf.map_fn(
            lambda at: of_row(data, at), places, fn_output_signature=kind, parallel_iterations=1
        )

    measured = of_rows if model.run_eagerly else tf.function(of_rows, reduce_retracing=True)
    found = []
    for at in range(0, len(x), AT_ONCE):
        some = slice(at, at + AT_ONCE)
        parts = [given_as(y[some]), None if weights is None else given_as(weights[some])]
        data = (inputs_of(x[some]), *(part for part in parts if part is not None))
        found.append(np.asarray(measured(keras.tree.map_structure(tf.convert_to_tensor, data))))
    return dict(zip(names, np.concatenate(found).astype(float).T, strict=True))
