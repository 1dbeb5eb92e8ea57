"""`search compare RUN RUN…`: several runs on one page, from their folders alone."""

import os
import shlex
import sys
from typing import Annotated

import typer

from search.commands.naming import SeveralNamed


def compare(
    runs: SeveralNamed,
    name: Annotated[str, typer.Option(help="Of the page, in reports/.")] = "comparison",
) -> None:
    """Write a page that compares runs; nothing of them is executed, no held-out row looked at."""
    from search.app.paths import page_of
    from search.report.comparison import comparison_of
    from search.report.page import rendered, write_text
    from search.store.run import load_run, shown
    from search.study.errors import InputError

    _check_name(name)
    opened = [load_run(run) for run in runs]
    names = [run.name for run in opened]
    if len(opened) < 2:
        raise InputError("compare: give two run folders or more, such as runs/a runs/b")
    doubled = next((n for n in names if names.count(n) > 1), None)
    if doubled is not None:
        raise InputError(
            f"compare: two of the runs are named {doubled!r}; give runs of other names"
        )
    command = shlex.join(["search", "compare", *map(str, runs)])
    with shown(runs[-1]):
        page, path = comparison_of(opened, command), page_of(name)
        text = rendered(page)
    write_text(text, path)
    sys.stdout.writelines(f"{sentence}\n" for sentence in page.verdict)
    sys.stdout.write(f"page  {path}\n")


def _check_name(name: str) -> None:
    """Refuse a page's name that leads out of `reports/`, or is that of a run's own page."""
    from search.app.paths import RUNS
    from search.store.folder import Folder
    from search.study.errors import InputError

    if os.path.lexists(Folder.named(RUNS, name).path):
        raise InputError(
            f"--name {name!r}: {RUNS / name} is a run, whose own page would be overwritten; "
            "give the comparison another name"
        )
