"""`search try FILE`: one configuration in this very process, so that prints and a debugger work."""

import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from search.app.log_redirect import noise_to
from search.commands.run_study import Epochs, File, Seed


def try_study(file: File, epochs: Epochs = None, seed: Seed = None) -> int:
    """Train one configuration of FILE here, without Ray; nothing is kept."""
    from search.app.manifest_builder import manifest_of
    from search.app.resolved import ResolvedStudy
    from search.cluster.resources import Resources
    from search.display.lines import line_of
    from search.loading.space_file import override, read
    from search.store.folder import Folder
    from search.store.manifest import Machine
    from search.store.recorder import Recorder
    from search.study.trial import State
    from search.tuning.runner import InProcessRunner
    from search.tuning.search_loop import SearchLoop

    space = read(file).execute()
    study = override(space.study, trials=1, epochs=epochs, seed=seed)
    resolved = ResolvedStudy.of(space, study)
    study = resolved.study
    context = resolved.context(resolved.engine(gpus=0).name, Resources(1, 0, None))
    with tempfile.TemporaryDirectory(prefix="keras-search-") as scratch:
        folder = Folder.named(Path(scratch), "try").make()
        manifest = manifest_of("try", resolved, Machine(1, 1, 0, "this process"))
        with closing(Recorder.begin(folder, manifest, space.source.files)) as recorder:
            with noise_to(Path(os.devnull)):  # TensorFlow's talk as it starts, and nothing else
                runner = InProcessRunner(context, study)
            runner.run(SearchLoop(study, recorder, 1))
            (trial,) = recorder.trials()
    sys.stdout.write(line_of(trial) + "\n")
    return 1 if trial.state is State.FAIL else 0
