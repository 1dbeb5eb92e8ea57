"""`search submit FILE`: the search on a cluster elsewhere, followed from here."""

import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.app.interrupts import INTERRUPTED
from search.app.paths import RUNS
from search.commands.run_study import Cpus, Engine, Epochs, Gpus, Most, Seed, Trials

if TYPE_CHECKING:
    from search.cluster.remote_jobs import RemoteEnd, RemoteJob, RemoteJobs
    from search.loading.bundle import Belongings
    from search.loading.space_file import Space

Cluster = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The file of a cluster that `ray up` started."),
]
Dashboard = Annotated[
    str | None,
    typer.Option("--address", help="Instead: a Ray dashboard, such as http://127.0.0.1:8265."),
]

HOME = "~/search"
"""Where the head has the product, in its `runs/` the run folders, in `submitted/` the spaces."""


def submit(  # noqa: PLR0917 - the command line gives them by name
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A space file.")] = None,
    cluster: Cluster = None,
    address: Dashboard = None,
    join: Annotated[
        str | None, typer.Option(metavar="NAME", help="Follow a search that was submitted before.")
    ] = None,
    stop: Annotated[
        str | None, typer.Option(metavar="NAME", help="End one; it keeps what is finished.")
    ] = None,
    trials: Trials = None,
    epochs: Epochs = None,
    seed: Seed = None,
    name: Annotated[str | None, typer.Option(help="Name of the run and the job.")] = None,
    cpus_per_trial: Cpus = 1.0,
    gpus_per_trial: Gpus = 0.0,
    max_concurrent: Most = None,
    engine: Engine = None,
) -> int:
    """Search what FILE says on a cluster, and follow it; Ctrl-C leaves it running there."""
    from search.cluster.remote_jobs import jobs_of
    from search.cluster.resources import Resources
    from search.study.errors import InputError

    if sum(given is not None for given in (file, join, stop)) != 1:
        raise InputError("give a space file to search, or --join NAME, or --stop NAME: one of them")
    if join is not None or stop is not None:
        with jobs_of(cluster, address) as jobs:
            return _follow(jobs, join) if join is not None else _stop(jobs, str(stop))

    from search.loading.space_file import override, read

    Resources(cpus_per_trial, gpus_per_trial, max_concurrent)
    space = read(Path(str(file))).execute()
    override(space.study, trials, epochs, seed, engine)
    options = {
        "--trials": trials,
        "--epochs": epochs,
        "--seed": seed,
        "--cpus-per-trial": cpus_per_trial,
        "--gpus-per-trial": gpus_per_trial,
        "--max-concurrent": max_concurrent,
        "--engine": engine,
    }
    words = [str(word) for pair in options.items() if pair[1] is not None for word in pair]
    job, belongings = _job(space, name, words)
    with jobs_of(cluster, address) as jobs:
        with tempfile.TemporaryDirectory() as folder:
            belongings.copy(Path(folder) / "space")
            jobs.submit(job, Path(folder))
        _say(f"submitted {job.name}: {belongings}")
        return _follow(jobs, job.name)


def _job(space: "Space", name: str | None, options: list[str]) -> "tuple[RemoteJob, Belongings]":
    """What the cluster shall do, and what goes along.

    Raises:
        InputError: The name is no file name, or what goes along is too much.
    """
    from search.cluster.remote_jobs import RemoteJob
    from search.loading.bundle import Belongings
    from search.store.folder import Folder, free_name

    file = space.source.name
    name = Folder.named(RUNS, name or free_name(RUNS, Path(file).stem)).name
    notes = {"run": name, "space": f"{file}: {space.title}"}
    return RemoteJob(name, entrypoint(name, file, options), notes), Belongings(space.source)


def entrypoint(name: str, file: str, options: list[str]) -> str:
    """What the head's shell does: the space gets a place that stays, and is searched from there."""
    place = f"submitted/{name}"
    run = ["search", "run", f"{place}/{file}", "--name", name, "--address", "auto", *options]
    return (
        f"mkdir -p {HOME}/submitted && mkdir {HOME}/{place} && cp -R space/. {HOME}/{place} && "
        f"cd {HOME} && exec {shlex.join(run)}"
    )


def _follow(jobs: "RemoteJobs", name: str) -> int:
    """Print a job's log; returns its exit code."""
    try:
        ended = jobs.follow(name, _print)
    except KeyboardInterrupt:
        _say(
            f"left; {name} goes on there. Join it by `search submit --join {name} {jobs.shown}`, "
            f"end it by `search submit --stop {name} {jobs.shown}`"
        )
        return INTERRUPTED
    if ended.code == 0:
        _say(f"bring it home by `search fetch {name} {jobs.shown}`")
    else:
        _say(_why(name, ended))
    return ended.code


def _why(name: str, ended: "RemoteEnd") -> str:
    if ended.stopped:
        return f"{name} was stopped"
    if ended.code == 127:
        return f"{name} did not start: the head has no `search`; install this product there"
    return f"{name} ended with exit code {ended.code}"


def _stop(jobs: "RemoteJobs", name: str) -> int:
    under_way = jobs.stop(name)
    _say(f"{name} ends, and keeps what is finished" if under_way else f"{name} has ended before")
    return 0


def _print(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _say(sentence: str) -> None:
    sys.stderr.write(f"search: {sentence}\n")
