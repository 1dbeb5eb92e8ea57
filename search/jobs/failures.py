"""Why a job came to nothing, in a sentence with its place, and its traceback for the log."""

import re
import sys
import traceback
from collections.abc import Callable
from difflib import get_close_matches
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
_UNKNOWN = re.compile(r"Could not interpret (\w+)(?: function)? identifier: (\w+)")
"""What Keras says of a name that it does not have."""
_FIXES = {
    r"FBetaScore expects 2D inputs.*y_pred\.shape=\(\w+, 1\)": "give y of shape (rows, 1), such as "
    "y[:, None]",
    "FBetaScore expects 2D inputs": "give y one-hot, with loss='categorical_crossentropy'",
    "TensorBoard is not installed": "`pip install tensorboard`, or leave that callback out",
}
"""What Keras or TensorFlow says → what to do."""


def reason_of(error: BaseException, source: SpaceSource) -> str:
    """One sentence: what went wrong, and where in your own file."""
    place = place_of(error, source)
    return _plain(error) + (f" ({Path(place[0]).name}, line {place[1]})" if place else "")


def _plain(error: BaseException) -> str:
    """What it says, and of an id that a layer has no place for, how to mend it."""
    told = first_line(error) if isinstance(error, FunctionMistakeError) else plain(error)
    found = _OUTSIDE.search(told)
    if found is None:
        fix = _fix(told)
        return f"{told.rstrip('.')}; {fix}" if fix else told
    return (
        f"{told}: a layer such as Embedding has places for 0 to {int(found[1]) - 1} there; give it "
        "more, or number ids from 0 on"
    )


def _fix(told: str) -> str:
    """How to mend what Keras says without a fix; "" where that is unknown."""
    if (unknown := _UNKNOWN.search(told)) is not None:
        close = get_close_matches(unknown[2].lower(), _names(unknown[1]), n=1)
        return f"did you mean {close[0]!r}?" if close else ""
    return next((fix for said, fix in _FIXES.items() if re.search(said, told)), "")


def _names(kind: str) -> list[str]:
    """Names by which Keras knows losses, metrics and the like, as they are written in text."""
    several = f"{kind}es" if kind == "loss" else f"{kind}s"
    there = vars(getattr(sys.modules.get("keras"), several, object))
    written = {name for name in there if name[0] != "_" and name.islower()}
    if kind == "optimizer":  # of which Keras has classes alone
        written = {name.lower() for name in there if name[0].isupper()}
    return sorted(written - {"get", "serialize", "deserialize"})


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
