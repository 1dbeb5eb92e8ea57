"""How a run is named on the command line: by its folder, or by its name below `runs/`."""

from pathlib import Path
from typing import Annotated

import typer

from search.app.paths import located


def _each(runs: list[Path]) -> list[Path]:
    return [located(run) for run in runs]


Named = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="A run folder, such as runs/binary-…, or its name.", callback=located
    ),
]
NamedOrNone = Annotated[
    Path | None,
    typer.Argument(
        metavar="RUN",
        help="A run folder, such as runs/binary-…, or its name.",
        callback=lambda run: None if run is None else located(run),
    ),
]
SeveralNamed = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN RUN…", help="Run folders or their names, two or more.", callback=_each
    ),
]
