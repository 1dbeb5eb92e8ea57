"""Why a job came to nothing, in a sentence with its place, and its traceback for the log."""

import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from search.data.dataset import Shape
from search.jobs.messages import Failed
from search.loading.space_file import SpaceSource
from search.loading.user_lines import place_in, place_of
from search.study.arguments import takes_training_data
from search.study.errors import first_line, plain
from search.study.function_study import FunctionMistakeError

_OUTSIDE = re.compile(r"indices\[[\d,]*\] = -?\d+ is not in \[0, (\d+)\)$")
"""What TensorFlow says of an id that it has no row for."""


def reason_of(error: BaseException, source: SpaceSource) -> str:
    """One sentence: what went wrong, and where in your own file."""
    place = place_of(error, source)
    return _plain(error) + (f" ({Path(place[0]).name}, line {place[1]})" if place else "")


def _plain(error: BaseException) -> str:
    """What it says, and of an id that a layer has no place for, how to mend it."""
    told = first_line(error) if isinstance(error, FunctionMistakeError) else plain(error)
    found = _OUTSIDE.search(told)
    if found is None:
        return told
    return (
        f"{told}: a layer such as Embedding has places for 0 to {int(found[1]) - 1} there; give it "
        "more, or number ids from 0 on"
    )


def failure_of(
    error: Exception,
    source: SpaceSource,
    maker: Callable[..., object] | None,
    shape: Shape | None = None,
) -> Failed:
    """A first step's error with its place.

    Args:
        error: As it was raised.
        source: The space.
        maker: Your function that gave the model; None where none did.
        shape: Of the rows: what one is like is said where that may be what is wrong.
    """
    kinds = {"ModelError", "MistakeError", "LoopError", "InputError"}
    own = type(error).__name__ in kinds
    place = place_of(error, source)
    if place is None and maker is not None:
        place = place_in(maker, error)
    where = f"{place[0]}, line {place[1]}" if place else source.place
    reason = first_line(error) if own else _plain(error)
    if shape is not None and not own:
        reason = reason.rstrip(".") + _about_rows(error, maker, shape)
    return Failed(reason, where, "".join(traceback.format_exception(error)))


def _about_rows(error: Exception, maker: Callable[..., object] | None, shape: Shape) -> str:
    rows = shape.features
    if len(rows) > 1 and "shape" in str(error):
        axes = " (height, width, channels)" if len(rows) == 3 else ""
        return f". These rows are of shape {rows}{axes}."
    learns = maker is not None and takes_training_data(maker)
    if learns and shape.inputs and isinstance(error, KeyError | ValueError | TypeError):
        return f"; train.x is of {', '.join(map(str, shape.inputs))}"
    return ""


class Tracebacks:
    """Prints the traceback of each kind of failure once: into the run's log, and for `search try`.

    Many trials fail for one reason, whose traceback would bury the rest.
    """

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, error: BaseException, reason: str) -> None:
        """Print it, where its reason is new."""
        if reason not in self._told:
            self._told.add(reason)
            sys.stderr.write("".join(traceback.format_exception(error)))
            sys.stderr.flush()
