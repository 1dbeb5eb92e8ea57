"""`search report RUN`: write the page again, or print it as data or Markdown, from the folder."""

import json
import sys
from typing import Annotated

import typer

from search import InputError
from search.commands.naming import Named
from search.commands.options import AsJson

Mute = Annotated[
    list[str] | None,
    typer.Option(metavar="CODE", help="Leave out what this check has found; may be repeated."),
]
AsMarkdown = Annotated[
    bool,
    typer.Option("--markdown", help="Print verdict, checks and tables in GitHub's Markdown."),
]


def report(
    run: Named, mute: Mute = None, as_json: AsJson = False, as_markdown: AsMarkdown = False
) -> None:
    """Write the page of a run again, or print what it says; no code of the run is executed."""
    if as_json and as_markdown:
        raise InputError("--json --markdown", fix="give one of them")
    from search.app import pages

    if as_json:
        sys.stdout.write(json.dumps(pages.data(run, mute or ())) + "\n")
    elif as_markdown:
        sys.stdout.write(pages.text(run, mute or ()))
    else:
        sys.stdout.write(f"page  {pages.report(run, mute or ())}\n")
    pages.check_model(run)
