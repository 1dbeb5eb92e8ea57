"""`search export RUN`: the winner as files, or the trials in an Optuna database."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from search import InputError
from search.commands.naming import Named

Out = Annotated[
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

To = Annotated[
    str | None,
    typer.Option(
        metavar="FORM",
        help="Write the winner as it is served instead: serving (a SavedModel), onnx or litert.",
    ),
]
Card = Annotated[
    bool, typer.Option("--card", help="Write a model card beside the winner, as README.md.")
]


def export(
    run: Named, to: To = None, out: Out = None, optuna: Url = None, card: Card = False
) -> None:
    """Write winner.keras, a train.py of plain Keras that trains it, and its rows, data.npz.

    With --to, write the winner alone in that form, compared with Keras, with README and client.
    With --optuna, copy the trials into that database; files are then written only with --out.
    """
    from search.app import export as app

    if card and to is not None:
        raise InputError("--card --to", fix="give one of them; a card goes with winner.keras")
    if optuna is not None:
        sys.stdout.write(f"{app.copy_to_optuna(run, optuna)}\n")
    if to is not None:
        from search.app.served import export_as

        exported = export_as(run, to, out)
    elif optuna is None or out is not None or card:
        exported = app.export(run, out, card=card)
    else:
        return
    sys.stdout.writelines(f"{file}\n" for file in exported.files)
    sys.stderr.writelines(f"search: {note}\n" for note in exported.notes)
