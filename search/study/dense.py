"""The space of dense networks: layers and their widths, an activation, an optimizer, its rate."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from typing_extensions import TypeIs

from search.study.class_weights import check_class_weight
from search.study.errors import InputError
from search.study.left_out import LEFT_OUT
from search.study.parameters import (
    Choice,
    Float,
    Int,
    Parameter,
    Value,
    as_choice,
    combinations,
    near,
    one_of,
    plain,
    several,
)

# Keras's own names. They stand here because a space is checked before TensorFlow is loaded;
# a test compares them with what Keras knows.
ACTIVATIONS = frozenset(
    "celu elu exponential gelu hard_sigmoid hard_silu hard_tanh leaky_relu linear log_sigmoid mish "
    "relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign squareplus swish tanh "
    "tanh_shrink".split()
)
OPTIMIZERS = frozenset(
    "adadelta adafactor adagrad adam adamax adamw ftrl lion nadam rmsprop sgd".split()
)
SCHEDULES = frozenset("constant cosine exponential linear".split())
"""How a rate goes on after its warm-up; see `search.training.rate_schedule`."""
OF_HIDDEN = frozenset({"units", "activation", "dropout", "batch_norm", "l2"})
"""Fields that are of hidden layers alone; the output layer has neither of them."""

MOST_LAYERS = 10_000
"""Of a dense network."""


_PLAIN: dict[str, Any] = {
    "layers": 2,
    "units": 32,
    "activation": "relu",
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "batch_size": 32,
    "dropout": 0.0,
    "l2": 0.0,
    "batch_norm": False,
    "class_weight": "none",
    "schedule": "constant",
    "warmup": 0.0,
}
"""What a field is that is left out beside others."""
_FOR_TABLES: dict[str, Any] = {
    "layers": Int(1, 3),
    "units": Int(32, 128, log=True),
    "activation": Choice("relu", "tanh"),
    "learning_rate": Float(5e-4, 2e-2, log=True),
    "dropout": Float(0.0, 0.3),
    "l2": Float(1e-6, 1e-3, log=True),
}
"""What is searched where no field is given; `docs/decisions.md` has the measurement."""


@dataclass(frozen=True)
class DenseSpace:
    """Dense networks: every field takes a parameter to search or a plain value to hold.

    `DenseSpace()` is a space that suits most tables: 1 to 3 layers of 32 to 128 units, relu or
    tanh, Adam's rate from 0.0005 to 0.02, dropout up to 0.3, l2 from 1e-6 to 0.001. Where a field
    is given, only what is given is searched, and those left out have one value each.

    Args:
        layers: Hidden layers (0 gives a linear model); 2 where left out beside others.
        units: Units of each hidden layer, 32 where left out; or a list with one entry a layer, as
            many as `layers` has at most. Its entries are searched or fixed as `units_1`,
            `units_2` …; a configuration with fewer layers uses the first.
        activation: Keras's name of the hidden layers' activation; "relu" where left out.
        optimizer: Keras's name of the optimizer, with its defaults but for the rate; "adam".
        learning_rate: The optimizer's rate, above 0; the highest one where it changes; 0.001.
        batch_size: Rows a training step; 32.
        dropout: Share of a hidden layer's outputs set to 0 in training, 0 ≤ dropout < 1; 0.
        l2: Weight of the squared kernel weights in the loss, 0 or more; 0.
        batch_norm: Batch normalisation between each hidden layer and its activation; False.
        class_weight: "balanced" lets every class count alike in training, however few rows it
            has: each counts rows / (classes · rows of its class). "none" lets rows count alike.
        schedule: How the rate goes on from step to step of the whole budget of epochs, also where a
            training ends early: "constant", "cosine" or "linear" towards 0, or "exponential" to a
            hundredth.
        warmup: Share of that budget's steps before it, in which the rate grows evenly,
            0 ≤ warmup < 1.

    Raises:
        InputError: A field's value or range has no meaning, or a name is unknown to Keras.
    """

    layers: Int | Choice | int = LEFT_OUT
    units: Int | Choice | int | Sequence[Int | Choice | int] = LEFT_OUT
    activation: Choice | str = LEFT_OUT
    optimizer: Choice | str = LEFT_OUT
    learning_rate: Float | Choice | float = LEFT_OUT
    batch_size: Int | Choice | int = LEFT_OUT
    dropout: Float | Choice | float = LEFT_OUT
    l2: Float | Choice | float = LEFT_OUT
    batch_norm: Choice | bool = LEFT_OUT
    class_weight: Choice | str = LEFT_OUT
    schedule: Choice | str = LEFT_OUT
    warmup: Float | Choice | float = LEFT_OUT

    def __post_init__(self) -> None:
        left_out = [name for name in _PLAIN if getattr(self, name) is LEFT_OUT]
        instead = _PLAIN | _FOR_TABLES if len(left_out) == len(_PLAIN) else _PLAIN
        for name in left_out:
            object.__setattr__(self, name, instead[name])
        for field in fields(self):
            value = plain(getattr(self, field.name))
            _one_value(field.name, value)
            object.__setattr__(self, field.name, value)
        _whole("layers", self.layers, least=0)
        if isinstance(self.units, list | tuple):
            object.__setattr__(self, "units", tuple(map(plain, self.units)))
            self._check_widths(self.units)
        else:
            _whole("units", self.units, least=1)
        _whole("batch_size", self.batch_size, least=1)
        _known("activation", self.activation, ACTIVATIONS)
        _known("optimizer", self.optimizer, OPTIMIZERS)
        _within("learning_rate", self.learning_rate, above=0.0)
        _within("dropout", self.dropout, least=0.0, below=1.0)
        _within("l2", self.l2, least=0.0)
        _within("warmup", self.warmup, least=0.0, below=1.0)
        for value in values_of(self.schedule):
            one_of("schedule", value, SCHEDULES)
        if not all(isinstance(value, bool) for value in values_of(self.batch_norm)):
            raise InputError(
                f"batch_norm={self.batch_norm}", fix="give True, False or a Choice of both"
            )
        check_class_weight(values_of(self.class_weight))

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The searched fields, in the order of declaration."""
        return {name: value for name, value in self._items() if is_parameter(value)}

    @property
    def fixed(self) -> dict[str, Value]:
        """The fields that hold a plain value."""
        return {name: value for name, value in self._items() if not is_parameter(value)}

    @property
    def most_units(self) -> tuple[int, ...]:
        """The largest width of each hidden layer of the deepest network."""
        most = _largest(self.layers)
        widths = self.units if isinstance(self.units, tuple) else (self.units,) * most
        return tuple(_largest(width) for width in widths)

    def idle(self, params: Mapping[str, Value]) -> frozenset[str]:
        """Names of a configuration's values that are of hidden layers it has not.

        Without any, nothing that a hidden layer has means anything.
        """
        layers = params.get("layers", self.layers)
        if not isinstance(layers, int):
            return frozenset()
        own = len(self.units) if isinstance(self.units, tuple) else 0
        beyond = frozenset(_width(place) for place in range(layers, own))
        return beyond | OF_HIDDEN if layers == 0 else beyond

    @property
    def size(self) -> float:
        """How many configurations there are, by the values that count; infinity for a range."""
        layers = self.layers
        if not is_parameter(layers):
            return self._size({})
        depths = layers.options if isinstance(layers, Choice) else _all(layers)
        return sum(self._size({"layers": depth}) for depth in depths)

    def _size(self, depth: Mapping[str, Value]) -> float:
        apart = {"layers", *self.idle(depth)}
        return combinations({k: p for k, p in self.parameters.items() if k not in apart})

    def _check_widths(self, units: Sequence[object]) -> None:
        for place, width in enumerate(units):
            _whole(_width(place), width, least=1)
        if len(units) != _largest(self.layers):
            raise InputError(
                f"units={list(units)!r}",
                f"there are {len(units)} widths for layers={self.layers!r}",
                f"give {_largest(self.layers)}, one for each layer of the deepest network",
            )

    def _items(self) -> list[tuple[str, Parameter | Value]]:
        return [item for field in fields(self) for item in self._of_field(field.name)]

    def _of_field(self, name: str) -> list[tuple[str, Parameter | Value]]:
        value = getattr(self, name)
        if not isinstance(value, tuple):
            return [(name, value)]
        return [(_width(place), width) for place, width in enumerate(value)]


