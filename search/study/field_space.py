"""Spaces whose models the product builds: each field is searched, or fixed to one value."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

from typing_extensions import TypeIs

from search.study.left_out import LEFT_OUT
from search.study.parameters import Choice, Float, Int, Parameter, Value, combinations


class FieldSpace:
    """What `DenseSpace` and `PictureSpace` have in common; each is a frozen dataclass.

    Attributes:
        kind: Name of such a space in a run's manifest.
        networks: What it searches among, for people.
    """

    kind: ClassVar[str]
    networks: ClassVar[str]

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The searched fields, in the order of declaration."""
        return {name: value for name, value in self._items() if is_parameter(value)}

    @property
    def fixed(self) -> dict[str, Value]:
        """The fields that have a plain value."""
        return {name: value for name, value in self._items() if not is_parameter(value)}

    def idle(self, params: Mapping[str, Value]) -> frozenset[str]:
        """Names of a configuration's values that mean nothing in it."""
        del params
        return frozenset()

    @property
    def size(self) -> float:
        """How many configurations there are; infinity for a range."""
        return combinations(self.parameters)

    def _fill(self, plain: Mapping[str, Any], searched: Mapping[str, Any]) -> None:
        """Give the fields that were left out their value, or their range where all were."""
        left_out = [name for name in plain if getattr(self, name) is LEFT_OUT]
        instead = {**plain, **searched} if len(left_out) == len(plain) else plain
        for name in left_out:
            object.__setattr__(self, name, instead[name])

    def _items(self) -> list[tuple[str, Parameter | Value]]:
        names = [field.name for field in fields(self)]  # type: ignore[arg-type]
        return [item for name in names for item in self._of_field(name)]

    def _of_field(self, name: str) -> list[tuple[str, Parameter | Value]]:
        return [(name, getattr(self, name))]


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
