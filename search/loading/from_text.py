"""Modules made from text: a space file and its siblings, on the driver and on workers alike."""

import __future__

import importlib.abc
import importlib.util
import itertools
import linecache
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from search.loading.lazy_imports import lazy_builtins
from search.loading.local_imports import imports
from search.loading.optuna_objective import optimize_not_run
from search.loading.stand_in_keras_tuner import SearchReached
from search.loading.tune_trainable import fit_not_run

_COUNT = itertools.count()
_GUARDS = {"optuna": optimize_not_run, "ray": fit_not_run}
"""Package that would search → what holds it back while a text is run.

All files of a space count: one may call `optimize` of a study that another has made."""
REACHED = "__tuner__"
"""In a module whose text came to its `tuner.search(…)` or `study.optimize(…)`: that tuner, or what
was raised in the place of the other. What follows was not run."""


def own_modules() -> Iterator[ModuleType]:
    """The space file that was run last, and its siblings as far as they were imported."""
    importers = [finder for finder in sys.meta_path if isinstance(finder, TextImporter)]
    for module in list(sys.modules.values()):
        if any(getattr(module, "__loader__", None) is importer for importer in importers):
            yield module


class TextImporter(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Executes one space file, and serves its siblings also later, from inside `build`.

    Args:
        main: Name of the space file.
        folder: Where it lies, for messages and tracebacks; nothing is read there.
        files: Name relative to the folder → text.
    """

    def __init__(self, main: str, folder: Path, files: Mapping[str, str]) -> None:
        self._main = main
        self._folder = folder
        self._files = files
        self._name = f"space_{next(_COUNT)}"
        texts = files.values()
        self._guards = [not_run for name, not_run in _GUARDS.items() if imports(texts, name)]

    def module(self) -> ModuleType:
        """The space file as a fresh module, not yet run; an earlier one's siblings give way."""
        for finder in [f for f in sys.meta_path if isinstance(f, TextImporter)]:
            finder.forget()
        sys.meta_path.insert(0, self)
        for name, text in self._files.items():
            # For tracebacks and `inspect`: AutoGraph needs a function's source, and finds none
            # for code that was made by `exec` alone. Without a time, the entry is never dropped.
            path = str(self._folder / name)
            linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
        module = ModuleType(self._name)
        module.__loader__ = self
        sys.modules[self._name] = module  # pickle and dataclasses look a class's module up there
        return module

    def forget(self) -> None:
        """Serve no more, and make room for siblings of the same names."""
        sys.meta_path.remove(self)
        for name, module in list(sys.modules.items()):
            if getattr(module, "__loader__", None) is self and name != self._name:
                del sys.modules[name]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How to load a sibling, or a folder of siblings; None for all else."""
        del path, target
        if self._file_of(fullname) is None or fullname == self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def is_package(self, fullname: str) -> bool:
        """Whether the module is a folder."""
        return (self._file_of(fullname) or "").endswith("/__init__.py")

    def get_source(self, fullname: str) -> str:
        """Its text; a folder without an `__init__.py` has none."""
        return self._files.get(self._file_of(fullname) or "", "")

    def exec_module(self, module: ModuleType) -> None:
        """Run its text.

        Annotations stay text, so that `-> keras.Model` does not load Keras.
        """
        path = str(self._folder / (self._file_of(module.__name__) or ""))
        # So that a path beside the file is one from everywhere, as in a script that Python runs.
        module.__file__ = os.path.abspath(path)  # noqa: PTH100 - a link stays where it lies
        module.__dict__["__builtins__"] = lazy_builtins()
        flags = __future__.annotations.compiler_flag
        text = self.get_source(module.__name__)
        code = compile(text, path, "exec", flags=flags, dont_inherit=True)
        try:
            with ExitStack() as guards:
                for not_run in self._guards:
                    guards.enter_context(not_run())
                exec(code, module.__dict__)  # noqa: S102 - your own file
        except SearchReached as reached:  # the rest wants what KerasTuner finds
            module.__dict__[REACHED] = reached.tuner or reached

    def _file_of(self, module: str) -> str | None:
        if module == self._name:
            return self._main
        stem = module.replace(".", "/")
        package, plain = f"{stem}/__init__.py", f"{stem}.py"
        if package not in self._files and plain in self._files:
            return plain if plain != self._main else None
        inside = any(name.startswith(f"{stem}/") for name in self._files)
        return package if inside else None
