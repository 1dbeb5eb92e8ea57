"""Generators that cannot end, told to `tf.data`, which does not count a generator's elements."""

import dis
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import tensorflow as tf

LOADS = {"LOAD_GLOBAL", "LOAD_DEREF"}
"""Instructions that put a function on the stack by its name."""
ENDS = {"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS"}
"""Instructions that end a generator."""


@contextmanager
def endless_known() -> Iterator[None]:
    """Within it `from_generator` gives an infinite dataset of a generator that cannot end.

    As `repeat()` does: so what is made of it, such as by `take`, has the right length as well.
    """
    plain = tf.data.Dataset.from_generator

    def from_generator(generator: Any, *args: Any, **options: Any) -> Any:
        made = plain(generator, *args, **options)
        if not never_ends(generator):
            return made
        return made.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))

    tf.data.Dataset.from_generator = staticmethod(from_generator)
    try:
        yield
    finally:
        tf.data.Dataset.from_generator = staticmethod(plain)


def never_ends(generator: Callable[..., Any]) -> bool:
    """Whether a generator has no way to its end, as `while True` without a break has none.

    Nothing is called. Others may never end all the same, such as a loop over `itertools.count()`.

    Args:
        generator: What `from_generator` is given: a generator function, or a lambda that calls one.
    """
    function = _function_of(generator)
    if getattr(function, "__name__", "") == "<lambda>":
        function = _function_of(_called_by(function))
    if not inspect.isgeneratorfunction(function):
        return False
    names = {step.opname for step in dis.get_instructions(function)}
    return not names & ENDS


def _function_of(value: Any) -> Any:
    """That is called where this is."""
    while isinstance(value, partial):
        value = value.func
    return value if inspect.isroutine(value) else type(value).__call__ if callable(value) else None


def _called_by(function: Any) -> Any:
    """What a lambda calls last: of `f(…)`, the name `f` is what its code begins with."""
    loads = (step for step in dis.get_instructions(function) if step.opname.startswith("LOAD_"))
    first = next(loads, None)
    if first is None or first.opname not in LOADS:
        return None
    variables = inspect.getclosurevars(function)
    return {**variables.globals, **variables.nonlocals}.get(first.argval)
