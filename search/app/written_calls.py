"""What calls in a file say that is not run there, such as those of its `main()`."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

UNREAD = object()
"""In the place of a value that is no literal, or differs between calls."""


def calls_in(text: str, names: Collection[str]) -> Iterator[tuple[str, ast.Call]]:
    """Calls of functions or methods of such names with these, wherever in a text they stand."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in names:
                yield name, node


def arguments_of(call: ast.Call, places: Sequence[str] = ()) -> dict[str, ast.expr]:
    """Arguments of a call by their names.

    Args:
        call: In a text.
        places: Names of those that may stand without one.
    """
    named = {word.arg: word.value for word in call.keywords if word.arg is not None}
    return dict(zip(places, call.args, strict=False)) | named


def value_of(node: ast.expr) -> Any:
    """What an expression is; `UNREAD` where it is no literal."""
    try:
        return ast.literal_eval(node)
    except (TypeError, ValueError):
        return UNREAD


def values_in(text: str, calls: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Values by the names of arguments of all such calls; `UNREAD` of those that differ.

    Args:
        text: In which they stand.
        calls: What is called → names of arguments that may stand without one.
    """
    found: dict[str, Any] = {}
    for called, call in calls_in(text, calls):
        for name, node in arguments_of(call, calls[called]).items():
            value = value_of(node)
            found[name] = value if found.get(name, value) == value else UNREAD
    return found
