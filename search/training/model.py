"""From a configuration to a compiled Keras model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import keras
import numpy as np

from search.data.dataset import Shape
from search.data.rows_in_file import RowsOnDemand
from search.data.split import Rows
from search.data.tree import Tree
from search.study.arguments import TRAIN, taken_by, takes_training_data
from search.study.parameters import Value
from search.study.study import Build
from search.study.target_form import PLAIN
from search.study.task import CUSTOM, TASKS
from search.training.asking import ask, one_of_one
from search.training.engine import BATCH
from search.training.field_network import network
from search.training.fixed_batch import fill_up, fixed_batch, stateful
from search.training.keras_compat import is_graph, is_squashed, rate_of
from search.training.losses import names_of_keras
from search.training.measures import metric
from search.training.model_inputs import InputsError, check_input, check_inputs, inputs_of
from search.training.model_outputs import OutputsError, check_keys, check_outputs, example
from search.training.row_stream import stream
from search.training.target_forms import given_as
from search.training.training_data import TrainingData


class ModelError(Exception):
    """The user's `build` returned something that cannot be trained here."""


def build(
    make: "Build | OfTexts | None",
    shape: Shape,
    params: Mapping[str, Value],
    seed: int,
    measure: str = "",
) -> Any:
    """A compiled model whose weights depend on nothing but its arguments.

    Args:
        make: The user's function; None for a network of the fields of a space; see `taught`.
        shape: Of the data.
        params: Its values by name, and what others read; see `taken_by`.
        seed: Of the weights, of dropout and of all else that Keras draws.
        measure: What a dense network is measured by beside loss and the task's own metric; "" for
            nothing.

    Returns:
        A compiled `keras.Model`, its weights and its optimizer's slots made.

    Raises:
        ModelError: `make` gave no compiled Keras model that fits the data.
    """
    keras.utils.set_random_seed(seed)
    if make is None or isinstance(make, OfTexts):
        model = network(shape, params, make.train if make else None)
        _compile(model, shape, params, measure)
        return model
    model = _made_by(make, taken_by(make, params))
    _check(model)
    if not model.compiled:  # its `fit=` may have an optimizer and a loss of its own
        model.optimizer = model.loss = None
    _settle_batch(model, shape, params)
    _check_input(model, shape)
    if TASKS[shape.task].by_model:
        _check_custom(model, shape)
    else:
        _check_output(model, shape, _built(model, shape))
    _or_model_error(lambda: check_keys(model, shape))
    return model


@dataclass(frozen=True, eq=False)
class OfTexts:
    """In the place of a user's function where fields say how texts are read.

    Attributes:
        train: Rows that train, whose words are learnt.
    """

    train: Rows


def taught(make: Build | None, train: Rows, shape: Shape) -> Build | OfTexts | None:
    """What builds models, with the rows that train where it learns from them."""
    if make is None:
        return OfTexts(train) if shape.inputs else None
    if not takes_training_data(make):
        return make
    return partial(make, **{TRAIN: _training_data(train, shape)})


@lru_cache(maxsize=2)
def _training_data(rows: Rows, shape: Shape) -> TrainingData:
    """What `build` is given of the rows that train; one for as long as they are the same."""
    if rows.stream is not None:
        return TrainingData(rows.stream.part(0), rows.stream.part(1))
    y = given_as(rows.y)
    if TASKS[shape.task].classifies and shape.given != PLAIN:
        y = shape.given.write(y, max(2, shape.outputs))
    if not isinstance(rows.x, RowsOnDemand):
        return TrainingData(rows.x.nested if isinstance(rows.x, Tree) else rows.x, y)
    return TrainingData(stream(rows, np.arange(len(rows)), BATCH).map(lambda x, *_: x), y)


def _made_by(make: Build, values: Mapping[str, Value]) -> Any:
    """What your function gives; a call of exit in it would take the worker along, unexplained."""
    try:
        return make(**values)
    except SystemExit as error:
        if hasattr(error, "ray_terminate_msg"):  # this is Ray ending its worker
            raise
        raise ModelError("build calls exit(); remove that call, or raise an error") from error


