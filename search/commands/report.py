"""`search report RUN`: write the page again, or print it as data or Markdown, from the folder."""

import gc
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from search import InputError
from search.commands.naming import NamedOrNone
from search.commands.options import AsJson

Mute = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE", help="Leave out what this check has found; may be repeated."),
]
AsMarkdown = Annotated[
    bool,
    typer.Option("--markdown", help="Print verdict, checks and tables in GitHub's Markdown."),
]


Optuna = Annotated[
    str | None,
    typer.Option(
        metavar="URL#NAME", help="Instead of a run: a study in a database, sqlite:///studies.db#a."
    ),
]
Tune = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Instead of a run: the results of Ray Tune."),
]
Metric = Annotated[str | None, typer.Option(help="That these trials are compared by.")]
Direction = Annotated[
    str | None, typer.Option(metavar="minimize|maximize", help="Which way it is better.")
]


def report(
    run: NamedOrNone = None,
    mute: Mute = None,
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
    optuna: Optuna = None,
    tune: Tune = None,
    metric: Metric = None,
    direction: Direction = None,
) -> None:
    """Write the page of a run again, or print what it says; no code of the run is executed.

    With --optuna or --tune, the page of a search that was made elsewhere.
    """
    if as_json and as_markdown:
        raise InputError("--json --markdown", fix="give one of them")
    if sum(given is not None for given in (run, optuna, tune)) != 1:
        raise InputError("", fix="give a run, or --optuna URL#NAME, or --tune FOLDER: one of them")
    if tune is None and (metric is not None or direction is not None):
        raise InputError(
            "--metric --direction", "these are for --tune", "a run and a study have their own"
        )
    if run is not None:
        _of_run(run, mute or (), as_json=as_json, as_markdown=as_markdown)
        return
    if mute or as_json or as_markdown:
        raise InputError("--mute --json --markdown", fix="these are for the page of a run")
    from search.app import made_elsewhere

    command = shlex.join(["search", *sys.argv[1:]])
    if optuna is not None:
        page = made_elsewhere.page_of_optuna(optuna, command)
    else:
        page = made_elsewhere.page_of_tune(Path(str(tune)), metric, direction, command)
    sys.stdout.write(f"page  {page}\n")


def _of_run(run: Path, mute: Sequence[str], *, as_json: bool, as_markdown: bool) -> None:
    gc.disable()  # from the imports on
    try:
        from search.app import pages

        if as_json:
            sys.stdout.write(json.dumps(pages.data(run, mute)) + "\n")
        elif as_markdown:
            sys.stdout.write(pages.text(run, mute))
        else:
            sys.stdout.write(f"page  {pages.report(run, mute)}\n")
        pages.check_model(run)
    finally:
        gc.freeze()  # nor is all that looked through as the process ends
        gc.enable()
