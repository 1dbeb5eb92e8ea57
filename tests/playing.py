"""Whole runs in this very process, on rows of any kind, with a file that tells what it takes."""

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from search import Study
from search.data.dataset import Dataset
from search.data.split import Parts
from search.finals.finals import FinalsPhase
from search.jobs.context import DataSplit, WorkerContext
from search.jobs.phases import Phases
from search.loading.space_file import SpaceSource
from search.store.folder import Folder
from search.store.recorder import Recorder
from search.study.answer import Answer
from search.study.field_space import FieldSpace
from search.study.signature import Signature
from search.training.rate_suggestion import growing_rates
from search.tuning.runner import InProcessRunner
from search.tuning.search_loop import SearchLoop
from tests.runs import manifest_for

RATES = growing_rates(per_decade=2, epochs=10)
"""Of the finals' learning-rate test, which is no subject here: where `fit` trains, a hundred epochs
of it took two thirds of a test."""


@dataclass(frozen=True, eq=False)
class Played:
    """A run, its rows and its answer."""

    path: Path
    parts: Parts
    answer: Answer


def play(study: Study, root: Path, data: Dataset | None = None, engine: str = "in-graph") -> Played:
    """Search and judge in this process.

    Args:
        study: Whose data may be any.
        root: Below which the run folder comes to lie.
        data: As they were read, where that is not by `load` alone.
        engine: Of what the plan says.
    """
    data = data or study.data.load()
    study = study.for_task(data.task)
    parts = study.split.parts(data)
    # As in a run: a text's length is found, and the file of a forecast's winner counts on scales.
    if isinstance(study.space, FieldSpace):
        study = replace(study, space=study.space.for_rows(parts.train.x))
    if data.series is not None:
        parts = parts.scaled()
    rows, signature = DataSplit.of(parts, data), Signature.of(data, parts)
    context = WorkerContext(SpaceSource("small.py", "small.py", {}), rows, engine)
    manifest = manifest_for(study)
    kind = "declared" if study.model else "dense"
    manifest = replace(manifest, plan=replace(manifest.plan, space=kind))
    summary = replace(
        manifest.data, task=data.task, features=data.feature_names, classes=data.class_names,
        targets=data.target_names,
        columns=tuple((name, "") for name in signature.columns),
    )  # fmt: skip
    folder = Folder.named(root, "small").make()
    sources = {"small.py": "study = …"}
    with closing(Recorder.begin(folder, replace(manifest, data=summary), sources)) as recorder:
        finals = FinalsPhase(study, parts, recorder)
        phases = Phases(
            lambda: SearchLoop(study, recorder, 1),
            finals.retraining,
            finals.refitting,
            finals.judging,
        )
        with patch("search.jobs.samples.growing_rates", return_value=RATES):
            InProcessRunner(context, study).run(phases)
        return Played(recorder.path, parts, finals.conclude())
