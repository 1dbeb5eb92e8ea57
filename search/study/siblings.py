"""Which files beside a space file it needs: found in its text, without executing it."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from search.study.standing_in import HEAVY

_ELSEWHERE = frozenset({"search", *HEAVY, *sys.stdlib_module_names})
"""Modules that a file beside the space does not replace: the driver has most of them already."""


def siblings(text: str, name: str, folder: Path) -> Iterator[str]:
    """Files in `folder` that a text imports, wherever in it the import stands.

    Args:
        text: Of a Python file.
        name: The file's own, relative to `folder`, such as "mine/layers.py".
        folder: Where the space file lies.

    Yields:
        Names relative to `folder`; also those of the packages on the way.
    """
    for module in _imported(ast.parse(text), name):
        steps = module.split(".")
        if steps[0] in _ELSEWHERE:
            continue
        for depth in range(1, len(steps) + 1):
            stem = "/".join(steps[:depth])
            found = (f"{stem}/__init__.py", f"{stem}.py")  # a package goes before a module
            yield from [file for file in found if (folder / file).is_file()][:1]


def _imported(tree: ast.AST, name: str) -> Iterator[str]:
    """Modules that a file's imports may mean: `from a import b` may mean `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            around = name.split("/")[: -node.level] if node.level else []
            start = [*around, *([node.module] if node.module else [])]
            yield from (".".join([*start, alias.name]) for alias in node.names)
