"""A run that has its answer, with its study and its rows as they were searched."""

import os
from dataclasses import dataclass
from pathlib import Path

from search.app.log_redirect import noise_to
from search.app.resolved import ResolvedStudy
from search.cluster.resources import Resources
from search.jobs.context import WorkerContext
from search.loading.space_file import override
from search.store.model_file import no_answer
from search.store.run import StoredRun
from search.study.answer import Answer
from search.study.errors import InputError


@dataclass(frozen=True, eq=False)
class OpenRun:
    """What it takes to train a run's winner once more.

    Attributes:
        run: Whose.
        answer: Of it.
        resolved: The study by the run's own copy of the space, and the same rows as then.
    """

    run: StoredRun
    answer: Answer
    resolved: ResolvedStudy

    @classmethod
    def of(cls, run: StoredRun) -> "OpenRun":
        """Read the study from the run folder, and its rows from where they are.

        Raises:
            InputError: There is no answer yet, or the rows are gone or others.
            RunError: The folder is damaged.
        """
        answer, manifest = run.answer(), run.manifest
        if answer is None:
            raise no_answer(run)
        if manifest.data_changed:
            raise InputError(
                run.folder.path,
                "this run continued on changed data, so "
                "the rows that its winner was trained on are not known",
                "start a new run",
            )
        plan = manifest.plan
        with noise_to(Path(os.devnull)):  # TensorFlow's talk, where the space uses it
            run.trials()  # whether they can be read, before anything is written to the run
            space = run.space().execute()
            study = override(space.study, plan.trials, plan.epochs, manifest.seed)
            resolved = ResolvedStudy.of(space, study)
        if resolved.dataset.hash != manifest.data.hash:
            raise InputError(
                run.folder.path,
                f"the data changed since the search ({manifest.data.description}; "
                "their SHA-256 is another)",
                "restore it",
            )
        return cls(run, answer, resolved)

    @property
    def context(self) -> WorkerContext:
        """What a worker of the run was given."""
        machine = self.run.manifest.machine
        resources = Resources(machine.cpus, machine.gpus, machine.most)
        engine = self.run.manifest.plan.engine
        return self.resolved.context(engine, resources)
