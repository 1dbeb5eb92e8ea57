"""`search watch RUN`: the page of a run, updated until its end."""

import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from search import InputError, Listener
from search.commands.naming import Named

NICE = 10


def watch(
    run: Named,
    every: Annotated[
        float, typer.Option(help="Minimum number of seconds between two pages.")
    ] = 5.0,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open it in a browser.")] = True,
) -> None:
    """Keep the page of a run up to date while it runs; it reloads itself in the browser.

    It is made from the run folder alone, so the run does not know of it.
    """
    from search.app.pages import watch as watched

    if not every > 0:
        raise InputError(f"--every {every:g}", fix="give a number of seconds above 0")
    watched(run, every, lambda page: _say(page, show=show))


class LivePage(Listener):
    """Watches a run from a process of its own, which ends with the run."""

    def run_started(self, folder: Path, manifest: object) -> None:
        """Start it."""
        del manifest
        subprocess.Popen(  # noqa: S603 - this very product, on a folder that it made
            [
                sys.executable,
                "-c",
                f"import os; os.nice({NICE}); from search.commands import main; main()",
                "watch",
                str(folder),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _say(path: Path, *, show: bool) -> None:
    sys.stdout.write(f"page  {path}\n")
    sys.stdout.flush()
    if show and not webbrowser.open(path.absolute().as_uri()):
        sys.stderr.write("search: no browser was found; open the page yourself\n")
