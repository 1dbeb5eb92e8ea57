"""A model's own compiled metric or loss on rows, and on the same rows drawn anew."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.dataset import Array, Shape
from search.data.rows_in_file import Features, at_once
from search.data.series_rows import Blocks
from search.metrics.base import Estimate
from search.metrics.intervals import Draws
from search.metrics.row_loss import BY_SQUARES, OF_ITS_OWN, RowLoss, questions, row_loss
from search.study.outputs import SURE
from search.study.target_form import CODES, SIGNED
from search.study.task import BINARY, TASKS
from search.training.asking import units_of
from search.training.fixed_batch import begin_anew, rows_at_once
from search.training.in_graph import VALIDATION_BATCH
from search.training.keras_own import overrides
from search.training.losses import (
    computed_loss,
    flat,
    name_of_loss,
    name_of_metric,
    names_of_keras,
)
from search.training.measure_names import name_in
from search.training.model_inputs import inputs_of
from search.training.outputs import outputs_of
from search.training.predict import BATCH, outputs_of_rows
from search.training.stock_metrics import is_plain, is_share, misread
from search.training.target_forms import given_as, targets_of, written

DRAWS = 200
"""Of rows drawn anew; a spread of so many is right to 5 %."""
MOST_ROWS = 20_000_000
"""That are measured in all; of more rows, fewer draws."""
ALIKE = 1e-3
"""As a fraction of a value, by which its measurement by epoch and by outputs may differ."""
OF_16_BITS = 0.05
"""The same of one that was measured in a graph, and is measured again without one."""
COSINE = "cosine_similarity"
_OF_ONE_CLASS = (keras.metrics.Precision, keras.metrics.Recall)
"""Keras counts each of two columns as a label, so that of a softmax both are its accuracy."""
_COSINES = (keras.metrics.PearsonCorrelation, keras.metrics.ConcordanceCorrelation)
"""Metrics that lie between −1 and 1, beside Keras's mean of cosines."""


