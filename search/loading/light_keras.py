"""Keras without what it takes along: scikit-learn and matplotlib, a third of its own import's time.

Keras uses them in two of its parts alone, if they are there. Those parts are imported again, with
all that they take, when something of them is used.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module, reload
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

PARTS = {"sklearn": "wrappers", "matplotlib": "visualization"}
"""Package → the part of Keras that uses it."""
PUBLIC = ("keras", "keras._tf_keras.keras")


class _Hidden(MetaPathFinder):
    """Packages that are not there for the thread that makes this."""

    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = packages
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Nothing; others look on for all else."""
        del path, target
        if fullname in self._packages and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is hidden from Keras", name=fullname)


@contextmanager
def light() -> Iterator[None]:
    """Keras that is first imported within does not import what only those parts use."""
    hidden = [package for package in PARTS if package not in sys.modules]
    finder = _Hidden(hidden)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for package in hidden:
            _import_when_used(PARTS[package])


def _import_when_used(part: str) -> None:
    own = f"keras.src.{part}"
    for name in [name for name in sys.modules if name == own or name.startswith(f"{own}.")]:
        del sys.modules[name]
    for above in PUBLIC:
        module = sys.modules.get(f"{above}.{part}")
        if module is not None:
            names = [name for name in vars(module) if not name.startswith("_")]
            for name in names:
                delattr(module, name)
            vars(module)["__getattr__"] = _whole(module, frozenset(names))


def _whole(module: ModuleType, names: frozenset[str]) -> Callable[[str], Any]:
    """What a module does that is asked for something it does not have."""

    def asked(name: str) -> Any:
        if name in names and name not in vars(module):
            reload(import_module(module.__name__))
        try:
            return vars(module)[name]
        except KeyError:
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}") from None

    return asked
