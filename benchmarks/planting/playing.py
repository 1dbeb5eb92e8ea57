"""What the page would say of a study: its rows checked, or searched and judged in this process."""

import os
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from search import Study
from search.app.log_redirect import noise_to
from search.app.manifest_builder import manifest_of
from search.app.resolved import ResolvedStudy
from search.cluster.resources import Resources
from search.finals.finals import FinalsPhase
from search.jobs.phases import Phases
from search.loading.space_file import Space, SpaceSource
from search.report.content import found_in
from search.report.material import Material
from search.store.folder import Folder
from search.store.manifest import Machine
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.checks import Found
from search.tuning.runner import InProcessRunner
from search.tuning.search_loop import SearchLoop

SOURCE = SpaceSource("planted.py", "planted.py", {"planted.py": "study = …"})


def resolved(study: Study) -> ResolvedStudy:
    """With its rows, as `search run` reads them."""
    return ResolvedStudy.of(Space(study, "Planted", SOURCE, touched=False))


def checked(study: Study) -> Sequence[Found]:
    """What is found before a search."""
    return resolved(study).summary().warnings


def played(study: Study, looks: int = 1) -> Sequence[Found]:
    """What is found of a whole run, without Ray.

    Args:
        study: To be searched.
        looks: Times that the finals are held.
    """
    of = resolved(study)
    with tempfile.TemporaryDirectory(prefix="planted-") as scratch:
        manifest = manifest_of("planted", of, Machine(1, 1, 0, "this process"))
        context = of.context(of.engine(gpus=0).name, Resources(1, 0, None))
        place = Folder.named(Path(scratch), "planted").make()
        with closing(Recorder.begin(place, manifest, SOURCE.files)) as recorder:
            for _ in range(looks):
                loop = SearchLoop(of.study, recorder, 1)
                finals = FinalsPhase(of.study, of.parts, recorder)
                rounds = (finals.retraining, finals.refitting, finals.judging)
                phases = Phases(lambda loop=loop: loop, *rounds)
                with noise_to(Path(os.devnull)):
                    InProcessRunner(context, of.study).run(phases)
                phases.check()
                finals.conclude()
            return found_in(Material.of(load_run(recorder.path)))
