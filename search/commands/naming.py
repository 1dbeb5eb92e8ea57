"""How a run is named on the command line: by its folder, or by its name alone below `runs/`."""

import os
from pathlib import Path
from typing import Annotated

import typer

RUNS = Path("runs")


def located(run: Path) -> Path:
    """The folder of a run that is named with or without `runs/`; it need not be whole.

    Raises:
        InputError: There is nothing of this name; runs of near names are told.
    """
    run = below_runs(run)
    if os.path.lexists(run):
        return run
    from search.study.errors import InputError
    from search.study.plain_text import one_line

    root = run.parent if len(run.parts) > 1 else RUNS
    raise InputError(one_line(f"{run}: there is no run here{_near(run.name, root)}"))


def below_runs(run: Path) -> Path:
    """The folder that a bare name means, where there is one below `runs/`."""
    below = RUNS / run
    bare = len(run.parts) == 1 and not os.path.lexists(run / "study.db")
    return below if bare and below.is_dir() else run


def _near(name: str, root: Path) -> str:
    from search.study.parameters import near_few

    try:
        runs = [str(folder) for folder in root.iterdir() if os.path.lexists(folder / "study.db")]
    except OSError:
        runs = []
    return near_few(str(root / name), runs) or "; give a run folder such as runs/binary-…"


def _each(runs: list[Path]) -> list[Path]:
    return [located(run) for run in runs]


Named = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="A run folder, such as runs/binary-…, or its name.", callback=located
    ),
]
SeveralNamed = Annotated[
    list[Path],
    typer.Argument(
        metavar="RUN RUN…", help="Run folders or their names, two or more.", callback=_each
    ),
]
