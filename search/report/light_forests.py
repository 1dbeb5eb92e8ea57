"""The forests of importance without what scikit-learn takes along and they do not use.

Of pandas scikit-learn only sees that it is there, and of `scipy.stats` it uses functions that no
forest calls: two thirds of its own import's time.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

STATS = "scipy.stats"


def import_light_forests() -> None:
    """Import them, in a process that has no other use for scikit-learn.

    No other thread may import meanwhile. What is imported then holds functions that import the
    real `scipy.stats` when they are called.
    """
    if {"sklearn", "pandas", STATS} & sys.modules.keys():
        return
    hidden: dict[str, Any] = {"pandas": None, STATS: _Later(STATS)}
    sys.modules.update(hidden)
    try:
        import optuna.importance  # noqa: F401
    finally:
        for name in hidden:
            del sys.modules[name]


class _Later(ModuleType):
    """A module of functions that is imported when one of them is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is not self:
            return getattr(import_module(self.__name__), name)

        def called(*values: Any, **options: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*values, **options)

        return called