def widths(params: Mapping[str, Any]) -> list[int]:
    """Units of each hidden layer of a configuration.

    Args:
        params: The values of a `DenseSpace`, by name.

    Raises:
        ValueError: There are more than any network has.
    """
    layers = params["layers"]
    if layers > MOST_LAYERS:  # as a damaged run may say
        raise ValueError(f"{layers:,} layers")
    if "units" in params:
        return [params["units"]] * layers
    return [params[_width(place)] for place in range(layers)]


def _width(place: int) -> str:
    return f"units_{place + 1}"


def _all(parameter: Int) -> range:
    return range(parameter.low, parameter.high + 1, parameter.step)


def _largest(field: object) -> int:
    return max(value for value in values_of(field) if isinstance(value, int))


def is_parameter(value: object) -> TypeIs[Parameter]:
    """Whether `value` is searched, and not fixed."""
    return isinstance(value, Int | Float | Choice)


def values_of(value: object) -> tuple[object, ...]:
    """What decides whether a field is sound: the options, the two ends, or the value itself."""
    match value:
        case Choice():
            return value.options
        case Int() | Float():
            return (value.low, value.high)
        case _:
            return (value,)


def _one_value(name: str, field: object) -> None:
    """Refuse a list where a choice is meant; of widths it has a meaning."""
    if several(field) and not (name == "units" and isinstance(field, list | tuple)):
        raise InputError(
            f"{name}={field!r}", fix=f"to search several values, write {as_choice(field)}"
        )


def _whole(name: str, field: object, *, least: int) -> None:
    if isinstance(field, Float):
        raise InputError(
            f"{name}=Float({field.low:g}, {field.high:g})",
            f"{name} is a whole number",
            f"write {name}=Int({math.ceil(field.low)}, {math.floor(field.high)})",
        )
    for value in values_of(field):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InputError(
                f"{name}={field!r}",
                f"{name} is a whole number of {least} or more",
                f"give one, or a range such as Int({max(least, 1)}, {max(least, 1) * 4})",
            )


def _within(
    name: str,
    field: object,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> None:
    for value in values_of(field):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{name}={field!r}", f"{name} is a number or a range of numbers")
        if not (math.isfinite(value) and least <= value < below and value > above):
            floor = f"above {above:g}" if math.isfinite(above) else f"{least:g} or more"
            top = f" and below {below:g}" if math.isfinite(below) else ""
            raise InputError(f"{name}={value!r}", f"{name} must be {floor}{top}")


def _known(name: str, field: object, known: frozenset[str]) -> None:
    for value in values_of(field):
        if value not in known:
            raise InputError(f"{name}={value!r}", f"Keras has no such {name}", near(value, known))
