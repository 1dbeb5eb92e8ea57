"""A space file's exception as an error of yours: its place in the file, what is wrong, the fix."""

import inspect
import re
from collections.abc import Callable

import search
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
            package = error.name.split(".")[0]
            return InputError(
                where,
                f"there is no module named {error.name!r}",
                f"install it (pip install {package}) or put it beside the file",
            )
        case ImportError() | TypeError():
            text = str(error)
            known = _about_name(text) or _about_unexpected(text) or _about_missing(text)
            return known.within(where) if known else InputError(where, plain(error))
        case _:
            return InputError(where, plain(error))


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
    fix = near(found[2], inspect.signature(target).parameters)
    return InputError(f"{found[1]}({found[2]}=…)", f"it takes no {found[2]!r}", fix)


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
