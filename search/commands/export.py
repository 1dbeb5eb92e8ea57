"""`search export RUN`: the winner taken away as files, or the trials into a database."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.commands.naming import Named

if TYPE_CHECKING:
    from search.store.run import StoredRun

To = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Where to; exports/NAME where left out.")
]
Url = Annotated[
    str | None,
    typer.Option(
        "--optuna", metavar="URL", help="Copy the study there, such as sqlite:///studies.db."
    ),
]


def export(
    run: Named,
    to: To = None,
    optuna: Url = None,
) -> None:
    """Write winner.keras, a train.py of plain Keras that makes it again, and its rows, data.npz.

    With --optuna, copy the trials into that database; files are then written only with --to.
    """
    from search.store.run import load_run

    opened = load_run(run)
    if optuna is not None:
        _copy(opened, optuna)
    if optuna is None or to is not None:
        _take_away(opened, to or Path("exports") / opened.name)


def _copy(run: "StoredRun", url: str) -> None:
    from search.store.optuna_export import copy_study

    count = copy_study(run, url)
    sys.stdout.write(f"study {run.manifest.name}, {count} trials, copied\n")


def _take_away(run: "StoredRun", folder: Path) -> None:
    from search.app.export import TakenAway
    from search.study.whole_file import write_whole

    run.folder.check_plain()  # a look is noted in it
    is_new = not folder.exists()
    _make(folder)  # before the held-out rows are opened
    try:
        taken = TakenAway.of(run)
    except BaseException:
        if is_new:
            folder.rmdir()  # still empty
        raise
    for name, content in taken.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(folder / name, content)
        sys.stdout.write(f"{folder / name}\n")
    sys.stderr.writelines(f"search: {note}\n" for note in taken.notes)


def _make(folder: Path) -> None:
    from search.study.errors import InputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = sorted(file.name for file in folder.iterdir())
        if there:
            raise InputError(
                f"{folder}: {there[0]} is in it already; give an empty or a new folder by --to"
            )
        probe = folder / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"{folder}: it cannot be written ({error.strerror}); give another folder by --to"
        ) from None
