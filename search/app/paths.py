"""Where runs and their pages lie, and how a run is named: by its folder, or by its name alone."""

import os
from pathlib import Path

RUNS, REPORTS = Path("runs"), Path("reports")


def page_of(name: str) -> Path:
    """Where a run's page lies."""
    return REPORTS / f"{name}.html"


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
    raise InputError(one_line(str(run)), "there is no run here", one_line(_near(run.name, root)))


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
    return near_few(str(root / name), runs) or "give a run folder such as runs/binary-…"
