"""A file that a command is told to write."""

import os
from collections.abc import Sequence
from pathlib import Path

from search.study.errors import ArgumentError
from search.study.whole_file import write_whole


def check_out(out: Path, read: Sequence[Path]) -> None:
    """Refuse before anything takes time: what cannot be written, or would be lost.

    Args:
        out: To be written.
        read: What is read meanwhile.

    Raises:
        ArgumentError: It cannot be written, or it is what is read, a part of a run, or a source.
    """
    if out.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise ArgumentError("out", out, "it cannot be written", "give a file in a folder of yours")
    if not out.is_file():
        return
    there = out.resolve()
    of_run = next((f for f in there.parents if (f / "study.db").exists()), None)
    if any(path.exists() and path.resolve() == there for path in read):
        what = "this is what is read"
    elif of_run is not None:
        what = f"this is a part of the run {of_run.name}"
    elif there.suffix in {".py", ".keras", ".ipynb", ".db"}:
        what = "this is no table but something else"
    else:
        return
    raise ArgumentError("out", out, f"{what}, and would be lost", "give another file")


def write(out: Path, text: str | bytes) -> None:
    """Write all of it or nothing.

    Raises:
        ArgumentError: It cannot be written.
    """
    try:
        content = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
        write_whole(out, content)
    except OSError as error:
        raise ArgumentError("out", out, f"it cannot be written ({error.strerror})") from None
