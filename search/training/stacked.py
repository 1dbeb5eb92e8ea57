"""Several models of one architecture in one graph, which trains them side by side.

A small model leaves a GPU idle for most of each step: starting its operations takes the time. Here
each operation does its work for all models at once. Their weights lie in arrays with a leading axis
of models, Keras's own layers, loss and metrics are mapped over it by `tf.vectorized_map`, and one
optimizer updates the arrays as if they were those of one model: Keras has no `stateless_apply` with
TensorFlow. Every model sees its rows in the order in which it would see them alone, so that it
becomes what it would be alone, up to rounding.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from operator import itemgetter
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search.data.dataset import Array
from search.study.trial import Curve
from search.training.engine import TrainingRequest, TrainingRows
from search.training.in_graph import GraphTraining, OnDevice, Program, each, row_order
from search.training.keras_compat import layers_of, undecayed
from search.training.losses import computed_loss
from search.training.measure_names import curve_of
from search.training.programs import graph_key

ELEMENTWISE = frozenset(
    getattr(keras.optimizers, name)
    for name in (
        "SGD", "RMSprop", "Adam", "AdamW", "Nadam", "Adamax", "Adagrad", "Adadelta", "Ftrl", "Lion",
    )
)  # fmt: skip
"""Optimizers to which a number is a number, whichever array it lies in."""
APART = keras.layers.Embedding
"""Keras gives an optimizer its gradients in slices, whose squares Adam adds up where it squares the
sum of dense ones."""
IN_TURN = (
    keras.layers.RNN,
    *(kind for name, kind in vars(keras.layers).items() if "Conv" in name),
)
"""Layers that `tf.vectorized_map` turns into loops over the models, which took 1.7 times as long as
the models alone, or cannot map at all: their models stand one after the other in the graph."""


def why_apart(models: Sequence[Any]) -> str:
    """Why models cannot be trained in one graph; "" where they can.

    Args:
        models: Compiled and built, each with its own seed and under the same layers' names.
    """
    keys = {graph_key(model) for model in models}
    if None in keys:
        return "the model has parts that Keras's configuration does not describe"
    if len(keys) > 1:
        return "the seeds give models that differ by more than their weights"
    model = models[0]
    optimizer = model.optimizer
    whole = (optimizer.clipnorm, optimizer.global_clipnorm)
    if type(optimizer) not in ELEMENTWISE or any(whole) or undecayed(optimizer):
        return "the optimizer does not treat every weight alike"
    if any(isinstance(layer, APART) for layer in layers_of(model)):
        return "an embedding has gradients in slices"
    if any(variable.constraint is not None for variable in model.trainable_variables):
        return "a constraint looks at a whole array of weights"
    own = [id(variable) for each_model in models for variable in each_model.variables]
    return "the models share weights" if len(set(own)) < len(own) else ""


class Stack:
    """Models of one architecture, and the graph that trains them side by side.

    Args:
        models: As `why_apart` lets pass.
        rows: What they are trained on.
        requests: One a model, which differ in the seed alone.

    Attributes:
        programs: One a model, each of the model alone.
    """

    def __init__(
        self, models: Sequence[Any], rows: OnDevice, requests: Sequence[TrainingRequest]
    ) -> None:
        self.programs = [Program(model, rows) for model in models]
        self._rows = rows
        self._first = self.programs[0]
        self._in_turn = any(isinstance(layer, IN_TURN) for layer in layers_of(models[0]))
        self._seeds = [request.seed for request in requests]
        self._batch = tf.constant(requests[0].batch)
        self._schedule = requests[0].schedule(int(rows.train[1].shape[0]))
        self._trained = _stacked([model.trainable_variables for model in models])
        self._others = _stacked([model.non_trainable_variables for model in models])
        self._optimizer = _optimizer_of(models, self._trained)
        self._epochs = tf.function(self._trace, reduce_retracing=True)
        self._span = (0, 0)
        self._measured: Array = np.empty((0, len(models), 0))

    def epochs(self, place: int, first: int, last: int) -> Array:
        """What a model measured after each epoch from `first` to `last`; it then stands there.

        The models are asked for the same epochs in turn: the first to be asked has them trained for
        all, and one that is asked no more is trained in vain, which costs less than another trace.

        Args:
            place: Of the model.
            first: Epochs behind it.
            last: Epochs that it shall have behind it.

        Returns:
            Shape (epochs, measures); training's before those of validation. Ends with the first
            epoch whose loss is not finite.

        Raises:
            ValueError: Another span of epochs is under way.
        """
        if (first, last) != self._span:
            if first != self._span[1]:
                raise ValueError(f"epoch {first} of a stack that stands at {self._span[1]}")
            schedule = self._schedule
            rates = None if schedule is None else tf.constant(schedule.rates(first, last))
            self._measured = self._epochs(tf.constant(first), tf.constant(last), rates).numpy()
            self._span = (first, last)
        model = self.programs[place].model
        own = [*model.trainable_variables, *model.non_trainable_variables]
        for variable, values in zip(own, [*self._trained, *self._others], strict=True):
            variable.assign(values[place])
        measured = self._measured[:, place]
        broken = np.flatnonzero(~np.isfinite(measured[:, 0]))
        return measured[: broken[0] + 1] if len(broken) else measured

    def _trace(self, first: Any, last: Any, rates: Any) -> Any:
        columns = 2 * len(self._first.measures)
        shape = (len(self._seeds), columns)
        measured = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=shape)
        epoch = first
        going = tf.constant(True)
        rows = tf.shape(self._rows.train[1])[0]
        steps = (rows + self._batch - 1) // self._batch
        while tf.logical_and(epoch < last, going):
            own = None if rates is None else rates[(epoch - first) * steps :]
            trained = self._train_once(epoch, rows, own)
            measured = measured.write(epoch - first, tf.concat([trained, self._validate()], 1))
            going = tf.reduce_any(tf.math.is_finite(trained[:, 0]))
            epoch += 1
        return measured.stack()

    def _train_once(self, epoch: Any, rows: Any, rates: Any) -> Any:
        order = tf.stack([row_order(rows, seed, epoch) for seed in self._seeds])
        metrics = self._no_metrics()
        start = tf.constant(0)
        while start < rows:
            if rates is not None:
                self._optimizer.learning_rate.assign(rates[start // self._batch])
            batch = order[:, start : tf.minimum(start + self._batch, rows)]
            gradients, others, metrics = self._in_each(self._gradients, metrics, batch)
            self._optimizer.apply(gradients, self._trained)
            for variable, value in zip(self._others, others, strict=True):
                variable.assign(value)
            start += self._batch
        return self._results(metrics)

    def _validate(self) -> Any:
        rows, data = tf.shape(self._rows.validation[1])[0], self._rows.validation
        metrics = self._no_metrics()
        start, size = tf.constant(0), self._rows.at_once
        while start < rows:
            batch = each(data, itemgetter(slice(start, tf.minimum(start + size, rows))))
            step = partial(self._tested, batch)
            _, _, metrics = self._in_each(step, metrics, tf.zeros([len(self._seeds)]))
            start += size
        return self._results(metrics)

    def _gradients(self, trained: Any, places: Any) -> Any:
        """Of one model by rows at some places; as `keras.Model.train_step` takes them."""
        model = self._first.model
        batch = each(self._rows.train, partial(tf.gather, indices=places))
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        with tf.GradientTape() as tape:
            tape.watch(trained)
            outputs = model(x, training=True)
            loss = computed_loss(model, x, y, outputs, weights, training=True)
        tracker = next(metric for metric in model.metrics if metric.name == "loss")
        tracker.update_state(loss, sample_weight=tf.shape(places)[0])
        model.compute_metrics(x, y, outputs, weights)
        return tape.gradient(loss, trained)

    def _tested(self, batch: Any, *_: Any) -> Any:
        self._first.model.test_step(batch)
        return tf.constant(0)

    def _results(self, metrics: Any) -> Any:
        found, _, _ = self._in_each(
            lambda *_: self._first.measured(), metrics, tf.zeros([len(self._seeds)])
        )
        return found

    def _no_metrics(self) -> list[Any]:
        """The metrics' variables of all models before an epoch."""
        with keras.StatelessScope() as scope:
            self._first.reset()
        fresh = map(scope.get_current_value, self._first.model.metrics_variables)
        return [tf.stack([value] * len(self._seeds)) for value in fresh]

    def _in_each(self, call: Callable[[Any, Any], Any], metrics: Any, more: Any) -> Any:
        """Call for each model with its trained values and its part of `more`.

        Returns:
            What came of it, the values of the other variables, and those of the metrics.
        """
        model = self._first.model
        variables = (
            model.trainable_variables, model.non_trainable_variables, model.metrics_variables
        )  # fmt: skip

        def of_one(values: Any) -> Any:
            *own, part = values
            pairs = zip(chain(*variables), chain(*own), strict=True)
            with keras.StatelessScope(pairs, collect_losses=True) as scope:
                found = call(own[0], part)
            _, others, measuring = (list(map(scope.get_current_value, of)) for of in variables)
            return found, others, measuring

        now = [[variable.value for variable in of] for of in (self._trained, self._others)]
        stacked = (*now, metrics, more)
        if not self._in_turn:
            return tf.vectorized_map(of_one, stacked, warn=False)
        found = [of_one(each(stacked, itemgetter(i))) for i in range(len(self._seeds))]
        return keras.tree.map_structure(lambda *parts: tf.stack(parts), *found)


