"""`search run FILE`: search the space of a file, and write the page."""

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from search.app.options import Options
from search.commands.options import CLUSTER, SEARCH, Data, File, taking

if TYPE_CHECKING:
    from search.app.session import Watching

Open = Annotated[
    bool, typer.Option("--open", help="Show the growing page in a browser; see watch.")
]


@taking(*SEARCH, "name", "continue_from", *CLUSTER)
def run(file: File, options: Options, data: Data = None, show: Open = False) -> int:
    """Search the space in FILE, and write reports/NAME.html.

    FILE.py:build searches a function or HyperModel written for KerasTuner.
    """
    if sys.stdout.isatty() and file.is_file():  # what follows loads for seconds
        sys.stdout.write(f"reading {file}, then starting Ray …\n")
        sys.stdout.flush()
    from search.app.spaces import executed

    space = executed(file, data)
    from search.app import run as app

    return app.run(space, options, watching(show), shlex.join(["search", *sys.argv[1:]]))


def watching(show: bool = False) -> "Watching":
    """The terminal, and with `--watch` the growing page in a browser."""
    from search.app.environment import NOTES
    from search.app.session import Watching
    from search.commands.watch import LivePage
    from search.display.screen import Screen

    return Watching(Screen, (LivePage(),) if show else (), tuple(NOTES))
