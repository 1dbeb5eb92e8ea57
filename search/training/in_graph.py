"""Whole epochs of any compiled Keras model inside one graph, over arrays on the device.

`fit` returns to Python after every batch, which for small models is nearly all of its time: 24
epochs of a small dense network took 1.7 s by `fit` and 0.04 s here, after 0.3 s of tracing. The
model's own `train_step` and `test_step` run, with its loss, metrics, dropout and batch norm.
"""

from collections.abc import Callable
from copy import copy
from functools import partial
from operator import itemgetter
from typing import Any

import keras
import tensorflow as tf

from search.data.dataset import Array
from search.data.rows_in_file import at_once
from search.data.split import Rows
from search.study.trial import Curve
from search.training.engine import TrainingRequest, TrainingRows
from search.training.fixed_batch import begin_anew, rows_at_once, stateful, whole_batches
from search.training.keras_own import has_own_steps
from search.training.keras_training import KerasTraining
from search.training.losses import computed_loss
from search.training.measure_names import curve_of, measures_of
from search.training.model_inputs import inputs_of
from search.training.rate_suggestion import rows_a_rate

VALIDATION_BATCH = 1024
"""Rows a validation step: the same result as by `fit` up to rounding, in fewer steps."""


class OnDevice:
    """The rows as tensors; made outside of any graph, which would keep them to itself.

    Args:
        train: Rows that train.
        validation: Rows that are measured after each epoch.

    Attributes:
        train: Rows that train, their targets, and their weights where they have any.
        validation: The same of those that are measured.
        at_once: How many of these are measured in a step, where the model takes any number.
    """

    def __init__(self, train: Rows, validation: Rows) -> None:
        self.train = _constants(train)
        self.validation = _constants(validation)[:2]
        self.at_once = at_once(validation.x, VALIDATION_BATCH)

    def writing(self, train: Rows, validation: Rows) -> "OnDevice":
        """The same rows with other weights, or with their classes written otherwise.

        Args:
            train: With targets and weights; their features are shared.
            validation: With targets.
        """
        other = copy(self)
        weights = () if train.weights is None else (tf.constant(train.weights),)
        other.train = (self.train[0], tf.constant(train.y), *weights)
        other.validation = (self.validation[0], tf.constant(validation.y))
        return other


