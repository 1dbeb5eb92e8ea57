"""`search run FILE`: search the space of a file, and write the page."""

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from search.app.options import Asked, Options
from search.commands.options import (
    CLUSTER,
    SEARCH,
    Data,
    File,
    taking,
)

if TYPE_CHECKING:
    from search import Listener
    from search.app.session import Watching

Open = Annotated[
    bool, typer.Option("--open", help="Show the growing page in a browser; see watch.")
]
Track = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TOOL",
        help="Copy the run for jsonl, tensorboard, mlflow or wandb while it goes; may be repeated.",
    ),
]

FailUnder = Annotated[
    float | None,
    typer.Option(
        metavar="SCORE",
        help="End with exit code 3 if the winner's held-out score is worse: below this, or above "
        "it where the objective is minimized.",
    ),
]
FailOn = Annotated[
    str | None,
    typer.Option(
        metavar="CHECKS",
        help="End with exit code 3 if one of these checks has found something: codes such as "
        "S001,S006, or problem, caution (which counts problems too) or tip (all).",
    ),
]


@taking(*SEARCH, "name", "continue_from", *CLUSTER, "keep")
def run(
    file: File,
    options: Options,
    asked: Asked,
    data: Data = None,
    show: Open = False,
    track: Track = None,
    fail_under: FailUnder = None,
    fail_on: FailOn = None,
) -> int:
    """Search the space in FILE, and write reports/NAME.html.

    FILE.py:build searches a function or HyperModel written for KerasTuner, FILE.py:objective a
    function written for Optuna, or with --space for Ray Tune.
    """
    from search.app.kept import handed_over

    code = handed_over(options.address, options.keep)
    if code is not None:
        return code
    if sys.stdout.isatty() and file.is_file():  # what follows loads for seconds
        sys.stdout.write(f"reading {file}, then starting Ray …\n")
        sys.stdout.flush()
    from search.app.demands import Demands
    from search.app.spaces import executed

    checks = () if fail_on is None else tuple(name.strip() for name in fail_on.split(","))
    demands = Demands(fail_under, checks)
    found = executed(file, data, asked, options)
    from search.app import run as app

    command = shlex.join(["search", *sys.argv[1:]])
    return app.run(found, options, watching(show, track), command, demands)


def watching(show: bool = False, track: Sequence[str] | None = None) -> "Watching":
    """The terminal, the growing page in a browser, and copies for other tools.

    Raises:
        ArgumentError: A tool is not known or not installed.
    """
    from search.app.environment import NOTES
    from search.app.session import Watching
    from search.display.screen import Screen

    listeners: list[Listener] = []
    if show:
        from search.commands.watch import LivePage

        listeners.append(LivePage())
    if track:
        from search.app.track import Tracker

        listeners.append(Tracker(*track))
    return Watching(Screen, tuple(listeners), tuple(NOTES))
