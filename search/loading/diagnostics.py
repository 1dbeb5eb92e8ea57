"""Every mistake of a space file, and not the first alone: for `search check`.

A call that goes wrong is fixed for as long as the file is read: what is wrong in it is noted and
left out, so that what comes after it is looked at too.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import search
from search.data.generators import Made, circles
from search.loading.error_text import mistake
from search.loading.space_file import Space, SpaceSource, file_of
from search.study.dense import DenseSpace
from search.study.errors import InputError
from search.study.parameters import Choice, Float, Int
from search.study.study import Baseline

_INSTEAD: Mapping[str, Mapping[str, Any]] = {"Study": {"data": circles(), "space": DenseSpace()}}
"""What stands where an argument that has to be there is wrong or missing."""
_ANY_SPACE: Mapping[str, Any] = {"space": {"any": Int(1, 2)}, "model": lambda **_: None}
"""What stands where a space is wrong: it fits rows of all kinds, as a `DenseSpace` does not."""
_OF_SPACE = ("model", "fit", "callbacks", "first", "baselines")
"""Arguments of a study that mean something in its own space alone."""
_MADE: Mapping[str, Any] = {
    "Int": Int(1, 2),
    "Float": Float(0.1, 1.0),
    "Choice": Choice(0, 1),
    "Baseline": Baseline("baseline"),
}
"""What stands where a whole call is; rows of a source otherwise."""
_NO_CALLS = {"search.data.dataset", "search.study.errors", "search.study.trial"}
_CHECKED = frozenset(
    name
    for room, names in search.ROOMS.items()
    if room.startswith(("search.data.", "search.study.")) and room not in _NO_CALLS
    for name in names
)
"""Names of this package that a study is made of."""


@dataclass
class Found:
    """What a reading found.

    Attributes:
        space: The file as far as it could be read; None where it gives no study.
        mistakes: In the order of the file.
        stands_in: Whether its rows are others than the file means.
    """

    space: Space | None = None
    mistakes: list[InputError] = field(default_factory=list)
    stands_in: bool = False

    def note(self, error: InputError) -> None:
        """Keep a mistake, once."""
        if str(error) not in map(str, self.mistakes):
            self.mistakes.append(error)


def read_on(source: SpaceSource) -> Found:
    """Execute a space file past its mistakes."""
    found = Found()
    with _mending(source, found):
        try:
            found.space = source.execute()
        except InputError as error:
            found.note(error)
    return found


@contextmanager
def _mending(source: SpaceSource, found: Found) -> Iterator[None]:
    """Have a space file get fixing forms of this package's names from `from search import …`."""
    own = vars(search)
    before = {name: own[name] for name in _CHECKED if name in own}
    for name in _CHECKED:
        own[name] = _Call(name, getattr(search, name), source, found)
    try:
        yield
    finally:
        for name in _CHECKED:
            del own[name]
        own.update(before)


class _AnyRows(Made):
    """What stands where rows cannot be made: any hyperparameter may be one of theirs."""

    def takes(self, names: Iterable[str]) -> frozenset[str]:
        """All."""
        return frozenset(names)


