"""`search try FILE`: one configuration in this very process, so that prints and a debugger work."""

import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from search.commands.noise import noise_to
from search.commands.run_study import Epochs, File, Seed


def try_study(file: File, epochs: Epochs = None, seed: Seed = None) -> int:
    """Train one configuration of FILE here, without Ray; nothing is kept."""
    from search.commands.describing import Material, manifest_of, supplies_of
    from search.commands.lines import line_of
    from search.store.folder import Folder
    from search.store.manifest import Machine
    from search.store.recorder import Recorder
    from search.study.reading import override, read
    from search.study.trial import State
    from search.tuning.ledger import Ledger
    from search.tuning.resources import Resources
    from search.tuning.runner import InProcessRunner

    space = read(file).execute()
    study = override(space.study, trials=1, epochs=epochs, seed=seed)
    material = Material.of(study, space.source.place)
    study = material.settled(study)
    engine = material.engine(study, gpus=0).name
    supplies = supplies_of(space.source, material, engine, Resources(1, 0, None))
    with tempfile.TemporaryDirectory(prefix="keras-search-") as scratch:
        folder = Folder.named(Path(scratch), "try").make()
        machine = Machine(1, 1, 0, "this process")
        manifest = manifest_of("try", space, study, material, machine)
        with closing(Recorder.begin(folder, manifest, space.source.files)) as recorder:
            with noise_to(Path(os.devnull)):  # TensorFlow's talk as it starts, and nothing else
                runner = InProcessRunner(supplies, study)
            runner.run(Ledger(study, recorder, 1))
            (trial,) = recorder.trials()
    sys.stdout.write(line_of(trial) + "\n")
    return 1 if trial.state is State.FAIL else 0
