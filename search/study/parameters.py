"""One searched number or choice: its range, how it is drawn evenly, and what belongs to it."""

import math
import reprlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from typing_extensions import TypeIs

from search.study.errors import InputError

Value = None | bool | int | float | str
"""What a parameter can be: everything that JSON keeps as it is."""

LARGEST = 2**53
"""Whole numbers up to here are the same in every file and on every page."""


@dataclass(frozen=True)
class Int:
    """A whole number from `low` to `high`, both included.

    Args:
        low: The smallest value.
        high: The largest value.
        log: Draw evenly by ratio and not by difference; `low` must then be at least 1.
        step: The distance between neighbours, 1 with `log`.

    Raises:
        InputError: A bound is not a whole number, or the range is empty or reversed.
    """

    low: int
    high: int
    _: KW_ONLY
    log: bool = False
    step: int = 1

    def __post_init__(self) -> None:
        for name in ("low", "high", "step"):
            value = plain(getattr(self, name))
            if not _is_int(value):
                raise InputError(f"Int({name}={value!r})", f"{name} must be a whole number")
            if abs(value) > LARGEST:
                raise InputError(
                    f"Int({name}={reprlib.repr(value)})",
                    f"{name} is beyond 2**53, where whole numbers lose digits",
                    "search its exponent, or a Float",
                )
            object.__setattr__(self, name, value)
        _check_range("Int", self.low, self.high, log=self.log)
        if self.step < 1 or (self.log and self.step != 1):
            raise InputError(
                f"Int(step={self.step})", "step must be 1 or more, and 1 where log=True"
            )

    def at(self, share: float) -> int:
        """The value at `share` (0 ≤ share < 1) of the range, evenly on a linear or log scale."""
        if self.log:
            low, high = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return min(max(round(math.exp(low + share * (high - low))), self.low), self.high)
        return self.low + self.step * int(share * self.size)

    def contains(self, value: object) -> bool:
        """Whether `value` can be drawn."""
        return (
            _is_int(value)
            and self.low <= value <= self.high  # type: ignore[operator]
            and (value - self.low) % self.step == 0  # type: ignore[operator]
        )

    @property
    def size(self) -> int:
        """How many values there are."""
        return (self.high - self.low) // self.step + 1

    def __repr__(self) -> str:
        step = f", step={self.step}" if self.step > 1 else ""
        return f"Int({self.low}, {self.high}{step}{', log=True' if self.log else ''})"

    def __str__(self) -> str:
        step = f", step {self.step}" if self.step > 1 else ""
        return f"{self.low}…{self.high}{step}{' (log)' if self.log else ''}"


@dataclass(frozen=True)
class Float:
    """A number from `low` to `high`, both included.

    Args:
        low: The smallest value.
        high: The largest value.
        log: Draw evenly by ratio and not by difference; `low` must then be above 0.

    Raises:
        InputError: A bound is not a finite number, or the range is empty or reversed.
    """

    low: float
    high: float
    _: KW_ONLY
    log: bool = False

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = plain(getattr(self, name))
            if not _is_number(value):
                raise InputError(f"Float({name}={value!r})", f"{name} must be a finite number")
            object.__setattr__(self, name, value)
        _check_range("Float", self.low, self.high, log=self.log)
        if not math.isfinite(self.high - self.low):
            raise InputError(
                f"Float({self.low}, {self.high})",
                "the range is wider than a float can hold",
                "bring the two ends nearer to each other",
            )

    def at(self, share: float) -> float:
        """The value at `share` (0 ≤ share < 1) of the range, evenly on a linear or log scale."""
        if self.log:
            low, high = math.log(self.low), math.log(self.high)
            return min(max(math.exp(low + share * (high - low)), self.low), self.high)
        return self.low + share * (self.high - self.low)

    def contains(self, value: object) -> bool:
        """Whether `value` can be drawn."""
        return _is_number(value) and self.low <= value <= self.high  # type: ignore[operator]

    @property
    def size(self) -> None:
        """A continuous range has no count."""
        return None

    def __repr__(self) -> str:
        return f"Float({self.low}, {self.high}{', log=True' if self.log else ''})"

    def __str__(self) -> str:
        return f"{self.low:g}…{self.high:g}{' (log)' if self.log else ''}"


