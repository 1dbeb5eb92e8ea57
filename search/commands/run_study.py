"""`search run FILE`: search what a space file says, and write the page."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.app.paths import below_runs

if TYPE_CHECKING:
    from search.app.session import Watching

File = Annotated[Path, typer.Argument(metavar="FILE", help="A space file, as in spaces/.")]
Trials = Annotated[int | None, typer.Option(help="Trials in all, over the file's.")]
Epochs = Annotated[int | None, typer.Option(help="Epochs a trial, over the file's.")]
Seed = Annotated[int | None, typer.Option(help="Seed, over the file's.")]
Address = Annotated[
    str | None,
    typer.Option(help="Address of a running Ray cluster, or auto; one is started where left out."),
]
Unauthenticated = Annotated[
    bool,
    typer.Option("--unauthenticated", help="Join a cluster that asks nobody for a token."),
]
Cpus = Annotated[float, typer.Option(help="CPUs a trial.")]
Gpus = Annotated[float, typer.Option(help="GPUs a trial; may be a fraction.")]
Engine = Annotated[str | None, typer.Option(help="auto, or fit for stock Keras.")]
From = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Begin with that run's trials, where they mean the same here.",
        callback=lambda run: None if run is None else below_runs(run),
    ),
]
Open = Annotated[
    bool, typer.Option("--open", help="Show the page in a browser as it fills up; see watch.")
]
Most = Annotated[int | None, typer.Option(help="Trials at once at most; as many as fit.")]


def run(  # noqa: PLR0917 - the command line gives them by name
    file: File,
    trials: Trials = None,
    epochs: Epochs = None,
    seed: Seed = None,
    name: Annotated[str | None, typer.Option(help="Name of the run and its folder.")] = None,
    continue_from: From = None,
    address: Address = None,
    cpus_per_trial: Cpus = 1.0,
    gpus_per_trial: Gpus = 0.0,
    max_concurrent: Most = None,
    engine: Engine = None,
    show: Open = False,
    unauthenticated: Unauthenticated = False,
) -> int:
    """Search what FILE says; ends in reports/NAME.html."""
    from search.loading.space_file import read

    source = read(file)
    if sys.stdout.isatty():  # what follows loads for seconds
        sys.stdout.write(f"reading {file}, then starting Ray …\n")
        sys.stdout.flush()
    space = source.execute()
    from search.app import run as app

    options = app.Options(
        name,
        trials,
        epochs,
        seed,
        engine,
        continue_from,
        address,
        cpus_per_trial,
        gpus_per_trial,
        max_concurrent,
        unauthenticated,
    )
    return app.run(space, options, watching(show), shlex.join(["search", *sys.argv[1:]]))


def watching(show: bool = False) -> "Watching":
    """The terminal, and where it is asked for the page in a browser while it fills up."""
    from search.app.environment import NOTES
    from search.app.session import Watching
    from search.commands.watch import LivePage
    from search.display.screen import Screen

    return Watching(Screen, (LivePage(),) if show else (), tuple(NOTES))
