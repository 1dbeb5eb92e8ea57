"""Where a data file lies: paths in a space file are relative to that file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from search.study.errors import InputError
from search.study.parameters import near_few

_FOLDER: ContextVar[Path | None] = ContextVar("folder of relative paths", default=None)


@contextmanager
def relative_to(folder: Path | None) -> Iterator[None]:
    """Have relative paths begin in `folder`, and not in the working directory.

    A variable and no argument, since `table("a.csv")` is called by the text of a space file.
    """
    before = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(before)


def folder_of_paths() -> Path | None:
    """Where relative paths begin now; None for the working directory."""
    return _FOLDER.get()


def located(place: object, what: str) -> Path:
    """The absolute path of a file or folder that you named; it need not be there yet.

    Args:
        place: As it was given.
        what: The call, for the message, such as "table".

    Raises:
        InputError: It is no path.
    """
    if not isinstance(place, str | os.PathLike) or not str(place):
        raise InputError(
            f"{what}({place!r})", fix=f"give the path of a file, such as {what}('data/…')"
        )
    if "\0" in str(place):
        raise InputError(f"{what}({place!r})", "a path has no NUL in it", "write it anew")
    return ((folder_of_paths() or Path.cwd()) / Path(place).expanduser()).absolute()


def shown(path: Path) -> str:
    """A path as you would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def check_file(path: Path) -> None:
    """Refuse what is no file that can be read.

    Raises:
        InputError: With the name of the nearest file beside it.
    """
    if path.is_dir():
        raise InputError(shown(path), "this is a folder", "give the path of a file")
    if path.is_symlink() and not path.exists():
        raise InputError(
            shown(path),
            f"this is a link to {path.readlink()}, which leads to no file",
            "give the path of the file itself",
        )
    if not path.exists():
        raise InputError(shown(path), "there is no such file", _beside(path, folders=False))
    if not path.is_file():
        raise InputError(shown(path), "this is not a regular file", "give the path of one")
    if not os.access(path, os.R_OK):
        raise InputError(shown(path), "you may not read it", "change its permissions")


def check_folder(path: Path) -> None:
    """Refuse what is no folder.

    Raises:
        InputError: With the name of the nearest folder beside it.
    """
    if path.is_dir():
        return
    if path.exists():
        raise InputError(shown(path), "this is a file", "give the path of a folder")
    raise InputError(shown(path), "there is no such folder", _beside(path, folders=True))


def _beside(path: Path, *, folders: bool) -> str:
    kind = "folder" if folders else "file"
    if not path.parent.is_dir():
        return f"give a path that is relative to the space file, or to {kind}s from /"
    others = [other.name for other in path.parent.iterdir() if other.is_dir() == folders]
    fix = near_few(path.name, others)
    return fix if "did you mean" in fix else f"give the path of a {kind} that is there"
