"""A new run: from a space to its page."""

from dataclasses import dataclass
from pathlib import Path

from search.app.paths import RUNS
from search.app.resolved import ResolvedStudy
from search.app.session import Order, Watching, begin
from search.cluster.resources import Resources
from search.loading.space_file import Space, override
from search.store.folder import Folder, free_name
from search.tuning.warm_start import Taken, take


@dataclass(frozen=True)
class Options:
    """What may be said of a run beside its study; None for what the study or the machine says.

    Attributes:
        name: Of the run and its folder; made from the space's and the time where left out.
        trials: In all.
        epochs: A trial.
        seed: Of the search.
        engine: "auto" or "fit".
        continue_from: The folder of a run whose trials are this one's first, where they mean the
            same here.
        address: Of a running Ray cluster, or "auto"; None for one of its own.
        cpus_per_trial: CPUs a trial.
        gpus_per_trial: GPUs a trial; may be a fraction.
        max_concurrent: Trials at once at most; as many as fit where left out.
        unauthenticated: Whether the cluster at `address` may be one that lets anybody in.
    """

    name: str | None = None
    trials: int | None = None
    epochs: int | None = None
    seed: int | None = None
    engine: str | None = None
    continue_from: Path | None = None
    address: str | None = None
    cpus_per_trial: float = 1.0
    gpus_per_trial: float = 0.0
    max_concurrent: int | None = None
    unauthenticated: bool = False


def run(space: Space, options: Options, watching: Watching, command: str) -> int:
    """Search what a space says, judge the best, and write the page.

    Args:
        space: As it was read.
        options: Over what its study says.
        watching: Who is told how it goes.
        command: By which it was asked for; the page shows it.

    Returns:
        The exit code: 0 done, 1 unfinished, 130 interrupted.

    Raises:
        InputError: Something given is wrong; nothing was begun.
        RunError: The search cannot go on.
    """
    study = override(space.study, options.trials, options.epochs, options.seed, options.engine)
    resources = Resources(options.cpus_per_trial, options.gpus_per_trial, options.max_concurrent)
    resolved = ResolvedStudy.of(space, study)
    taken = Taken()
    if options.continue_from is not None:
        taken = take(options.continue_from, resolved.study, space.source, resolved.summary())
    folder = Folder.named(RUNS, options.name or free_name(RUNS, Path(space.source.name).stem))
    order = Order(
        resolved,
        resources,
        options.address,
        watching,
        taken,
        command=command,
        unauthenticated=options.unauthenticated,
    )
    return begin(order, folder)