def _compile(model: Any, shape: Shape, params: Mapping[str, Any], measure: str) -> None:
    """At a constant rate."""
    task = TASKS[shape.task]
    optimizer = keras.optimizers.get(params["optimizer"])
    optimizer.learning_rate = params["learning_rate"]
    more = [metric(measure, shape)] if measure else []
    model.compile(optimizer=optimizer, loss=task.loss, metrics=[task.metric, *more])


def _check(model: object) -> None:
    if not isinstance(model, keras.Model):
        raise ModelError(f"build returned {type(model).__name__}; it has to return a keras.Model")


def check_compiled(model: Any) -> None:
    """Refuse a model that Keras cannot train.

    Raises:
        ModelError: It is not compiled.
    """
    if not model.compiled:
        raise ModelError(
            "build returned a model that is not compiled; call model.compile(optimizer=…, loss=…, "
            "metrics=['accuracy']) in it"
        )


def _settle_batch(model: Any, shape: Shape, params: Mapping[str, Value]) -> None:
    """Let a model of one size of batch take fewer rows as well, and refuse another size."""
    declared, given = fixed_batch(model), params.get("batch_size")
    if declared and given not in {None, declared}:
        kept = [layer.name for layer in stateful(model)]
        told, fix = "", f"declare keras.Input({shape.features}) without a batch size, or take"
        if kept:
            told = f": its stateful layer {kept[0]!r} keeps a state for each row of a batch"
            fix = "drop batch_size from the space, or take"
        raise ModelError(
            f"build returned a model for batches of {declared} rows, and batch_size is {given}"
            f"{told}; {fix} batch_size as an argument of build and declare "
            "keras.Input(batch_shape=(batch_size, …))"
        )
    if size := declared or (int(given or BATCH) if stateful(model) else 0):
        if isinstance(model, keras.Sequential) and not model.built:
            model.build((size, *shape.features))
        fill_up(model, size)


def _check_input(model: Any, shape: Shape) -> None:
    """Rows must be what the model was declared for, which Keras does not check of every graph."""
    if shape.inputs:
        _or_model_error(lambda: check_inputs(model, shape))
        return
    _or_model_error(lambda: check_input(model, shape))
    inputs = getattr(model, "inputs", None) or []
    declared = tuple(inputs[0].shape[1:]) if len(inputs) == 1 else shape.features
    rows = shape.features
    alike = zip(declared, rows, strict=False)
    if len(declared) != len(rows) or all(side in {None, row} for side, row in alike):
        return
    mend = f"declare keras.Input({rows})"
    if len(rows) == 3 and declared[2] == rows[2] and None not in declared:
        mend += f", or bring pictures to that size by pictures(folder, size={declared[:2]})"
    elif len(rows) == 3:
        mend += f", which is height, width and {'colours' if rows[2] == 3 else 'channels'}"
    raise ModelError(
        f"build returned a model for rows of shape {declared}, and these are {rows}; {mend}"
    )


def _or_model_error(check: Callable[[], None]) -> None:
    try:
        check()
    except (InputsError, OutputsError) as error:
        raise ModelError(f"{error}") from None


def _built(model: Any, shape: Shape) -> tuple[int | None, ...]:
    """Make what a model is still without, and return the shape of its outputs.

    A graph of layers knows it. Any other model is called once: Keras's own `build` of a subclassed
    model only marks it as built, and few have a `compute_output_shape`.
    """
    is_sequential = isinstance(model, keras.Sequential)
    if is_sequential and not model.built:
        if len(shape.inputs) > 1:
            model(inputs_of(shape.zeros(1)))
        else:  # called on some rows, it would take batches of so many alone
            model.build((None, *(shape.inputs[0].shape if shape.inputs else shape.features)))
    if is_graph(model):
        if len(model.outputs) > 1:
            raise _several(len(model.outputs), shape, example(model))
        found = one_of_one(model.output_shape)
        return found if isinstance(found, tuple) else (found,)
    outputs = one_of_one(ask(model, inputs_of(shape.zeros(1))))
    if not hasattr(outputs, "shape"):
        raise _several(len(outputs), shape, "{'…': …}" if isinstance(outputs, dict) else "[…, …]")
    units = tuple(outputs.shape[1:]) or (1,)
    return (None, *units)