@dataclass(frozen=True, init=False)
class Choice:
    """One of several options: strings, numbers, booleans or None.

    Raises:
        InputError: No option, an option twice, or one that is none of these kinds.
    """

    options: tuple[Value, ...]

    def __init__(self, *options: Value) -> None:
        if not options:
            raise InputError(
                "Choice()", fix="give at least one option, such as Choice('relu', 'tanh')"
            )
        options = tuple(plain(option) for option in options)
        for option in options:
            given: object = option
            if isinstance(given, dict) and all(isinstance(key, int) for key in given):
                raise InputError(
                    f"Choice({reprlib.repr(option)})",
                    "a dict is no option",
                    "of class weights write Choice('none', 'balanced'), or give weights=, one a "
                    "row, to the data; of anything else give words that build looks up",
                )
            if several(option) and len(options) == 1:
                raise InputError(
                    f"Choice({option!r})", fix=f"give the options as {as_choice(option)}"
                )
            check_value(f"Choice({reprlib.repr(option)})", option)
        for place, option in enumerate(options):
            if option not in options[:place]:
                continue
            other = options[options.index(option)]
            if type(other) is type(option):
                raise InputError(
                    f"Choice({option!r})", f"duplicate option {option!r}", "remove one"
                )
            raise InputError(
                f"Choice({other!r}, {option!r})",
                "Python and the sampler hold the two to be equal",
                "give words in their place, and have build translate them",
            )
        object.__setattr__(self, "options", options)

    def at(self, share: float) -> Value:
        """The option at `share` (0 ≤ share < 1) of the list."""
        return self.options[int(share * len(self.options))]

    def contains(self, value: object) -> bool:
        """Whether `value` is one of the options."""
        return value in self.options

    @property
    def size(self) -> int:
        """How many options there are."""
        return len(self.options)

    def __repr__(self) -> str:
        return f"Choice({', '.join(map(repr, self.options))})"

    def __str__(self) -> str:
        return ", ".join(str(option) for option in self.options)


Parameter = Int | Float | Choice


def plain(value: Any) -> Any:
    """A number of NumPy as Python's own, which is what a run keeps; all else as it is."""
    return value.item() if isinstance(value, np.generic) else value


def several(value: object) -> TypeIs[Iterable[Any]]:
    """Whether this is a collection of values, given where a choice is meant."""
    return isinstance(value, list | tuple | set | frozenset | range | dict | np.ndarray)


def as_choice(values: Iterable[Any]) -> str:
    """How a collection is written as a choice, of many options with dots."""
    options = [repr(plain(option)) for option in values]
    return f"Choice({', '.join(options if len(options) < 9 else [*options[:3], '…', options[-1]])})"


def check_value(where: str, value: object) -> None:
    """Refuse what a run cannot keep as it is.

    Args:
        where: The value where it stands in the space, for the message.
        value: An option, or what is fixed.

    Raises:
        InputError: It is no plain value, not finite, or loses digits.
    """
    if not isinstance(value, Value):
        raise InputError(
            where,
            "this is not a string, number, boolean or None",
            "give a word in its place, and have build translate it",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(
            where,
            "this is not a finite number",
            "give None or a word in its place, and have build translate it",
        )
    if isinstance(value, int) and abs(value) > LARGEST:
        raise InputError(where, "whole numbers beyond 2**53 lose digits", "give it as text")


def combinations(parameters: Mapping[str, Parameter]) -> float:
    """How many configurations there are; infinity where a range is continuous."""
    sizes = [math.inf if p.size is None else p.size for p in parameters.values()]
    return math.prod(sizes)


def check_values(
    owner: str, values: Mapping[str, Value], parameters: Mapping[str, Parameter]
) -> None:
    """Refuse values that name no parameter or lie outside its range.

    Raises:
        InputError: Names the owner, the parameter, the value and the range.
    """
    for name, value in values.items():
        if name not in parameters:
            raise InputError(
                owner, f"{name!r} is not a parameter of the space", near(name, parameters)
            )
        if not parameters[name].contains(value):
            raise InputError(owner, f"{name}={value!r} lies outside its range {parameters[name]}")


def one_of(name: str, value: object, known: Collection[str]) -> None:
    """Refuse what is none of the known words.

    Raises:
        InputError: Names the value, and the word that is nearest to it.
    """
    if value not in known:
        what = name.replace("_", " ")
        raise InputError(f"{name}={value!r}", f"there is no such {what}", near(value, known))


def near(word: object, known: Iterable[str]) -> str:
    """How to fix an unknown word: the nearest known one, or all of them."""
    names = sorted(known)
    lower = {name.lower(): name for name in names}
    close = get_close_matches(str(word).lower(), lower, n=1)
    if close:
        return f"did you mean {lower[close[0]]!r}?"
    return f"known are {', '.join(names)}"


def near_few(word: str, known: Iterable[str]) -> str:
    """How to fix the name of a file or run: at most three near names, else three others.

    Empty where there are none.
    """
    names = sorted(known)
    close = get_close_matches(word, names, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"there are {', '.join(names[:3])}{more}" if names else ""


def _check_range(kind: str, low: float, high: float, *, log: bool) -> None:
    if low > high:
        raise InputError(
            f"{kind}({low}, {high})", "the range is reversed", f"write {kind}({high}, {low})"
        )
    if low == high:
        raise InputError(
            f"{kind}({low}, {high})", "the range is empty", f"give the plain value {low}"
        )
    if log and low <= 0:
        raise InputError(
            f"{kind}({low}, {high}, log=True)",
            "a log range starts above 0",
            f"raise {low} or drop log",
        )


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_int(value) or (isinstance(value, float) and math.isfinite(value))
