"""`search track RUN TOOL…`: copy a run for other tools."""

import select
import sys
from typing import Annotated

import typer

from search.commands.naming import Named

Tools = Annotated[
    list[str],
    typer.Argument(metavar="TOOL…", help="jsonl, tensorboard, mlflow or wandb; or several."),
]


def track(
    run: Named,
    tools: Tools,
    follow: Annotated[
        bool, typer.Option("--follow", hidden=True, help="Until standard input ends.")
    ] = False,
) -> None:
    """Copy a run's trials, curves, finals, page and model for another tool, while it runs or later.

    Only what is missing there is sent. MLflow's server is the one in MLFLOW_TRACKING_URI.
    """
    from search.app.track import track as tracked

    lines = tracked(run, tools, _until_input_ends if follow else None)
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _until_input_ends(seconds: float) -> bool:
    ready, _, _ = select.select([sys.stdin], [], [], seconds)
    return not ready