class Program:
    """A model and the graphs that train it.

    Args:
        model: Compiled and built.
        rows: What it is trained on.

    Attributes:
        model: As given; what is trained.
        measures: What the model calls its measures, "loss" first.
    """

    def __init__(self, model: Any, rows: OnDevice) -> None:
        self.model = model
        self._rows = rows
        _make_variables(model, rows)
        self.measures = list(measures_of(model.get_metrics_result()).values())
        self.epochs = tf.function(self._epochs, reduce_retracing=True)
        self.sweep = tf.function(self._sweep, reduce_retracing=True)

    def take_over(self, model: Any) -> None:
        """Start again as another model of the same architecture stands, learning rate and all."""
        model.optimizer.build(model.trainable_variables)
        pairs = [(self.model, model), (self.model.optimizer, model.optimizer)]
        for own, given in pairs:
            for variable, value in zip(own.variables, given.variables, strict=True):
                variable.assign(value)

    def _epochs(self, first: Any, last: Any, batch: Any, seed: Any, rates: Any) -> Any:
        measured = _rows_of(2 * len(self.measures))
        epoch = first
        going = tf.constant(True)
        rows = tf.shape(self._rows.train[1])[0]
        while tf.logical_and(epoch < last, going):
            own = None
            if rates is not None:
                steps = (rows + batch - 1) // batch
                own = rates[(epoch - first) * steps :]
            trained = self._train_once(epoch, batch, seed, rows, own)
            measured = measured.write(epoch - first, tf.concat([trained, self._validate()], 0))
            going = tf.math.is_finite(trained[0])
            epoch += 1
        return measured.stack()

    def _sweep(self, rates: Any, batch: Any, seed: Any, most: Any) -> Any:
        measured = _rows_of(len(self.measures))
        epoch = tf.constant(0)
        going = tf.constant(True)
        while tf.logical_and(epoch < tf.shape(rates)[0], going):
            self.model.optimizer.learning_rate.assign(rates[epoch])
            trained = self._train_once(epoch, batch, seed, most)
            measured = measured.write(epoch, trained)
            going = tf.math.is_finite(trained[0])
            epoch += 1
        return measured.stack()

    def _train_once(self, epoch: Any, size: Any, seed: Any, most: Any, rates: Any = None) -> Any:
        train = self._rows.train
        all_rows = tf.shape(train[1])[0]
        drawn = tf.range(all_rows) if stateful(self.model) else row_order(all_rows, seed, epoch)
        order = drawn[:most]
        rows = whole_batches(self.model, tf.shape(order)[0], size)
        self.reset()
        start = tf.constant(0)
        while start < rows:
            if rates is not None:
                self.model.optimizer.learning_rate.assign(rates[start // size])
            batch = order[start : tf.minimum(start + size, rows)]
            self.model.train_step(each(train, partial(tf.gather, indices=batch)))
            start += size
        return self.measured()

    def _validate(self) -> Any:
        x, y = self._rows.validation
        rows = tf.shape(y)[0]
        self.reset()
        start, size = tf.constant(0), rows_at_once(self.model, self._rows.at_once)
        while start < rows:
            end = tf.minimum(start + size, rows)
            self.model.test_step(each((x, y), itemgetter(slice(start, end))))
            start += size
        return self.measured()

    def reset(self) -> None:
        """Begin an epoch: its measures, and the states of layers."""
        begin_anew(self.model)
        for metric in self.model.metrics:
            metric.reset_state()

    def measured(self) -> Any:
        """The values of `measures` since `reset`, shape (measures,)."""
        measured = self.model.get_metrics_result()
        # A metric may have a value a class or output, as F1Score(average=None): their mean counts.
        values = [tf.cast(measured[name], tf.float32) for name in self.measures]
        return tf.stack([tf.reduce_mean(value) for value in values])


class GraphTraining(KerasTraining):
    """A program's model in training, epoch by epoch without leaving the graph.

    Args:
        program: With the model as it shall start.
        rows: That it is trained on.
        request: What is trained; the order of rows is drawn from its seed and the epoch.
    """

    def __init__(self, program: Program, rows: TrainingRows, request: TrainingRequest) -> None:
        super().__init__(program.model, rows.shape)
        self._schedule = request.schedule(len(rows.train))
        self._program = program
        self._names = list(measures_of(program.measures, request.plan.measure))
        batch = rows_at_once(program.model, request.batch)
        self._rows_a_rate = rows_a_rate(batch)
        # Tensors and not Python numbers, each of which would be traced anew.
        self._order = (tf.constant(batch), tf.constant(request.seed))

    def _run(self, first: int, last: int) -> Curve:
        schedule = self._schedule
        rates = None if schedule is None else tf.constant(schedule.rates(first, last))
        measured: Array = self._program.epochs(
            tf.constant(first), tf.constant(last), *self._order, rates
        ).numpy()
        return curve_of(self._measured_names, measured)

    @property
    def _measured_names(self) -> list[str]:
        """Of what an epoch measures: of training, then of validation."""
        return [*self._names, *(f"val_{name}" for name in self._names)]

    def sweep(self, rates: Array) -> Curve:
        """As in `Training`."""
        measured: Array = self._program.sweep(
            tf.constant(rates, tf.float32), *self._order, tf.constant(self._rows_a_rate)
        ).numpy()
        return curve_of(self._names, measured)


def row_order(rows: Any, seed: Any, epoch: Any) -> Any:
    """The order of one epoch's rows: drawn from the seed and the epoch alone.

    Nothing is carried over from the epoch before, so training can go on anywhere.
    """
    return tf.random.experimental.stateless_shuffle(tf.range(rows), seed=tf.stack([seed, epoch]))


def _constants(rows: Rows) -> tuple[Any, ...]:
    weights = () if rows.weights is None else (rows.weights,)
    found: tuple[Any, ...] = each((inputs_of(rows.x), rows.y, *weights), tf.constant)
    return found


def each(parts: Any, change: Callable[[Any], Any]) -> Any:
    """Of each array or tensor, those of several inputs too."""
    found: Any = keras.tree.map_structure(change, parts)
    return found


def _rows_of(columns: int) -> Any:
    return tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=(columns,))


def _make_variables(model: Any, rows: OnDevice) -> None:
    """Make the variables of optimizer and metrics, which else cost a second trace."""
    model.optimizer.build(model.trainable_variables)
    if has_own_steps(model):
        return  # it may have no loss, or take targets as no loss does
    x, y = each(rows.train[:2], itemgetter(slice(1)))
    computed_loss(model, x, y, model(x, training=False), None, training=False)
    model.compute_metrics(x, y, model(x, training=False))
