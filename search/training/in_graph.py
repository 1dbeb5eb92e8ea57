"""Whole epochs of any compiled Keras model inside one graph, over arrays on the device.

`fit` returns to Python after every batch, which for small models is nearly all of its time: 24
epochs of a small dense network took 1.7 s by `fit` and 0.04 s here, after 0.3 s of tracing. The
model's own `train_step` and `test_step` run, with its loss, metrics, dropout and batch norm.
"""

from typing import Any

import tensorflow as tf

from search.study.data import Array
from search.study.split import Rows

MEASURES = ("loss", "accuracy", "val_loss", "val_accuracy")
VALIDATION_BATCH = 1024
"""Rows a validation step: the same result as by `fit` up to rounding, in fewer steps."""


class InGraph:
    """Trains a model epoch by epoch without leaving the graph.

    Args:
        model: Compiled and built.
        train: Rows that train, in an order drawn anew each epoch from the seed and the epoch.
        validation: Rows that are measured after each epoch.
        batch_size: Rows a step; the last of an epoch may have fewer.
        seed: Of the order.
    """

    name = "in-graph"

    def __init__(
        self, model: Any, train: Rows, validation: Rows, batch_size: int, seed: int
    ) -> None:
        self._model = model
        self._train = _on_device(train)
        self._validation = _on_device(validation)
        # Tensors and not Python numbers, each of which would be traced anew.
        self._batch = tf.constant(batch_size)
        self._seed = tf.constant(seed)
        _make_variables(model, train)
        self._epochs = tf.function(self._in_graph, reduce_retracing=True)

    def run(self, first: int, last: int, rates: Array | None = None) -> Array:
        """Train from after epoch `first` to `last`.

        Args:
            first: Epochs that the model has behind it.
            last: Epochs that it shall have; fewer where a loss is not finite.
            rates: Learning rate of each of these epochs, shape (last - first,); the model's own
                where left out.

        Returns:
            Shape (epochs, 4): loss, accuracy, and the same on validation.
        """
        given = None if rates is None else tf.constant(rates, tf.float32)
        measured: Array = self._epochs(tf.constant(first), tf.constant(last), given).numpy()
        return measured

    def _in_graph(self, first: Any, last: Any, rates: Any) -> Any:
        measured = tf.TensorArray(
            tf.float32, size=0, dynamic_size=True, element_shape=(len(MEASURES),)
        )
        epoch = first
        going = tf.constant(True)
        while tf.logical_and(epoch < last, going):
            if rates is not None:
                self._model.optimizer.learning_rate.assign(rates[epoch - first])
            loss, accuracy = self._train_once(epoch)
            measures = tf.stack([loss, accuracy, *self._validate()])
            measured = measured.write(epoch - first, measures)
            going = tf.math.is_finite(loss)
            epoch += 1
        return measured.stack()

    def _train_once(self, epoch: Any) -> tuple[Any, Any]:
        x, y = self._train
        rows = tf.shape(x)[0]
        order = row_order(rows, self._seed, epoch)
        self._reset()
        start = tf.constant(0)
        while start < rows:
            batch = order[start : tf.minimum(start + self._batch, rows)]
            self._model.train_step((tf.gather(x, batch), tf.gather(y, batch)))
            start += self._batch
        return self._measures()

    def _validate(self) -> tuple[Any, Any]:
        x, y = self._validation
        rows = tf.shape(x)[0]
        self._reset()
        start = tf.constant(0)
        while start < rows:
            end = tf.minimum(start + VALIDATION_BATCH, rows)
            self._model.test_step((x[start:end], y[start:end]))
            start += VALIDATION_BATCH
        return self._measures()

    def _reset(self) -> None:
        for metric in self._model.metrics:
            metric.reset_state()

    def _measures(self) -> tuple[Any, Any]:
        measured = self._model.get_metrics_result()
        return measured["loss"], measured[accuracy_of(measured)]


def row_order(rows: Any, seed: Any, epoch: Any) -> Any:
    """The order of one epoch's rows: drawn from the seed and the epoch alone.

    Nothing is carried over from the epoch before, so training can go on anywhere.
    """
    return tf.random.experimental.stateless_shuffle(tf.range(rows), seed=tf.stack([seed, epoch]))


def accuracy_of(measured: Any) -> str:
    """The name of the accuracy among a model's measures.

    Raises:
        ValueError: There is none.
    """
    for name in measured:
        if "acc" in name:
            return str(name)
    raise ValueError("the model measures no accuracy; compile it with metrics=['accuracy']")


def _on_device(rows: Rows) -> tuple[Any, Any]:
    return tf.constant(rows.x), tf.constant(rows.y)


def _make_variables(model: Any, rows: Rows) -> None:
    """Make the variables of optimizer and metrics, which else cost a second trace."""
    model.optimizer.build(model.trainable_variables)
    x, y = tf.constant(rows.x[:1]), tf.constant(rows.y[:1])
    model.compute_loss(x=x, y=y, y_pred=model(x, training=False), training=False)
    model.compute_metrics(x, y, model(x, training=False))
