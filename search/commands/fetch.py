"""`search fetch RUN`: copy a run from a remote cluster, and write its page."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from search.app.paths import RUNS
from search.commands.submit import Cluster, Dashboard


def fetch(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Name of a run on the cluster.")],
    cluster: Cluster = None,
    address: Dashboard = None,
    to: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder for runs on this machine.")
    ] = RUNS,
) -> None:
    """Copy a run from a cluster, also while it is running, and write its page."""
    from search.app import submit as app

    name = Path(run).name  # as runs/NAME, which it is there
    fetched = app.fetch(name, cluster, address, to)
    if fetched.goes_on:
        sys.stderr.write(
            f"search: {name} is still running there; this is a copy of its present state\n"
        )
    sys.stdout.write(f"run   {fetched.folder}\npage  {fetched.page}\n")


def hand_over(run: Annotated[str, typer.Argument(metavar="RUN")]) -> None:
    """Write a run to standard output, for `search fetch` on another machine."""
    from search.app import submit as app

    app.hand_over(run, sys.stdout.write)
