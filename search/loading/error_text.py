"""A space file's exception as an error of yours: its place in the file, what is wrong, the fix."""

import inspect
import re
import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib.metadata import packages_distributions

import search
from search.study.arguments import unexpected
from search.study.errors import InputError, plain
from search.study.parameters import near


def mistake(error: BaseException, where: str) -> InputError:
    """What you read instead of a traceback.

    Args:
        error: As it was raised while the file was executed.
        where: File and line nearest to the raise.
    """
    match error:
        case InputError():
            return error.within(where)
        case SystemExit():
            return InputError(where, "the file ends the program", "drop the call of exit")
        case ModuleNotFoundError() if error.name:
            return InputError(
                where, f"there is no module named {error.name!r}", _instead_of(error.name)
            )
        case ImportError() | TypeError():
            text = str(error)
            known = _about_name(text) or _about_unexpected(text) or _about_missing(text)
            return known.within(where) if known else InputError(where, plain(error))
        case _:
            return InputError(where, plain(error))


def _instead_of(module: str) -> str:
    """No package of an unknown name is advised to be installed: it may be a slip of the pen."""
    here = [*packages_distributions(), *sys.stdlib_module_names]
    close = get_close_matches(module.split(".", maxsplit=1)[0], here, n=1, cutoff=0.8)
    if close and close[0] != module.split(".", maxsplit=1)[0]:
        return f"did you mean {close[0]!r}?"
    return "install the package that has it, or put it beside the file"


def _about_name(text: str) -> InputError | None:
    """An import from this package of a name that it does not have."""
    found = re.match(r"cannot import name '(\w+)' from 'search'", text)
    if found is None:
        return None
    return InputError("", f"search has no {found[1]!r}", near(found[1], search.__all__))


def _about_unexpected(text: str) -> InputError | None:
    """A keyword that a class or function of this package does not take."""
    found = re.match(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'", text)
    target = _public(found[1]) if found else None
    if found is None or target is None:
        return None
    return unexpected(found[1], found[2], inspect.signature(target).parameters)


def _about_missing(text: str) -> InputError | None:
    """An argument that a class or function of this package cannot do without."""
    found = re.match(r"(\w+)(?:\.__init__)?\(\) missing \d+ required .*?: (.*)", text)
    if found is None or _public(found[1]) is None:
        return None
    names = re.findall(r"'(\w+)'", found[2])
    needed = " and ".join(f"{name}=…" for name in names)
    return InputError(f"{found[1]}(…)", f"it needs {needed}", "add that")


def _public(name: str) -> Callable[..., object] | None:
    target = getattr(search, name) if name in search.__all__ else None
    return target if callable(target) else None
