"""From a configuration to a compiled Keras model."""

from collections.abc import Mapping
from typing import Any

import keras

from search.study.dataset import Shape
from search.study.dense import widths
from search.study.parameters import Value
from search.study.study import Build, passed_to
from search.study.task import BINARY, TASKS
from search.training.measures import metric


class ModelError(Exception):
    """A person's `build` gave something that cannot be trained here."""


def build(
    make: Build | None, shape: Shape, params: Mapping[str, Value], seed: int, measure: str = ""
) -> Any:
    """A compiled model whose weights depend on nothing but its arguments.

    Args:
        make: A person's function; None for a dense network.
        shape: Of the data.
        params: Its values by name, and what training itself reads; see `passed_to`.
        seed: Of the weights, of dropout and of all else that Keras draws.
        measure: What a dense network is measured by beside loss and the task's own metric; "" for
            nothing.

    Returns:
        A compiled `keras.Model`, its weights and its optimizer's slots made.

    Raises:
        ModelError: `make` gave no compiled Keras model that fits the data.
    """
    keras.utils.set_random_seed(seed)
    if make is None:
        model = dense(shape, params, measure)
    else:
        model = make(**passed_to(make, params))
        _check(model)
    if not model.built:
        model.build((None, *shape.features))
    _check_output(model, shape)
    return model


def dense(shape: Shape, params: Mapping[str, Any], measure: str = "") -> Any:
    """A plain `keras.Sequential` from the fields of a `DenseSpace`, at a constant rate."""
    model = keras.Sequential([keras.Input(shape.features)])
    if len(shape.features) > 1:
        model.add(keras.layers.Flatten())
    for units in widths(params):
        for layer in _hidden(units, params):
            model.add(layer)
    task = TASKS[shape.task]
    model.add(keras.layers.Dense(shape.outputs, task.activation))
    optimizer = keras.optimizers.get(params["optimizer"])
    optimizer.learning_rate = params["learning_rate"]
    more = [metric(measure, shape)] if measure else []
    model.compile(optimizer=optimizer, loss=task.loss, metrics=[task.metric, *more])
    return model


def _hidden(units: int, params: Mapping[str, Any]) -> list[Any]:
    """One hidden layer: dense, activated; normalised and thinned by dropout where asked."""
    l2 = keras.regularizers.L2(params["l2"]) if params["l2"] else None
    layers = [keras.layers.Dense(units, kernel_regularizer=l2)]
    if params["batch_norm"]:
        layers.append(keras.layers.BatchNormalization())
    layers.append(keras.layers.Activation(params["activation"]))
    if params["dropout"]:
        layers.append(keras.layers.Dropout(params["dropout"]))
    return layers


def _check(model: object) -> None:
    if not isinstance(model, keras.Model):
        raise ModelError(f"build returned {type(model).__name__}; it has to return a keras.Model")
    if not model.compiled:
        raise ModelError(
            "build returned a model that is not compiled; call model.compile(optimizer=…, loss=…, "
            "metrics=['accuracy']) in it"
        )


def _check_output(model: Any, shape: Shape) -> None:
    """Predictions must be a row of as many numbers as the task wants."""
    expected = {1, 2} if shape.task == BINARY.name else {shape.outputs}
    outputs = model.compute_output_shape((None, *shape.features))
    if not isinstance(outputs, tuple) or len(outputs) != 2 or outputs[1] not in expected:
        units = "one unit" if shape.outputs == 1 else f"{shape.outputs} units"
        raise ModelError(
            f"build returned a model with output shape {outputs}; these rows need {units} last"
        )


def with_plain_rate(model: Any) -> Any:
    """The model with a learning rate that can be set, where it was compiled with a schedule."""
    optimizer = model.optimizer
    if isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
        config = optimizer.get_config()
        model.optimizer = type(optimizer).from_config({**config, "learning_rate": 1e-3})
    return model
