"""Stand-ins for Keras and TensorFlow while a space file is read.

A driver needs neither: only `build` touches them, on the workers. importlib's LazyLoader would
leave its lazy modules in `sys.modules`, where pickle touches every module when it looks for a
name's home; these stand there only while the file is executed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

HEAVY = ("keras", "tensorflow")


class StandIn(ModuleType):
    """A module that is imported when something of it is first used.

    Attributes:
        touched: Names of the modules that were really imported.
    """

    def __init__(self, name: str, touched: set[str]) -> None:
        super().__init__(name)
        self.__dict__["_touched"] = touched

    def __getattr__(self, name: str) -> Any:
        if self.__name__ == "tensorflow" and name == "keras":
            return StandIn("keras", self._touched)
        self._touched.add(self.__name__)
        for heavy in HEAVY:
            if isinstance(sys.modules.get(heavy), StandIn):
                del sys.modules[heavy]
        return getattr(import_module(self.__name__), name)


@contextmanager
def stand_ins() -> Iterator[set[str]]:
    """Inside, `import keras` and `import tensorflow` cost nothing until something of them is used.

    Yields:
        The names of those that were used after all.
    """
    touched: set[str] = set()
    missing = [name for name in HEAVY if name not in sys.modules]
    for name in missing:
        sys.modules[name] = StandIn(name, touched)
    try:
        yield touched
    finally:
        for name in missing:
            if isinstance(sys.modules.get(name), StandIn):
                del sys.modules[name]