def _several(outputs: int, shape: Shape, targets: str) -> ModelError:
    units = "one unit" if shape.outputs == 1 else f"{shape.outputs} units"
    return ModelError(
        f"build returned a model with {outputs} outputs, and these rows have one array of targets; "
        f"let it end in one output of {units}, or give targets for each by arrays(x, {targets})"
    )


def _check_custom(model: Any, shape: Shape) -> None:
    """Outputs must have the names and shapes of the targets, as far as the model tells them."""
    if not model.built or not is_graph(model):
        ask(model, inputs_of(shape.zeros(1)))
    _or_model_error(lambda: check_outputs(model, shape))


def _check_output(model: Any, shape: Shape, outputs: tuple[Any, ...]) -> None:
    """Predictions must be a row of as many numbers as the task wants."""
    classes = TASKS[shape.task].classifies
    expected = {1, 2} if classes and shape.outputs == 1 else {shape.outputs}
    if len(outputs) != 2 or outputs[1] not in expected:
        units = "one unit" if shape.outputs == 1 else f"{shape.outputs} units"
        otherwise = ""
        wide = len(outputs) == 2 and outputs[1] and outputs[1] > shape.outputs
        if not classes and wide and len(shape.features) < 2:
            otherwise = (
                ". For a loss that takes more numbers than there are targets, such as a mean and a "
                "variance, repeat the target: y = np.column_stack([y, y])"
            )
        if classes and outputs[-1] == 1:
            otherwise = (
                ' (the targets were read as classes; if they are numbers, say task="regression")'
            )
        if len(outputs) > 2:
            otherwise += (
                f". If the targets are one for each of {outputs[1]} steps or places, say "
                f"task={CUSTOM.name!r}: the model's own loss then measures them"
            )
        elif not names_of_keras(model):
            otherwise += (
                f". If your own loss reads the targets in its own way, say task={CUSTOM.name!r}"
            )
        raise ModelError(
            f"build returned a model with output shape {outputs}, and {_told(shape)}; let it end "
            f"in {units}{otherwise}"
        )
    if outputs[1] == 1 and classes and _always_says_one(model, shape):
        raise ModelError(
            "build returned a model that ends in a softmax of one unit, which is 1 whatever the "
            "row; end it in Dense(1, 'sigmoid'), or Dense(2, 'softmax')"
        )


def _told(shape: Shape) -> str:
    """What the targets are, beside a model's outputs."""
    if TASKS[shape.task].classifies:
        return f"y has {max(2, shape.outputs)} classes"
    what = "label" if TASKS[shape.task].has_labels else "number"
    return f"y has {shape.outputs} {what}s" if shape.outputs > 1 else f"y is one {what} a row"


def _always_says_one(model: Any, shape: Shape) -> bool:
    outputs = one_of_one(ask(model, inputs_of(shape.zeros(2))))
    return is_squashed(outputs) and bool((np.asarray(outputs, float) == 1).all())


def with_plain_rate(model: Any) -> Any:
    """The model with a learning rate that can be set, where it was compiled with a schedule."""
    if _has_schedule(model.optimizer):
        model.optimizer = _at_plain_rate(model.optimizer)
    return model


def _at_plain_rate(optimizer: Any) -> Any:
    inner = getattr(optimizer, "inner_optimizer", None)
    config = optimizer.get_config()
    if inner is not None:  # with a loss scale, as mixed precision brings it
        return type(optimizer)(_at_plain_rate(inner), initial_scale=config["initial_scale"])
    return type(optimizer).from_config({**config, "learning_rate": 1e-3})


def _has_schedule(optimizer: Any) -> bool:
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return isinstance(rate_of(inner), keras.optimizers.schedules.LearningRateSchedule)
