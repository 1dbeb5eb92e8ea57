"""`search watch RUN`: the page of a run while it goes, and at the end the final one."""

import os
import subprocess
import sys
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.commands.naming import Named
from search.tuning.listeners import Listener

if TYPE_CHECKING:
    from search.store.manifest import Manifest
    from search.store.run import StoredRun

REST = 5.0
"""Times as long as a page takes to make, no other is made: a sixth of one core at most."""
NICE = 10


def watch(
    run: Named,
    every: Annotated[float, typer.Option(help="Seconds between two pages, at least.")] = 5.0,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open it in a browser.")] = True,
) -> None:
    """Keep the page of a run up to date while it goes; it loads itself anew in the browser.

    It is made from the run folder alone, so the run does not know of it.
    """
    from search.app.paths import page_of
    from search.report.page import write_page
    from search.store.run import load_run
    from search.study.errors import InputError

    if not every > 0:
        raise InputError(f"--every {every:g}: give a number of seconds above 0")
    os.nice(NICE)
    opened = load_run(run)
    path = page_of(opened.name)
    shown = None
    while opened.state == "running":
        begun = time.monotonic()
        standing = _standing(opened)
        if standing != shown:
            write_page(opened, path, reload=max(1, round(every)))
            if shown is None:
                _say(path, show=show)
            shown = standing
        time.sleep(max(every, REST * (time.monotonic() - begun)))
        opened = load_run(run)
    write_page(opened, path)
    if shown is None:
        _say(path, show=show)


class LivePage(Listener):
    """Watches a run from a process of its own, which ends with the run."""

    def run_started(self, folder: Path, manifest: "Manifest") -> None:
        """Start it."""
        del manifest
        start_watching(folder)


def start_watching(folder: Path) -> None:
    """Watch a run from a process of its own, which ends with the run."""
    subprocess.Popen(  # noqa: S603 - this very product, on a folder that it made
        [sys.executable, "-c", "from search.commands import main; main()", "watch", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _standing(run: "StoredRun") -> tuple[int, ...]:
    """What a page shows: it is made anew where this changes."""
    trials = run.trials()
    return len(trials), sum(trial.state.finished for trial in trials)


def _say(path: Path, *, show: bool) -> None:
    sys.stdout.write(f"page  {path}\n")
    sys.stdout.flush()
    if show and not webbrowser.open(path.absolute().as_uri()):
        sys.stderr.write("search: no browser was found here; open the page yourself\n")
