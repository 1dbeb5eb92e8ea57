"""`search compare RUN RUN…`: several runs on one page, from their folders."""

import sys
from typing import Annotated

import typer

from search.commands.naming import SeveralNamed


def compare(
    runs: SeveralNamed,
    name: Annotated[str, typer.Option(help="Of the page, in reports/.")] = "comparison",
) -> None:
    """Write a page that compares runs; no code of them is executed, no held-out row evaluated."""
    from search.app.pages import compare as compared

    comparison = compared(runs, name)
    sys.stdout.write(f"{comparison}\npage  {comparison.page}\n")
