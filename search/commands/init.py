"""`search init ROWS`: a first space file for rows that are there."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from search import ArgumentError, InputError


def init(
    rows: Annotated[
        Path | None,
        typer.Argument(
            metavar="ROWS",
            help="A table, a .npz archive, a folder of pictures, or FILE.py:build of KerasTuner.",
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="What is to be predicted, of a table.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="When each row was: the newest judge.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(min=1, help="Forecast so many steps of a table of measurements.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="ROWS.npz", help="Rows for FILE.py:build.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.py", help="Instead of a name after that of ROWS.")
    ] = None,
) -> None:
    """Write a space file for ROWS that runs as it is, and is yours to change.

    In a terminal, what is left out is asked for.
    """
    from search.app import init as app

    rows = rows or Path(_asked("A table, a .npz archive, a folder of pictures, or FILE.py:build"))
    try:
        written = app.init(app.RowsAsked(rows, target, time, horizon, data), out)
    except ArgumentError as error:
        if error.argument != "target" or target is not None or not sys.stdin.isatty():
            raise
        asked = app.RowsAsked(rows, _asked(error.reason), time, horizon, data)
        written = app.init(asked, out)
    sys.stderr.writelines(f"search: {line}\n" for line in written.told)
    sys.stdout.write(f"{written.file}\n")
    sys.stderr.write(f"search: try `search check {written.file}`, `search run {written.file}`\n")


def _asked(question: str) -> str:
    if not sys.stdin.isatty():
        raise InputError("ROWS", "which rows are to be searched", "name their file or folder")
    return str(typer.prompt(question, err=True))
