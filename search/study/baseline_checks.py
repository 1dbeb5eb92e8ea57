"""What is wrong in the values of a baseline, found before the first trial.

A baseline is trained after the search: what is refused only then is refused too late.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from search.study.arguments import arguments_of, needed_by
from search.study.errors import InputError
from search.study.field_space import FieldSpace, is_parameter
from search.study.parameters import Float, Int, Parameter, Value, check_value, near, several
from search.study.plain_text import brief

SHOWN = 3
"""Values that a sentence writes out."""


def written(owner: str, name: str, value: object) -> str:
    """A value where it stands.

    Args:
        owner: The name of the baseline.
        name: Of the value.
        value: The value.
    """
    return f"Baseline({owner!r}, {name}={brief(value)})"


def check_plain(owner: str, values: Mapping[str, object]) -> None:
    """Refuse values that a run cannot keep.

    Args:
        owner: The name of the baseline.
        values: Of the baseline.

    Raises:
        InputError: Names the first.
    """
    for name, value in values.items():
        where = written(owner, name, value)
        if isinstance(value, Mapping) and value and all(map(_is_name, value)):
            raise InputError(
                where,
                "each hyperparameter is an argument of its own",
                f"write Baseline({owner!r}, {_arguments(value)})",
            )
        if is_parameter(value):
            raise InputError(where, "a baseline is not searched", f"give {name} one value")
        if several(value):
            more = "a word in its place that build translates"
            if name == "units":
                more = "one for each layer as units_1=…, units_2=…"
            raise InputError(where, "a hyperparameter has one value", f"give one, or {more}")
        check_value(where, value)


def check_kinds(
    owner: str, values: Mapping[str, Value], known: Mapping[str, Parameter | Value]
) -> None:
    """Refuse text where the space has numbers, and fractions where it has whole ones.

    A value may lie outside its range, and None may stand for no limit: such a model can be built.

    Args:
        owner: The name of the baseline.
        values: Of the baseline.
        known: What the space searches, by name.

    Raises:
        InputError: Names the first.
    """
    for name, value in values.items():
        parameter = known.get(name)
        if value is None or not isinstance(parameter, Int | Float):
            continue
        kinds, number = (int, "whole number") if isinstance(parameter, Int) else (float, "number")
        if isinstance(value, bool) or not isinstance(value, int | kinds):
            raise InputError(
                written(owner, name, value),
                f"the space has {parameter!r} there",
                _as_number(name, value, kinds) or f"give a {number}",
            )


def check_fields(
    owner: str,
    values: Mapping[str, Value],
    params: Mapping[str, Value],
    space: FieldSpace,
    taken: Collection[str],
) -> None:
    """Refuse a baseline of a space whose models this package builds, where it cannot be built.

    Args:
        owner: The name of the baseline.
        values: Of the baseline.
        params: The same and what the study fixes.
        space: Of the study.
        taken: Names of values that the data or functions of yours take.

    Raises:
        InputError: A value or name means nothing to the space, or a searched field has no value.
    """
    for name, value in values.items():
        if space.has(name, params):
            try:
                space.check_one(name, value)
            except InputError as error:
                # A baseline has one value of each, so that no range is offered.
                fix = error.fix.partition(", or a range")[0]
                raise InputError(written(owner, name, value), error.problem, fix) from None
        elif name not in taken:
            kind = type(space).__name__
            raise InputError(
                written(owner, name, value),
                f"{kind} has no field {name!r}",
                near(name, space.names),
            )
    if missing := space.missing(params):
        raise lacking(owner, "the space searches", missing, space.parameters)


def check_all_there(
    owner: str,
    function: Callable[..., Any],
    names: Collection[str],
    known: Mapping[str, Parameter | Value],
) -> None:
    """Refuse a baseline without a value for an argument that has no default.

    Args:
        owner: The name of the baseline.
        function: That is given the values.
        names: Of all that it is given.
        known: What the space searches, by name.

    Raises:
        InputError: Names those that are missing.
    """
    if missing := [name for name in needed_by(function) if name not in names]:
        called = getattr(function, "__name__", "model")
        needs = f"{called}({', '.join(arguments_of(function)[0])}) needs"
        raise lacking(owner, needs, missing, known)


def lacking(
    owner: str, who: str, names: Sequence[str], known: Mapping[str, Parameter | Value]
) -> InputError:
    """That a baseline has no value for something.

    Args:
        owner: The name of the baseline.
        who: Needs it, and the verb.
        names: Of what is missing.
        known: What the space searches, by name, for examples.
    """
    examples = {name: _example(known.get(name)) for name in names}
    return InputError(
        f"Baseline({owner!r})",
        f"it has no value for {', '.join(names)}, which {who}",
        f"add {_arguments(examples)}",
    )


def _arguments(values: Mapping[str, object]) -> str:
    shown = [f"{name}={brief(value)}" for name, value in list(values.items())[:SHOWN]]
    return ", ".join(shown if len(values) <= SHOWN else [*shown, "…"])


def _example(parameter: Parameter | Value) -> object:
    """A value from the middle of a range; dots where none is known."""
    if not is_parameter(parameter):
        return _Dots()
    value = parameter.at(0.5)
    return float(f"{value:.2g}") if isinstance(parameter, Float) else value


class _Dots:
    def __repr__(self) -> str:
        return "…"


def _as_number(name: str, value: Value, kind: type) -> str:
    """How to write a text or fraction that is a number of the kind; empty where it is none."""
    if isinstance(value, bool) or value is None:
        return ""
    try:
        number = float(value)
        return f"write {name}={kind(number)!r}" if kind(number) == number else ""
    except (ValueError, OverflowError):
        return ""


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier()
