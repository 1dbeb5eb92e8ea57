"""What calls in a file say that is not run there, such as those of its `main()`."""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

UNREAD = object()
"""In the place of a value that is no literal, or differs between calls."""


def calls_in(text: str, names: Collection[str]) -> Iterator[tuple[str, ast.Call]]:
    """Calls of functions or methods of such names with these, wherever in a text they stand.

    A name in them that the text gives a literal once and nothing else, such as TRIALS = 100, stands
    as that literal.
    """
    tree = ast.parse(text)
    for node in ast.walk(_Constants(tree).visit(tree)):
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


class _Constants(ast.NodeTransformer):
    """Puts literals in the place of names that are bound once in a text, and to a literal.

    Args:
        tree: Of the whole text: a name that is bound elsewhere in it, too, may be another there.
    """

    def __init__(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        bound = Counter(name for node in nodes for name in _bound(node))
        self._literals: dict[str, ast.expr] = {}
        for node in nodes:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(name)], value=value)
                    | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
                ) if bound[name] == 1 and value_of(value) is not UNREAD:
                    self._literals[name] = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name that is read."""
        return self._literals.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def _bound(node: ast.AST) -> list[str]:
    """Names that a node of a text binds."""
    match node:
        case ast.Name(name, ast.Store() | ast.Del()) | ast.arg(name):
            return [name]
        case ast.alias(name, other):
            return [other or name.partition(".")[0]]
        case ast.Global(names) | ast.Nonlocal(names):
            return names
    named = getattr(node, "name", None)  # functions, classes, exceptions, patterns
    return [named] if isinstance(named, str) else []
