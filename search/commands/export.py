"""`search export RUN`: the winner as files, or the trials in an Optuna database."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from search.commands.naming import Named

To = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Folder to write to; exports/NAME by default.")
]
Url = Annotated[
    str | None,
    typer.Option(
        "--optuna",
        metavar="URL",
        help="Copy the study to this Optuna storage, for example sqlite:///studies.db.",
    ),
]

As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="FORM",
        help="Write the winner as it is served instead: serving (a SavedModel) or onnx.",
    ),
]


def export(run: Named, to: To = None, optuna: Url = None, form: As = None) -> None:
    """Write winner.keras, a train.py of plain Keras that trains it, and its rows, data.npz.

    With --as, write the winner alone in that form, compared with Keras, with README and client.
    With --optuna, copy the trials into that database; files are then written only with --to.
    """
    from search.app import export as app

    if optuna is not None:
        sys.stdout.write(f"{app.copy_to_optuna(run, optuna)}\n")
    if form is not None:
        from search.app.served import export_as

        exported = export_as(run, form, to)
    elif optuna is None or to is not None:
        exported = app.export(run, to)
    else:
        return
    sys.stdout.writelines(f"{file}\n" for file in exported.files)
    sys.stderr.writelines(f"search: {note}\n" for note in exported.notes)
