"""Which files beside a space file it needs: found in its text, without executing it."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from search.loading.lazy_imports import HEAVY
from search.study.errors import InputError

_NEEDED = (
    "absl attr dateutil google grpc h5py jinja2 joblib matplotlib msgpack numpy optuna packaging "
    "pandas PIL psutil pyarrow pydantic ray requests rich scipy six sklearn sqlalchemy "
    "threadpoolctl typer typing_extensions wrapt yaml"
).split()
_ELSEWHERE = frozenset({"search", *HEAVY, *_NEEDED, *sys.stdlib_module_names})
"""Modules that a file beside the space does not replace: Python, Keras, Ray or this package need
them by these names, and the driver has most of them already."""


def siblings(text: str, name: str, folder: Path) -> Iterator[str]:
    """Files in `folder` that a text imports, wherever in it the import stands.

    Args:
        text: Of a Python file.
        name: The file's own, relative to `folder`, such as "mine/layers.py".
        folder: Where the space file lies.

    Yields:
        Names relative to `folder`; also those of the packages on the way.

    Raises:
        InputError: It imports a module that others need, and a file of that name lies beside it.
    """
    for module in _imported(ast.parse(text), name):
        steps = module.split(".")
        if steps[0] in _ELSEWHERE:
            _check_alone(steps[0], name, folder)
            continue
        for depth in range(1, len(steps) + 1):
            stem = "/".join(steps[:depth])
            found = (f"{stem}/__init__.py", f"{stem}.py")  # a package goes before a module
            yield from [file for file in found if (folder / file).is_file()][:1]


def imports(texts: Iterable[str], *packages: str) -> bool:
    """Whether one of some texts imports a package or a part of it, wherever the import stands.

    Args:
        texts: Of Python files.
        packages: Names such as "optuna".
    """
    modules = (module for text in texts for module in _imported(ast.parse(text), ""))
    return any(module.partition(".")[0] in packages for module in modules)


def _check_alone(module: str, name: str, folder: Path) -> None:
    """Refuse an import that may mean either; a space file means others than itself and `search`."""
    for file in (f"{module}/__init__.py", f"{module}.py"):
        if module != "search" and file != name and (folder / file).is_file():
            whose = "Python's own" if module in sys.stdlib_module_names else "an installed one"
            raise InputError(
                folder / name,
                f"it imports {module}, which is {whose}, and {folder / file} has the same name",
                "rename that file",
            )


def _imported(tree: ast.AST, name: str) -> Iterator[str]:
    """Modules that a file's imports may mean: `from a import b` may mean `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            around = name.split("/")[: -node.level] if node.level else []
            start = [*around, *([node.module] if node.module else [])]
            yield from (".".join([*start, alias.name]) for alias in node.names)
