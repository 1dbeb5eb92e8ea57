"""The space of dense networks: layers of one width, an activation, an optimizer and its rate."""

import math
from dataclasses import dataclass, fields

from typing_extensions import TypeIs

from search.study.class_weights import check_class_weight
from search.study.errors import InputError
from search.study.parameters import Choice, Float, Int, Parameter, Value, near

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


@dataclass(frozen=True)
class DenseSpace:
    """Dense networks: every field takes a parameter to search or a plain value to hold.

    Args:
        layers: Hidden layers (0 gives a linear model).
        units: Units of each hidden layer.
        activation: Keras's name of the hidden layers' activation.
        optimizer: Keras's name of the optimizer, with its defaults but for the rate.
        learning_rate: The optimizer's rate, above 0.
        batch_size: Rows a training step.
        dropout: Share of a hidden layer's outputs set to 0 in training, 0 ≤ dropout < 1.
        l2: Weight of the squared kernel weights in the loss, 0 or more.
        batch_norm: Batch normalisation between each hidden layer and its activation.
        class_weight: "balanced" lets every class count alike in training, however few rows it
            has: each counts rows / (classes · rows of its class). "none" lets rows count alike.

    Raises:
        InputError: A field's value or range has no meaning, or a name is unknown to Keras.
    """

    layers: Int | Choice | int = 2
    units: Int | Choice | int = 32
    activation: Choice | str = "relu"
    optimizer: Choice | str = "adam"
    learning_rate: Float | Choice | float = 1e-3
    batch_size: Int | Choice | int = 32
    dropout: Float | Choice | float = 0.0
    l2: Float | Choice | float = 0.0
    batch_norm: Choice | bool = False
    class_weight: Choice | str = "none"

    def __post_init__(self) -> None:
        _whole("layers", self.layers, least=0)
        _whole("units", self.units, least=1)
        _whole("batch_size", self.batch_size, least=1)
        _known("activation", self.activation, ACTIVATIONS)
        _known("optimizer", self.optimizer, OPTIMIZERS)
        _within("learning_rate", self.learning_rate, above=0.0)
        _within("dropout", self.dropout, least=0.0, below=1.0)
        _within("l2", self.l2, least=0.0)
        if not all(isinstance(value, bool) for value in values_of(self.batch_norm)):
            raise InputError(f"batch_norm={self.batch_norm}: give True, False or a Choice of both")
        check_class_weight(values_of(self.class_weight))

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The searched fields, in the order of declaration."""
        return {name: value for name, value in self._items() if is_parameter(value)}

    @property
    def fixed(self) -> dict[str, Value]:
        """The fields that hold a plain value."""
        return {name: value for name, value in self._items() if not is_parameter(value)}

    def _items(self) -> list[tuple[str, Parameter | Value]]:
        return [(field.name, getattr(self, field.name)) for field in fields(self)]


def is_parameter(value: object) -> TypeIs[Parameter]:
    """Whether `value` is searched, and not held."""
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


def _whole(name: str, field: object, *, least: int) -> None:
    for value in values_of(field):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InputError(
                f"{name}={field!r}: {name} is a whole number of {least} or more; "
                f"give one, or a range such as Int({max(least, 1)}, {max(least, 1) * 4})"
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
            raise InputError(f"{name}={field!r}: {name} is a number or a range of numbers")
        if not (math.isfinite(value) and least <= value < below and value > above):
            floor = f"above {above:g}" if math.isfinite(above) else f"{least:g} or more"
            top = f" and below {below:g}" if math.isfinite(below) else ""
            raise InputError(f"{name}={value!r}: {name} must be {floor}{top}")


def _known(name: str, field: object, known: frozenset[str]) -> None:
    for value in values_of(field):
        if value not in known:
            raise InputError(f"{name}={value!r}: Keras has no such {name}{near(value, known)}")
