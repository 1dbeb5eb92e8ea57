"""Stand-ins for Keras and TensorFlow while a space file is read.

A driver needs neither: only `build` uses them, on the workers. The stand-ins are given out by the
`__import__` of the space file and its siblings alone, and never enter `sys.modules`: there, as with
importlib's LazyLoader, pickle would use every one of them when it looks for a name's home.
"""

import ast
import builtins
import os
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from search.loading import stand_in_keras_tuner
from search.loading.light_keras import light
from search.study.garbage import uncollected

HEAVY = ("keras", "tensorflow")
BASES = frozenset({
    "Callback", "Constraint", "Initializer", "Layer", "LearningRateSchedule", "Loss", "Metric",
    "Model", "Optimizer", "PyDataset", "Regularizer", "Sequential",
})  # fmt: skip
"""Kinds of Keras that a custom class extends, at any place in its file."""


def heavy_loaded() -> bool:
    """Whether this process has Keras or TensorFlow."""
    return any(name in sys.modules for name in HEAVY)


def needs_keras(text: str) -> bool:
    """Whether Python text makes classes of Keras's own kinds, or registers custom ones.

    Args:
        text: Of a module.
    """
    try:
        parsed = ast.parse(text)
    except SyntaxError:
        return False  # of a module that was never imported
    for node in ast.walk(parsed):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        bases = node.bases if isinstance(node, ast.ClassDef) else []
        if BASES & {ast.unparse(base).rpartition(".")[2] for base in bases}:
            return True
        if any("register_keras_serializable" in ast.unparse(d) for d in node.decorator_list):
            return True
    return False


@contextmanager
def random_kept() -> Iterator[None]:
    """The numbers that Python and NumPy draw next are the same after it as before."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def lazy_builtins() -> dict[str, Any]:
    """Builtins for a module in which importing Keras or TensorFlow costs nothing."""
    return {**vars(builtins), "__import__": _import}


class StandIn(ModuleType):
    """A module that is imported when something of it is first used."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)  # asked by import, inspect and copy, which need no Keras
        part = f"{self.__name__}.{name}"
        if _stands_in(part):
            return StandIn(part)
        return getattr(_loaded_in_silence(self.__name__), name)


def loaded(module: str) -> ModuleType:
    """Import Keras, TensorFlow or a part of them, with the settings that a search agrees on.

    Keras takes them from the environment and from a file of the user's when it is imported, and the
    workers of one search have many of those. What a space file sets afterwards stays.
    """
    fresh = "keras" not in sys.modules
    os.environ["KERAS_BACKEND"] = "tensorflow"
    # An import draws from them.
    with random_kept(), uncollected(), light() if fresh else nullcontext():
        found = import_module(module)
    if fresh and "keras" in sys.modules:
        config = import_module("keras.config")
        config.set_floatx("float32")
        config.set_epsilon(1e-7)
        config.set_image_data_format("channels_last")
    return found


def _loaded_in_silence(module: str) -> ModuleType:
    """Without what TensorFlow's C++ code writes as it starts, which tells nobody anything.

    Only that import is silent: afterwards the process's other threads may write at any time.
    """
    if heavy_loaded():
        return loaded(module)
    level = os.environ.get("TF_CPP_MIN_LOG_LEVEL")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = level or "3"  # of this process: a machine without a GPU
    sys.stderr.flush()
    real, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        return loaded(module)
    finally:
        if level is None:
            del os.environ["TF_CPP_MIN_LOG_LEVEL"]
        os.dup2(real, 2)
        os.close(real)
        os.close(nothing)


def _import(
    name: str,
    globals: Mapping[str, object] | None = None,  # noqa: A002 - Python calls it by these names
    locals: Mapping[str, object] | None = None,  # noqa: A002
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    if level == 0 and _of_kerastuner(name):
        own = stand_in_keras_tuner
        return own.oracles if fromlist and name.endswith(".oracles") else own  # type: ignore[return-value]
    if level == 0 and "*" not in (fromlist or ()) and _stands_in(name):
        return StandIn(name if fromlist else name.partition(".")[0])
    if level == 0 and name.partition(".")[0] in HEAVY and "keras" not in sys.modules:
        _loaded_in_silence(name)
    return __import__(name, globals, locals, fromlist or (), level)


def _of_kerastuner(module: str) -> bool:
    """Whether a module is KerasTuner or a part of it that the stand-in has."""
    top, _, part = module.partition(".")
    known = part.partition(".")[0] in {"", "oracles", *stand_in_keras_tuner.PARTS}
    return top in {"keras_tuner", "kerastuner"} and known


def _stands_in(module: str) -> bool:
    """Whether a module is Keras, TensorFlow or a part of Keras, and not loaded."""
    top, *rest = module.removeprefix("tensorflow.").split(".")
    known = top in HEAVY and (
        not rest or (top == "keras" and len(rest) == 1 and rest[0] in _parts())
    )
    return known and not heavy_loaded()


@cache
def _parts() -> frozenset[str]:
    """Names of Keras's public parts, such as "layers", from its folder."""
    spec = PathFinder.find_spec("keras")
    folders = spec.submodule_search_locations if spec is not None else None
    return frozenset(
        file.parent.name
        for folder in folders or ()
        for file in Path(folder).glob("[a-z]*/__init__.py")
    )
