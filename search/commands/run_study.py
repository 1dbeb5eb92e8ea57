"""`search run FILE`: search what a space file says, and write the page."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from search.commands.naming import RUNS, below_runs

File = Annotated[Path, typer.Argument(metavar="FILE", help="A space file, as in spaces/.")]
Trials = Annotated[int | None, typer.Option(help="Trials in all, over the file's.")]
Epochs = Annotated[int | None, typer.Option(help="Epochs a trial, over the file's.")]
Seed = Annotated[int | None, typer.Option(help="Seed, over the file's.")]
Address = Annotated[
    str | None,
    typer.Option(help="Address of a running Ray cluster, or auto; one is started where left out."),
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
) -> int:
    """Search what FILE says; ends in reports/NAME.html."""
    from search.study.reading import override, read
    from search.tuning.resources import Resources

    source = read(file)
    if sys.stdout.isatty():  # what follows loads for seconds
        sys.stdout.write(f"reading {file}, then starting Ray …\n")
        sys.stdout.flush()
    space = source.execute()
    study = override(space.study, trials, epochs, seed, engine)
    resources = Resources(cpus_per_trial, gpus_per_trial, max_concurrent)

    from search.commands.describing import Material, summary_of
    from search.commands.session import Order, begin
    from search.store.folder import Folder, free_name
    from search.tuning.warm_start import Taken, take

    material = Material.of(study, space.source.place)
    study = material.settled(study)
    taken = Taken()
    if continue_from is not None:
        taken = take(continue_from, study, space.source, summary_of(study, material))
    folder = Folder.named(RUNS, name or free_name(RUNS, file.stem))
    return begin(Order(space, study, resources, address, taken=taken, show=show), material, folder)
