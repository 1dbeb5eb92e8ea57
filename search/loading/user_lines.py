"""Which line of your own file an error is about: where it was raised, or where you called."""

import ast
import inspect
import re
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from search.loading.kerastuner import HypermodelFit
from search.loading.space_file import SpaceSource, file_of
from search.loading.stand_in_keras_tuner import Built
from search.study.errors import first_line

Place = tuple[str, int]
"""File, as in messages, and line."""

_SAID = re.compile(r'File "([^"]+)", line (\d+)')

_CALLS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("returned None",): (),
    ("reported", "trained for"): ("on_epoch_end", "fit", "return"),
    ("has places for ids",): ("Embedding", "return"),
    ("output shape", "cannot reach", "outputs sum to 1"): ("Dense", "return"),
    ("incompatible with the layer", "model for rows of shape"): ("Input",),
    ("returned",): ("return",),
}
"""Words of an error → calls that it is about; the first that fit."""


def place_of(error: BaseException, source: SpaceSource) -> Place | None:
    """The line of a space file or a sibling that is nearest to the raise; None where none is.

    Inside a graph, TensorFlow tells it in the error's text alone.
    """
    cause: BaseException | None = error
    while cause is not None:
        frames = [(f.filename, f.lineno or 0) for f in traceback.extract_tb(cause.__traceback__)]
        with suppress(Exception):  # its text may come of your own code
            frames += [(file, int(line)) for file, line in _SAID.findall(str(cause))]
        own = [frame for frame in frames if source.owns(frame[0])]
        if own:
            return _shown(*own[-1])
        cause = cause.__cause__
    return None


def place_in(function: Callable[..., object], error: BaseException) -> Place | None:
    """Where a function makes the call that an error without a line of its own is about.

    Args:
        function: Such as `build`.
        error: Raised on account of what the function gave.

    Returns:
        The line of that call, such as `model.compile(…)`, or else of the function; None where it
        has no text.
    """
    code = getattr(_plain(function), "__code__", None)
    if code is None:
        return None
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, SyntaxError):
        return _shown(code.co_filename, code.co_firstlineno)
    line = next(iter(_lines(tree, _about(first_line(error)))), 1)
    return _shown(code.co_filename, code.co_firstlineno + line - 1)


def _shown(file: str, line: int) -> Place:
    return file_of(file), line


def _plain(function: object) -> object:
    """What is really called, below decorators, partials and objects with a `__call__`."""
    while isinstance(function, partial | Built):
        function = function.func if isinstance(function, partial) else function.build
    if isinstance(function, HypermodelFit):
        function = function.built.hypermodel.fit
    function = inspect.unwrap(function)  # type: ignore[arg-type]
    if not hasattr(function, "__code__") and not hasattr(function, "__func__"):
        function = type(function).__call__
    return getattr(function, "__func__", function)


def _about(text: str) -> tuple[str, ...]:
    """Calls that an error's words are about, the likeliest first."""
    found = (calls for said, calls in _CALLS.items() if any(part in text for part in said))
    return (*next(found, ("compile", "return")), "def")


def _lines(tree: ast.Module, wanted: tuple[str, ...]) -> Iterator[int]:
    """Lines of the last of each kind that is wanted."""
    for name in wanted:
        lines = [
            getattr(node, "lineno", 1)
            for node in ast.walk(tree)
            if (isinstance(node, ast.Call) and _called(node) == name)
            or (name == "return" and isinstance(node, ast.Return))
            or (name == "def" and isinstance(node, ast.FunctionDef | ast.Lambda))
        ]
        if lines:
            yield min(lines) if name == "def" else max(lines)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