class StackedTraining(GraphTraining):
    """One model of a stack in training; see `Stack.epochs` for the order in which to ask.

    Args:
        stack: That trains it.
        place: Of the model in it.
        rows: That it is trained on.
        request: What is trained.
    """

    can_go_on = False  # the optimizer's state is the stack's

    def __init__(
        self, stack: Stack, place: int, rows: TrainingRows, request: TrainingRequest
    ) -> None:
        super().__init__(stack.programs[place], rows, request)
        self._stack, self._place = stack, place

    def _run(self, first: int, last: int) -> Curve:
        return curve_of(self._measured_names, self._stack.epochs(self._place, first, last))


def _stacked(variables: Sequence[Sequence[Any]]) -> list[Any]:
    """For each variable of a model one with a leading axis of models."""
    return [
        keras.Variable(tf.stack([one.value for one in of]), dtype=of[0].dtype)
        for of in zip(*variables, strict=True)
    ]


def _optimizer_of(models: Sequence[Any], trained: Sequence[Any]) -> Any:
    """One optimizer for all, as those of the models stand.

    Raises:
        ValueError: They have done different numbers of steps, or have different learning rates.
    """
    given = models[0].optimizer
    optimizer = type(given).from_config(given.get_config())
    optimizer.build(trained)
    for own, *theirs in zip(
        optimizer.variables, *(model.optimizer.variables for model in models), strict=True
    ):
        values = tf.stack([variable.value for variable in theirs])
        if own.shape == values.shape:
            own.assign(values)
        elif bool(tf.reduce_all(values == values[:1])):
            own.assign(values[0])
        else:
            raise ValueError(f"the optimizers of the models differ in {own.name}")
    return optimizer
