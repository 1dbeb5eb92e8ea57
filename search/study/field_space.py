"""Spaces whose models the product builds: each field is searched, or fixed to one value."""

import math
from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, ClassVar, Self

from typing_extensions import TypeIs

from search.data.rows_in_file import Features, leaves_of, numbers_of
from search.data.tree import Tree
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


class FieldSpace:
    """What the spaces of networks have in common; each is a frozen dataclass.

    Attributes:
        kind: Name of such a space in a run's manifest.
        networks: What it searches among, for people.
    """

    kind: ClassVar[str]
    networks: ClassVar[str]

    activation: Choice | str
    optimizer: Choice | str
    learning_rate: Float | Choice | float
    schedule: Choice | str
    warmup: Float | Choice | float
    batch_size: Int | Choice | int
    class_weight: Choice | str

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The searched fields, in the order of declaration."""
        return {name: value for name, value in self._items() if is_parameter(value)}

    @property
    def fixed(self) -> dict[str, Value]:
        """The fields that have a plain value."""
        return {name: value for name, value in self._items() if not is_parameter(value)}

    def for_rows(self, x: Features) -> Self:
        """The space with what the rows that train say of it.

        Raises:
            InputError: Its networks do not take such rows.
        """
        if not isinstance(x, Tree):
            return self
        texts = "; for texts alone a TextSpace" if not numbers_of(x) else ""
        raise InputError(
            "data",
            f"the rows are {', '.join(map(str, leaves_of(x)))}, and a {type(self).__name__} takes "
            "one array of numbers",
            f"give model=build, whose inputs have these names{texts}",
        )

    def idle(self, params: Mapping[str, Value]) -> frozenset[str]:
        """Names of a configuration's values that mean nothing in it."""
        del params
        return frozenset()

    def has(self, name: str, params: Mapping[str, Value]) -> bool:
        """Whether a value of this name means anything to a network.

        Args:
            name: Of the value.
            params: All values of the network.
        """
        del params
        return name in self.names

    def check_one(self, name: str, value: Value) -> None:
        """Refuse what a field can be in no network, also beyond the ranges of this space.

        Raises:
            InputError: As the space itself raises it.
        """
        type(self)(**{name: value})

    def missing(self, params: Mapping[str, Value]) -> list[str]:
        """Searched fields that a network needs, and that these values do not name."""
        idle = self.idle(params)
        return [name for name in self.parameters if name not in params and name not in idle]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the fields, as they are written."""
        return tuple(each.name for each in fields(self))  # type: ignore[arg-type]

    @property
    def size(self) -> float:
        """How many configurations there are; infinity for a range."""
        return combinations(self.parameters)

    def _fill(self) -> None:
        """Give the fields that were left out their value, or their range where all were."""
        own = fields(self)  # type: ignore[arg-type]
        every = all(getattr(self, each.name) is LEFT_OUT for each in own if each.metadata)
        for each in own:
            value = getattr(self, each.name)
            if value is LEFT_OUT:
                value = each.metadata["searched" if every else "alone"]
            value = plain(value)
            check_one_value(each.name, value)
            object.__setattr__(self, each.name, value)

    def _check_shared(self) -> None:
        """Refuse what has no meaning in the fields that each such space has."""
        check_whole("batch_size", self.batch_size, least=1)
        check_known("activation", self.activation, ACTIVATIONS)
        check_known("optimizer", self.optimizer, OPTIMIZERS)
        check_within("learning_rate", self.learning_rate, above=0.0)
        check_within("warmup", self.warmup, least=0.0, below=1.0)
        for value in values_of(self.schedule):
            one_of("schedule", value, SCHEDULES)
        normalised = values_of(getattr(self, "batch_norm", False))
        if not all(isinstance(value, bool) for value in normalised):
            raise InputError(f"batch_norm={normalised}", fix="give True, False or a Choice of both")
        check_class_weight(values_of(self.class_weight))

    def _items(self) -> list[tuple[str, Parameter | Value]]:
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        return [item for name in names for item in self._of_field(name)]

    def _of_field(self, name: str) -> list[tuple[str, Parameter | Value]]:
        return [(name, getattr(self, name))]


def usually(alone: Any, searched: Any = LEFT_OUT) -> Any:
    """A field that may be left out.

    Args:
        alone: What it is where it is left out beside others.
        searched: What it is where all are left out; where left out, `alone`.
    """
    every = alone if searched is LEFT_OUT else searched
    return field(default=LEFT_OUT, metadata={"alone": alone, "searched": every})


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


def largest(field: object) -> int:
    """The largest whole number that a field may be."""
    return max(value for value in values_of(field) if isinstance(value, int))


def check_one_value(name: str, field: object) -> None:
    """Refuse a list where a choice is meant; of widths it has a meaning."""
    if several(field) and not (name == "units" and isinstance(field, list | tuple)):
        raise InputError(
            f"{name}={field!r}", fix=f"to search several values, write {as_choice(field)}"
        )


def check_whole(name: str, field: object, *, least: int) -> None:
    """Refuse a field that may be anything but a whole number of `least` or more."""
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


def check_within(
    name: str,
    field: object,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> None:
    """Refuse a field that may be no number, or one out of its bounds."""
    for value in values_of(field):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{name}={field!r}", f"{name} is a number or a range of numbers")
        if not (math.isfinite(value) and least <= value < below and value > above):
            floor = f"above {above:g}" if math.isfinite(above) else f"{least:g} or more"
            top = f" and below {below:g}" if math.isfinite(below) else ""
            raise InputError(f"{name}={value!r}", f"{name} must be {floor}{top}")


def check_known(name: str, field: object, known: frozenset[str]) -> None:
    """Refuse a name that Keras does not know."""
    for value in values_of(field):
        if value not in known:
            raise InputError(f"{name}={value!r}", f"Keras has no such {name}", near(value, known))