@dataclass(frozen=True)
class _Call:
    """A class or function of this package that makes the best of wrong arguments."""

    name: str
    target: Callable[..., Any]
    source: SpaceSource
    found: Found

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        try:
            return self.target(*arguments, **named)
        except (InputError, TypeError) as error:
            where = self._where()
            made = None if self.name in _MADE else self._mended(arguments, named, where)
            if made is None:
                self._note(error, where)
                self.found.stands_in |= self.name not in _MADE
                return _MADE.get(self.name, _AnyRows("circles", 100, 0.1, 0))
            return made

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.target)  # a mistake names what the call takes

    def _mended(self, arguments: tuple[Any, ...], named: dict[str, Any], where: str) -> Any:
        """The call with what is right in it; None where nothing can be made of it."""
        signature = inspect.signature(self.target)
        known = signature.parameters
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in known.values()):
            return None
        for name in [name for name in named if name not in known]:
            text = f"{self.name}() got an unexpected keyword argument {name!r}"
            self._note(TypeError(text), where)
            del named[name]
        try:
            given = dict(signature.bind_partial(*arguments, **named).arguments)
        except TypeError:
            return None
        needed = [name for name, p in known.items() if p.default is p.empty]
        instead = _INSTEAD.get(self.name, {})
        if set(needed) - set(instead) - set(given):
            return None
        for name in set(needed) - set(given):
            text = f"{self.name}() missing 1 required positional argument: '{name}'"
            self._note(TypeError(text), where)
            self.found.stands_in |= name == "data"
        first = {name: given.pop(name) for name in instead if name in given}
        base = self._base(first, given, where)
        base |= {name: given.pop(name) for name in needed if name in given}
        if "space" in first and base["space"] is not first["space"]:
            given = {k: v for k, v in given.items() if k not in _OF_SPACE}  # they fit no other
        return self._with(base, given, where)

    def _base(self, given: dict[str, Any], more: Mapping[str, Any], where: str) -> dict[str, Any]:
        """The arguments that all others hang on, wrong ones replaced."""
        base = dict(_INSTEAD.get(self.name, {}))
        # A custom space is nothing without its model.
        beside = {"model": more["model"]} if "model" in more else {}
        for name, value in given.items():
            with_it = beside if name == "space" else {}
            kept, error = self._tried(base | with_it, name, value)
            if error is None:
                base |= {name: kept, **with_it}
                continue
            if not _is_derived(value):
                self._note(error, where)
            self.found.stands_in |= name == "data"
            base |= _ANY_SPACE if name == "space" else {}
        return base

    def _tried(
        self, base: Mapping[str, Any], name: str, value: Any
    ) -> tuple[Any, InputError | TypeError | None]:
        """An argument without those of its stand-ins that are refused, and what is wrong in it."""
        while True:
            try:
                self.target(**{**base, name: value})
            except (InputError, TypeError) as error:
                refused = _refused(value, error)
                if not refused:
                    return value, error
                value = {k: v for k, v in value.items() if k != refused}
            else:
                return value, None

    def _with(self, base: dict[str, Any], given: dict[str, Any], where: str) -> Any:
        """Add one argument after the other; what fits with no other is wrong."""
        waiting = {name: value for name, value in given.items() if name not in base}
        try:
            made = self.target(**base)
        except (InputError, TypeError) as error:  # of what it needs
            self._note(error, where)
            return None
        wrong, before = dict[str, Exception](), -1
        while before != len(waiting):  # each that fits may be what another needs
            before, wrong = len(waiting), {}
            for name, value in list(waiting.items()):
                try:
                    made = self.target(**base, **{name: value})
                except (InputError, TypeError) as error:
                    wrong[name] = error
                else:
                    base[name] = waiting.pop(name)
        own = {name: error for name, error in wrong.items() if not _is_derived(given[name])}
        # What is said of an argument that is itself wrong is said of its stand-in.
        apart = [
            name for name in own if not any(_is_about(own[name], o) for o in {*wrong} - {name})
        ]
        for name in apart or own:
            self._note(own[name], where)
        return made

    def _note(self, error: Exception, where: str) -> None:
        self.found.note(mistake(error, where))

    def _where(self) -> str:
        """The line of the space file or a sibling from which the call came."""
        frame = inspect.currentframe()
        while frame is not None and not self.source.owns(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is None:
            return self.source.place
        return f"{file_of(frame.f_code.co_filename)}, line {frame.f_lineno}"


def _stands_in(value: Any) -> bool:
    return any(value is made for made in _MADE.values())


def _is_derived(value: Any) -> bool:
    """Whether a value is a stand-in, or a list with one."""
    return _stands_in(value) or (isinstance(value, list | tuple) and any(map(_stands_in, value)))


def _refused(space: Any, error: Exception) -> str:
    """The stand-in in a space that an error is of, such as "units" of "units=0"; else empty."""
    if not isinstance(space, Mapping) or not isinstance(error, InputError):
        return ""
    name = re.split(r"\W", error.where, maxsplit=1)[0]
    return name if _stands_in(space.get(name)) else ""


def _is_about(error: Exception, name: str) -> bool:
    """Whether an error tells of an argument's value, such as "with pruner=…"."""
    return re.search(rf"\b{name}=", str(error)) is not None
