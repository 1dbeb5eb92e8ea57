"""`search logs RUN`: what TensorFlow, Ray and one's own code printed."""

import sys
from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as runs/binary-….")]


def logs(run: Run) -> None:
    """Print the log of a run."""
    from search.store.run import load_run

    sys.stdout.writelines(f"{line}\n" for line in load_run(run).log_lines())