class OwnMeasure:
    """Measures outputs by what a model was compiled with, in batches as validation does.

    Args:
        model: Compiled.
        objective: Such as "val_f2" or "val_loss".
        y: Of the rows, as in `Dataset`.
        shape: Of the data. Of a "custom" task outputs are taken in the structure and shape in
            which the model gives them.
        weights: Of places or of several outputs of the rows; None where all count alike.

    Attributes:
        model: The same.
        objective: The same.
        y: Of the rows, as the model's loss takes them.
        y_of_steps: The same as its steps take them.
        outputs: How the model's outputs are read.
        misread: Whether the objective is a metric of Keras that takes these outputs for
            probabilities; it is then given such, so that it is other than training recorded.
    """

    def __init__(
        self, model: Any, objective: str, y: Any, shape: Shape, weights: Any = None
    ) -> None:
        self.model, self.objective = model, objective
        self.y = targets_of(model, y, shape, by_loss=True)
        self.y_of_steps = targets_of(model, y, shape)
        self._model, self._y = model, keras.tree.map_structure(tf.constant, self.y)
        own = None if weights is None else given_as(weights)
        self._weights = None if own is None else keras.tree.map_structure(tf.constant, own)
        self._name = objective.removeprefix("val_")
        self._measured: Any = self._loss if self._name == "loss" else self._metric
        if not model.run_eagerly:
            self._measured = tf.function(self._measured, reduce_retracing=True)
        self._task = shape.task
        self.outputs, self.misread, self._units = SURE, False, 0
        if not TASKS[shape.task].by_model:
            self._read_outputs(y, shape)

    def _read_outputs(self, y: Array, shape: Shape) -> None:
        """How outputs are read that are of classes, labels or numbers."""
        model, objective = self.model, self.objective
        self.outputs, self._units = outputs_of(model, shape), units_of(model, shape)
        wrong = misread(model, self.outputs, self._units)
        self.misread = name_in(wrong, objective) in wrong
        if self.misread and shape.given.layout == SIGNED:
            self.y = written(model, y, shape, shape.given.as_layout(CODES))
            self._y = tf.constant(self.y)

    @property
    def title(self) -> str:
        """As by `title_of`."""
        metric = metric_named(self._model, self._name)
        of_class = isinstance(metric, _OF_ONE_CLASS) and metric.class_id is None
        if of_class and self._task == BINARY.name and self._units == 2:
            return f"{self._name} (of both columns, the model's own)"
        return title_of(self._model, self.objective)

    @property
    def share(self) -> bool:
        """As by `has_natural_1`."""
        return has_natural_1(self._model, self._name)

    def value_of(self, said: Array) -> float:
        """Of what another model predicts for all rows, as `Outputs.read` gives it."""
        outputs = self.outputs.write(said, self._task, self._units)
        return self._of(self._taken(outputs), np.arange(len(outputs)))

    def estimate(self, outputs: Any, draws: Draws) -> Estimate:
        """Of outputs of all rows.

        Args:
            outputs: As the model gives them, shape (rows, units), or of a "custom" task any.
            draws: Of the same rows.
        """
        rows = len(keras.tree.flatten(outputs)[0])
        count = max(2, min(DRAWS, MOST_ROWS // max(rows, 1)))
        of = self._taken(outputs)
        value = self._of(of, np.arange(rows))
        drawn = np.array([self._of(of, draws.places(draw)) for draw in range(count)])
        drawn = draws.widened(value, drawn, share=self.share)
        return replace(self.known_of(value), drawn=drawn, blocks=draws.blocks)

    def known_of(self, value: float) -> Estimate:
        """A value of it, without draws."""
        ends = ends_of(self._model, self._name)
        return Estimate(value, title=self.title, share=self.share, ends=ends)

    def value_of_outputs(self, outputs: Any) -> float:
        """Of outputs of all rows, of a "custom" task."""
        return self._of(self._taken(outputs), np.arange(len(keras.tree.flatten(outputs)[0])))

    def of_each(self, outputs: Any) -> Array:
        """Of each row alone, shape (rows,).

        Args:
            outputs: As in `estimate`.
        """
        of = self._taken(outputs)
        rows = len(keras.tree.flatten(outputs)[0])
        return np.array([self._of(of, np.array([place])) for place in range(rows)])

    def _taken(self, outputs: Any) -> Any:
        """As the metric takes them."""
        if TASKS[self._task].by_model:
            return keras.tree.map_structure(tf.constant, outputs)
        taken = self.outputs.as_probabilities(outputs, self._task) if self.misread else outputs
        return tf.constant(taken, tf.float32)

    def _of(self, outputs: Any, chosen: Array) -> float:
        if not len(chosen):
            return math.nan
        return float(np.mean(self._measured(outputs, tf.constant(chosen))))

    def _metric(self, outputs: Any, chosen: Any) -> Any:
        for metric in self._model.metrics:
            metric.reset_state()
        start, rows = tf.constant(0), tf.shape(chosen)[0]
        while start < rows:
            batch = chosen[start : start + VALIDATION_BATCH]
            truth, said = _at(self._y, batch), _at(outputs, batch)
            self._model.compute_metrics(None, truth, said, self._weights_at(batch))
            start += VALIDATION_BATCH
        measured = self._model.get_metrics_result()
        return tf.cast(measured[name_in(measured, self.objective)], tf.float32)

    def _weights_at(self, places: Any) -> Any:
        return None if self._weights is None else _at(self._weights, places)

    def _loss(self, outputs: Any, chosen: Any) -> Any:
        total, start, rows = tf.constant(0.0), tf.constant(0), tf.shape(chosen)[0]
        while start < rows:
            batch = chosen[start : start + VALIDATION_BATCH]
            truth, said = _at(self._y, batch), _at(outputs, batch)
            weights = self._weights_at(batch)
            loss = computed_loss(self._model, None, truth, said, weights, training=False)
            total += tf.cast(loss, tf.float32) * tf.cast(tf.shape(batch)[0], tf.float32)
            start += VALIDATION_BATCH
        return total / tf.cast(rows, tf.float32) - _penalty(self._model)


def title_of(model: Any, objective: str) -> str:
    """What a measure is called: a loss by its name, and Keras's AUC names which curve is meant."""
    name = objective.removeprefix("val_")
    if name == "loss":
        named = name_of_loss(model)
        return f"loss ({named}, the model's own)" if named else "loss (the model's own)"
    metric = metric_named(model, name)
    if isinstance(metric, keras.metrics.AUC):
        return f"{name} ({metric.curve.value} curve, the model's own metric)"
    return f"{name} (the model's own)"


def has_natural_1(model: Any, name: str) -> bool:
    """Whether a measure of a model is at most 1, and the better the nearer to it.

    Args:
        model: Compiled; its metrics are built.
        name: As an objective or the model itself has it, such as "kind_accuracy".
    """
    return name != "loss" and is_share(metric_named(model, name), name)


def ends_of(model: Any, name: str) -> tuple[float, float]:
    """Between which a measure of a model lies; rounding may take a value a little further.

    Args:
        model: Compiled; its metrics are built.
        name: As in `has_natural_1`.
    """
    if name == "loss":
        whole = len(flat(model.loss)) == 1 and not overrides(model, "compute_loss")
        is_cosine = whole and names_of_keras(model) == {COSINE}
    else:
        metric = metric_named(model, name)
        is_cosine = isinstance(metric, _COSINES) or name_of_metric(metric) == COSINE
    return (-1.0, 1.0) if is_cosine else (-math.inf, math.inf)


def may_be_mean(model: Any, name: str) -> bool:
    """Whether a measure can be a mean over rows, as a loss and Keras's means are.

    Args:
        model: Compiled; its metrics are built.
        name: As in `has_natural_1`.
    """
    metric = metric_named(model, name)
    of_roots = isinstance(metric, keras.metrics.RootMeanSquaredError)
    return metric is None or (isinstance(metric, keras.metrics.Mean) and not of_roots)


def row_loss_of(model: Any, objective: str, y: Array, shape: Shape) -> RowLoss:
    """What an objective of numbers adds up of rows.

    Args:
        model: Compiled; its metrics are built.
        objective: Such as "val_loss".
        y: Of rows, as in `Dataset`.
        shape: Of the data.
    """
    name = objective.removeprefix("val_")
    if not TASKS[shape.task].has_numbers:
        return OF_ITS_OWN
    if name != "loss" and not may_be_mean(model, name):
        metric = metric_named(model, name)
        of_squares = keras.metrics.RootMeanSquaredError, keras.metrics.R2Score
        return BY_SQUARES if isinstance(metric, of_squares) else OF_ITS_OWN
    truth, said = questions(y)
    try:
        return row_loss(truth, said, OwnMeasure(model, objective, truth, shape).of_each(said))
    except Exception:  # whatever a measure of one's own does with what it is asked here
        return OF_ITS_OWN


def _at(rows: Any, places: Any) -> Any:
    """Some of the rows of an array, or of several."""
    return keras.tree.map_structure(lambda leaf: tf.gather(leaf, places), rows)


def is_misread(model: Any, objective: str, shape: Shape) -> bool:
    """Whether an objective that this package knows was measured by Keras at the wrong cut."""
    wrong = misread(model, outputs_of(model, shape), units_of(model, shape))
    metric = wrong.get(name_in(wrong, objective))
    return metric is not None and is_plain(metric, objective, shape.task)


def of_validation(own: OwnMeasure, x: Features, recorded: float, draws: Draws) -> Estimate:
    """The objective on validation rows, checked against what training recorded.

    Args:
        own: Of the model with the weights of the epoch that counts.
        x: The rows' features.
        recorded: The value of the epoch.
        draws: Of the rows.

    Returns:
        Without draws where the model measures otherwise than by its outputs of rows.
    """
    if own.objective == "val_loss":
        recorded -= float(_penalty(own.model))
    found = _estimate(own, outputs_of_rows(own.model, x), draws)
    return _explained(own, found, recorded, x) or own.known_of(recorded)


def of_others(
    model: Any,
    objective: str,
    rows: tuple[Features, Array, Blocks | None],
    others: Mapping[str, Array],
    shape: Shape,
) -> dict[str, Estimate]:
    """The same of held-out rows by the model itself, "", and by what others predict of them.

    Nothing where the model does not measure it, as what a callback noted in the logs.
    """
    if not model.compiled:
        return {}
    x, y, blocks = rows
    own, draws = OwnMeasure(model, objective, y, shape), Draws.of(len(y), blocks)
    outputs = outputs_of_rows(model, x)
    value = _evaluated(own, x)
    if value is None:
        return {}
    found = _explained(own, _estimate(own, outputs, draws), value, x)
    if found is None:
        return {"": own.known_of(value)}
    units = outputs.shape[-1]
    told = {
        name: own.estimate(own.outputs.write(said, shape.task, units), draws)
        for name, said in others.items()
    }
    return {"": found, **told}


def _estimate(own: OwnMeasure, outputs: Array, draws: Draws) -> Estimate | None:
    """Of outputs of all rows; None of a measure that nothing but the model's own step knows."""
    try:
        return own.estimate(outputs, draws)
    except Exception:  # whatever a measure of one's own does with what it is asked here
        return None


def _explained(
    own: OwnMeasure, found: Estimate | None, recorded: float, x: Features
) -> Estimate | None:
    """An estimate, unless the model measures otherwise than by its outputs of rows.

    A graph does not round what lies between operations that it fuses, as single ones do. Of 16
    bits, outputs then differ by some 0.003, and the classes of one row in hundreds. What the model
    measures by single operations, as its outputs are found, decides.
    """
    if found is None or own.misread or _alike(found.value, recorded):
        return found
    if not _alike(found.value, recorded, OF_16_BITS):
        return None
    single = _evaluated(own, x, in_graph=False)
    return found if single is not None and _alike(found.value, single) else None


def _alike(value: float, recorded: float, within: float = ALIKE) -> bool:
    return abs(value - recorded) <= within * max(abs(recorded), within)


def _evaluated(own: OwnMeasure, x: Features, *, in_graph: bool = True) -> float | None:
    """What Keras's `evaluate` gives of the rows, without what a loss adds for the weights.

    Args:
        own: Of the model and the rows' targets.
        x: The rows' features.
        in_graph: Else each operation is executed by itself, in batches as by `outputs_of_rows`.

    Returns:
        None where the model does not measure it.
    """
    model, most = own.model, VALIDATION_BATCH if in_graph else BATCH
    kept = model.run_eagerly, model.test_function
    if not in_graph:
        model.run_eagerly, model.test_function = True, None
    try:
        begin_anew(model)
        measured = model.evaluate(
            inputs_of(x),
            own.y_of_steps,
            batch_size=rows_at_once(model, at_once(x, most)),
            verbose=0,
            return_dict=True,
        )
    finally:
        if not in_graph:
            model.run_eagerly, model.test_function = kept
    name = name_in(measured, own.objective)
    if not name:
        return None
    value = float(np.mean(measured[name]))
    return value - float(_penalty(model)) if own.objective == "val_loss" else value


def _penalty(model: Any) -> Any:
    """What a loss adds for the weights."""
    losses = model.losses
    return tf.cast(tf.add_n(losses), tf.float32) if losses else tf.constant(0.0)


def metric_named(model: Any, name: str) -> Any:
    """The metric that an objective or the model itself calls so; None for none."""
    metrics = _named(model.metrics)
    return metrics.get(name_in(metrics, name))


def _named(metrics: Any) -> dict[str, Any]:
    """Those within Keras's containers too, by the names that these have for them."""
    found: dict[str, Any] = {}
    for metric in metrics:
        if not hasattr(metric, "metrics"):
            found[metric.name] = metric
            continue
        within = metric.metrics  # none before it is built
        told = metric.result() if within else {}
        names = list(told) if isinstance(told, dict) else []
        if len(names) != len(within):
            names = [one.name for one in within]
        found |= dict(zip(names, within, strict=True))
    return found
