"""A study that was made in a notebook or a script, as a space that travels like a file.

Functions are pickled by cloudpickle with all that they use and that is installed nowhere: cells,
the script itself, modules beside it. Text travels, is kept and is executed as that of a space file
is, so workers, `resume` and `reproduce` know no difference.
"""

import base64
import inspect
import io
import site
import sys
import sysconfig
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import cloudpickle

from search.data.by_values import DataByValues
from search.data.saved_rows import SavedRows
from search.loading.lazy_imports import HEAVY, StandIn
from search.loading.space_file import VALUES, SpaceSource
from search.study.errors import InputError, plain
from search.study.package import PACKAGE
from search.study.study import Study

MAIN, ROWS = "study.py", "study_rows"
_NO_FILE = "<dynamic-code>"
"""What cloudpickle calls the file of all code."""
INSIDE = 1 << 20
"""Bytes of pickled rows that go along with the study; more lie in a module that workers, who get
rows by Ray, need not read."""


def source_of(study: Study, title: str) -> SpaceSource:
    """A study as the text of a space file and of modules beside it.

    Args:
        study: Made in this process.
        title: Of the study.

    Raises:
        InputError: Something of it cannot be pickled.
    """
    with _by_value():
        rows = _pickled(study.data, "data")
        files = {}
        if len(rows) > INSIDE and not isinstance(study.data, DataByValues):
            files[f"{ROWS}.py"] = _module("data", rows)
            study = replace(study, data=SavedRows(ROWS, str(study.data)))
        files[f"{VALUES}.py"] = _module("study", _pickled(study, "study"))
    files[MAIN] = f'"""{_docstring(title)}"""\n\nfrom {VALUES} import study\n{_as_made(study)}'
    return SpaceSource(MAIN, _made_in(study), files)


def _made_in(study: Study) -> str:
    """File or cell with the study's first function, for messages; `MAIN` where none has one."""
    for function in (*study.takers, getattr(study.data, "make", None), study.space):
        code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
        if code is not None and (place := _place_of(code)):
            return place
    return MAIN


def _place_of(code: CodeType) -> str:
    """The user's file, or the cell of a notebook, that it was read from; "" for another text."""
    if _has_file(code):
        return Path(code.co_filename).name
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    cell = shell.compile.format_code_name(code.co_filename) if shell else None
    return " ".join(cell) if cell else ""  # such as Cell In[3], as in IPython's own tracebacks


def _has_file(code: CodeType) -> bool:
    """Whether it was read from a file of the user's, and not from a cell or a text."""
    path = Path(code.co_filename)
    return path.suffix == ".py" and path.is_file()


def _docstring(title: str) -> str:
    return title.replace("\\", "\\\\").replace('"""', "'''").strip().rstrip('"') or "A study"


def _as_made(study: Study) -> str:
    """What the study says, and the text of its functions, as comments for a reader."""
    texts = [f"space = {study.space!r}" if not callable(study.space) else ""]
    for function in (study.space, *study.takers, getattr(study.data, "make", None)):
        if inspect.isroutine(function) or inspect.isclass(function):
            with suppress(OSError, TypeError):  # made by exec, or typed into `python -i`
                texts.append(inspect.getsource(function))
    lines = "\n\n".join(filter(None, texts)).splitlines()
    return "".join(f"\n# {line}".rstrip() for line in ["", *lines]) + "\n"


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Has Keras and TensorFlow stand in until something of them is used, as a space file does."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, ModuleType) and obj.__name__.partition(".")[0] in HEAVY:
            return StandIn, (obj.__name__,)
        if isinstance(obj, CodeType) and (place := _place_of(obj)):
            return _code_of_place(place, *self.dispatch_table[CodeType](obj)[:2])
        return super().reducer_override(obj)


def _code_of_place(
    place: str, make: Callable[..., CodeType], values: tuple[Any, ...]
) -> tuple[Callable[..., CodeType], tuple[Any, ...]]:
    """As cloudpickle makes code, with its place, which messages name, instead of cloudpickle's.

    In brackets, as no file is called: else its text would be looked for, and another found on a
    machine that has another file of this name.
    """
    return make, tuple(f"<{place}>" if value == _NO_FILE else value for value in values)


def _pickled(value: object, what: str) -> bytes:
    buffer = io.BytesIO()
    try:
        _Pickler(buffer).dump(value)
    except Exception as error:  # whatever the objects that a function uses raise
        raise InputError(
            what,
            f"it cannot be sent to workers ({plain(error)})",
            "create inside the function what cannot be pickled, such as an open file, a lock "
            "or a connection",
        ) from error
    return buffer.getvalue()


def _module(name: str, pickled: bytes) -> str:
    text = base64.b85encode(zlib.compress(pickled, 1)).decode()
    return (
        '"""Pickled by cloudpickle: executed where the run goes on, never where it is read."""\n\n'
        "import base64\nimport pickle\nimport zlib\n\n"
        f"{name} = pickle.loads(zlib.decompress(base64.b85decode({text!r})))\n"
    )


@contextmanager
def _by_value() -> Iterator[None]:
    """While inside, modules that are installed nowhere are pickled with their text."""
    installed = _installed()
    local = [module for module in list(sys.modules.values()) if _is_local(module, installed)]
    for module in local:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in local:
            cloudpickle.unregister_pickle_by_value(module)


def _installed() -> tuple[Path, ...]:
    """Where packages are, and this one; sysconfig takes 0.2 ms to tell one of these folders."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    told = [sysconfig.get_path(kind) for kind in kinds]
    return tuple(
        map(Path, {*told, *site.getsitepackages(), site.getusersitepackages(), str(PACKAGE)})
    )


def _is_local(module: ModuleType, installed: Iterable[Path]) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or module.__name__ in {"__main__", "__mp_main__"}:
        return False
    path = Path(file).absolute()
    if any(part in {"site-packages", "dist-packages"} for part in path.parts):
        return False
    return not any(path.is_relative_to(folder) for folder in installed)
