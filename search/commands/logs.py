"""`search logs RUN`: what TensorFlow, Ray and one's own code printed."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as runs/binary-….")]


def logs(run: Run) -> None:
    """Print the log of a run."""
    from search.store.run import load_run

    log = load_run(run).folder.log
    if log.exists():
        with log.open("r", encoding="utf-8", errors="replace") as file:
            shutil.copyfileobj(file, sys.stdout)
