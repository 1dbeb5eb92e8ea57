"""One configuration in this very process, so that prints and a debugger work."""

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from search.app.log_redirect import noise_to
from search.app.manifest_builder import manifest_of
from search.app.options import Options
from search.app.resolved import resolved
from search.cluster.resources import Resources
from search.loading.space_file import Space
from search.store.folder import Folder
from search.store.manifest import Machine
from search.store.recorder import Recorder
from search.store.scratch import scratch_folder
from search.study.trial import Trial
from search.tuning.function_loop import loop_of
from search.tuning.runner import InProcessRunner


def try_study(space: Space, options: Options) -> Trial:
    """Train one configuration here, without Ray; nothing is kept.

    Args:
        space: As it was executed.
        options: Over what its study says.
    """
    ready = resolved(space, replace(options, trials=1).over(space.study))
    study = ready.study
    context = ready.context(ready.engine(gpus=0).name, Resources(1, 0, None))
    with scratch_folder() as scratch:
        folder = Folder.named(scratch, "try").make()
        manifest = manifest_of("try", ready, Machine(1, 1, 0, "this process"))
        with closing(Recorder.begin(folder, manifest, space.source.files)) as recorder:
            with noise_to(Path(os.devnull)):  # TensorFlow's talk as it starts, and nothing else
                runner = InProcessRunner(context, study)
            runner.run(loop_of(study, recorder, 1))
            (trial,) = recorder.trials()
    return trial
