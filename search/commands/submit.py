"""`search submit FILE`: search on a remote cluster, and follow it from here."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search import InputError
from search.app.interrupts import INTERRUPTED
from search.app.options import Asked, Options
from search.commands.options import (
    SEARCH,
    Data,
    option,
    taking,
    words,
)

if TYPE_CHECKING:
    from search.app.submit import RemoteJobs

Cluster = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The file of a cluster that `ray up` started."),
]
Dashboard = Annotated[
    str | None,
    typer.Option(
        "--address",
        help="Instead of that: address of a Ray dashboard, such as http://127.0.0.1:8265.",
    ),
]


@taking(*SEARCH, "name")
def submit(
    options: Options,
    asked: Asked,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A space file, or as of search run.")
    ] = None,
    data: Data = None,
    cluster: Cluster = None,
    address: Dashboard = None,
    join: Annotated[
        str | None, typer.Option(metavar="NAME", help="Follow a search submitted earlier.")
    ] = None,
    stop: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Stop a search; its finished trials stay saved."),
    ] = None,
) -> int:
    """Search the space in FILE on a cluster, and follow it; Ctrl-C leaves it running there."""
    from search.app.submit import Submission, jobs_of

    if sum(given is not None for given in (file, join, stop)) != 1:
        fix = "give a space file to search, or --join NAME, or --stop NAME: one of them"
        raise InputError("", fix=fix)
    submission = None
    if file is not None:
        submission = Submission.of(file, options, words(options, SEARCH), data, asked)
    with jobs_of(cluster, address) as jobs:
        if stop is not None:
            return _stop(jobs, stop)
        if submission is None:
            return _follow(jobs, str(join))
        submission.send(jobs)
        _say(f"submitted {submission.job.name}: {submission.belongings}")
        return _follow(jobs, submission.job.name)


def _follow(jobs: "RemoteJobs", name: str) -> int:
    """Print a job's log; returns its exit code."""
    from search.app.submit import why

    where = f"{option(jobs.argument)} {jobs.value}"
    try:
        ended = jobs.follow(name, _print)
    except KeyboardInterrupt:
        _say(
            f"left; {name} continues there. Join it by `search submit --join {name} {where}`, "
            f"end it by `search submit --stop {name} {where}`"
        )
        return INTERRUPTED
    _say(
        f"copy the run here by `search fetch {name} {where}`"
        if not ended.code
        else why(name, ended)
    )
    return ended.code


def _stop(jobs: "RemoteJobs", name: str) -> int:
    under_way = jobs.stop(name)
    _say(
        f"{name} is stopping; finished trials are saved"
        if under_way
        else f"{name} had already ended"
    )
    return 0


def _print(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _say(sentence: str) -> None:
    sys.stderr.write(f"search: {sentence}\n")
