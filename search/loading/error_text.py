"""A space file's exception as one sentence: its place in the file, what is wrong, the mend."""

import inspect
import re
from collections.abc import Callable

import search
from search.study.errors import InputError, plain
from search.study.parameters import near


def mistake(error: BaseException, where: str) -> InputError:
    """What the person reads instead of a traceback.

    Args:
        error: As it was raised while the file was executed.
        where: File and line nearest to the raise.
    """
    match error:
        case InputError():
            return InputError(f"{where}: {error}")
        case SystemExit():
            return InputError(f"{where}: the file ends the program; drop the call of exit")
        case ModuleNotFoundError() if error.name:
            package = error.name.split(".")[0]
            return InputError(
                f"{where}: there is no module named {error.name!r}; install it "
                f"(pip install {package}) or put it beside the file"
            )
        case ImportError() | TypeError():
            known = _about_name(str(error)) or _about_unexpected(str(error))
            text = known or _about_missing(str(error)) or plain(error)
            return InputError(f"{where}: {text}")
        case _:
            return InputError(f"{where}: {plain(error)}")


def _about_name(text: str) -> str:
    """An import from this package of a name that it does not have."""
    found = re.match(r"cannot import name '(\w+)' from 'search'", text)
    if found is None:
        return ""
    return f"search has no {found[1]!r}{near(found[1], search.__all__)}"


def _about_unexpected(text: str) -> str:
    """A keyword that a class or function of this package does not take."""
    found = re.match(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'", text)
    target = _public(found[1]) if found else None
    if found is None or target is None:
        return ""
    mend = near(found[2], inspect.signature(target).parameters)
    return f"{found[1]}({found[2]}=…): it takes no {found[2]!r}{mend}"


def _about_missing(text: str) -> str:
    """An argument that a class or function of this package cannot do without."""
    found = re.match(r"(\w+)(?:\.__init__)?\(\) missing \d+ required .*?: (.*)", text)
    if found is None or _public(found[1]) is None:
        return ""
    names = re.findall(r"'(\w+)'", found[2])
    return f"{found[1]}(…): it needs {' and '.join(f'{name}=…' for name in names)}; add that"


def _public(name: str) -> Callable[..., object] | None:
    target = getattr(search, name) if name in search.__all__ else None
    return target if callable(target) else None
