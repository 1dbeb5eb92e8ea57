"""`search resume RUN`: go on with a run that was interrupted."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from search.commands.run_study import Address


def resume(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    address: Address = None,
) -> int:
    """Go on with a run: what was finished stays, what was under way runs again."""
    from search.commands.describing import Material
    from search.commands.session import Order, go_on
    from search.store.folder import Folder
    from search.store.recorder import Recorder
    from search.store.run import load_run
    from search.study.errors import InputError
    from search.study.reading import SpaceSource, override
    from search.tuning.cluster import Resources
    from search.tuning.pruning import settled

    manifest = load_run(run).manifest
    if manifest.ended == "finished":
        raise InputError(
            f"{run}: the run is finished; make its page again by `search report {run}`"
        )
    place = str(run / "space" / manifest.space_file)
    source = SpaceSource(manifest.space_file, place, load_run(run).sources())
    space = source.execute()
    study = override(
        space.study, trials=manifest.plan.trials, epochs=manifest.plan.epochs, seed=manifest.seed
    )
    material = Material.of(study, space.source.place)
    study = settled(study, len(material.parts.train))
    if material.dataset.hash != manifest.data.hash:
        raise InputError(f"{run}: the data is not what the run began with; start a new run")
    machine = manifest.machine
    resources = Resources(machine.cpus, machine.gpus, machine.workers)
    with closing(Recorder(Folder(run))) as recorder:
        return go_on(Order(space, study, resources, address), material, recorder)
