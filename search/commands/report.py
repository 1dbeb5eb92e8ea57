"""`search report RUN`: write the page again, from the run's folder."""

import sys
from typing import Annotated

import typer

from search.commands.naming import Named

Mute = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE", help="Leave out what this check has found; may be repeated."),
]


def report(run: Named, mute: Mute = None) -> None:
    """Write the page of a run again; no code of the run is executed."""
    from search.app.pages import check_model
    from search.app.pages import report as written

    sys.stdout.write(f"page  {written(run, mute or ())}\n")
    check_model(run)
