"""`search resume RUN`: continue a run, whatever ended it, or extend it."""

from typing import Annotated

import typer

from search.app.options import Options
from search.commands.naming import Named
from search.commands.options import CLUSTER, taking
from search.commands.run_study import Open, Track, watching

Trials = Annotated[
    str | None, typer.Option(help="Trials in total, such as 120, or additional ones, such as +50.")
]
Seconds = Annotated[
    str | None, typer.Option(help="Seconds of search in total, or additional ones, such as +600.")
]
ChangedData = Annotated[
    bool,
    typer.Option(
        "--changed-data", help="Continue although the data changed since the run started."
    ),
]
MaxConcurrent = Annotated[
    int | None,
    typer.Option(help="Maximum number of trials at once; by default as the run was started."),
]


@taking(*CLUSTER)
def resume(
    run: Named,
    options: Options,
    trials: Trials = None,
    seconds: Seconds = None,
    max_concurrent: MaxConcurrent = None,
    changed_data: ChangedData = False,
    show: Open = False,
    track: Track = None,
) -> int:
    """Continue a run: finished trials stay, interrupted ones run again."""
    from search.app.kept import handed_over

    code = handed_over(options.address)
    if code is not None:
        return code
    from search.app import resume as app

    extension = app.Extension(
        trials,
        seconds,
        changed_data,
        options.address,
        options.unauthenticated,
        max_concurrent,
    )
    return app.resume(run, extension, watching(show, track))
