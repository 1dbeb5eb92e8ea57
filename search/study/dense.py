"""The space of dense networks: layers and their widths, an activation, an optimizer, its rate."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from search.study.errors import InputError
from search.study.field_space import (
    FieldSpace,
    check_whole,
    check_within,
    is_parameter,
    largest,
    usually,
)
from search.study.parameters import Choice, Float, Int, Parameter, Value, combinations, plain

OF_HIDDEN = frozenset({"units", "activation", "dropout", "batch_norm", "l2"})
"""Fields that are of hidden layers alone; the output layer has neither of them."""

MOST_LAYERS = 10_000
"""Of a dense network."""


@dataclass(frozen=True)
class DenseSpace(FieldSpace):
    """Dense networks: every field takes a parameter to search or a plain value to fix.

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

    kind = "dense"
    networks = "dense networks"

    # Ranges are measured: see docs/decisions.md.
    layers: Int | Choice | int = usually(2, Int(1, 3))
    units: Int | Choice | int | Sequence[Int | Choice | int] = usually(32, Int(32, 128, log=True))
    activation: Choice | str = usually("relu", Choice("relu", "tanh"))
    optimizer: Choice | str = usually("adam")
    learning_rate: Float | Choice | float = usually(1e-3, Float(5e-4, 2e-2, log=True))
    batch_size: Int | Choice | int = usually(32)
    dropout: Float | Choice | float = usually(0.0, Float(0.0, 0.3))
    l2: Float | Choice | float = usually(0.0, Float(1e-6, 1e-3, log=True))
    batch_norm: Choice | bool = usually(False)
    class_weight: Choice | str = usually("none")
    schedule: Choice | str = usually("constant")
    warmup: Float | Choice | float = usually(0.0)

    def __post_init__(self) -> None:
        self._fill()
        check_whole("layers", self.layers, least=0)
        if isinstance(self.units, list | tuple):
            object.__setattr__(self, "units", tuple(map(plain, self.units)))
            self._check_widths(self.units)
        else:
            check_whole("units", self.units, least=1)
        check_within("dropout", self.dropout, least=0.0, below=1.0)
        check_within("l2", self.l2, least=0.0)
        self._check_shared()

    @property
    def most_units(self) -> tuple[int, ...]:
        """The largest width of each hidden layer of the deepest network."""
        most = largest(self.layers)
        widths = self.units if isinstance(self.units, tuple) else (self.units,) * most
        return tuple(largest(width) for width in widths)

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

    def has(self, name: str, params: Mapping[str, Value]) -> bool:
        """As of every space; widths of single layers mean nothing beside one of all."""
        return super().has(name, params) or ("units" not in params and _is_width(name))

    def check_one(self, name: str, value: Value) -> None:
        """As of every space."""
        super().check_one("units" if _is_width(name) else name, value)

    def missing(self, params: Mapping[str, Value]) -> list[str]:
        """As of every space; widths may be named one a layer, or one for all layers."""
        found = super().missing(params)
        layers = params.get("layers")
        if not isinstance(layers, int):
            return found
        found = [name for name in found if name != "units" and not _is_width(name)]
        if "units" in params:
            return found
        lacking = [w for w in map(_width, range(min(layers, MOST_LAYERS))) if w not in params]
        if lacking and not isinstance(self.units, tuple) and not any(map(_is_width, params)):
            lacking = ["units"]
        return found + lacking

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
            check_whole(_width(place), width, least=1)
        if len(units) != largest(self.layers):
            raise InputError(
                f"units={list(units)!r}",
                f"there are {len(units)} widths for layers={self.layers!r}",
                f"give {largest(self.layers)}, one for each layer of the deepest network",
            )

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


def _is_width(name: str) -> bool:
    return re.fullmatch(r"units_[1-9]\d*", name) is not None


def _all(parameter: Int) -> range:
    return range(parameter.low, parameter.high + 1, parameter.step)
