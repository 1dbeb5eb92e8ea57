"""What goes into a new run's manifest: the study, the rows, the machines and the versions."""

import platform
import shlex
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from search.finals.first_rows import first_rows
from search.store.manifest import DataSummary, Machine, Manifest, Plan, Searched
from search.study.dataset import Dataset
from search.study.dense import DenseSpace
from search.study.errors import InputError
from search.study.last_fit import why_no_last_fit, with_last_fit
from search.study.leaks import leaks
from search.study.reading import Space, SpaceSource
from search.study.signature import Signature
from search.study.split import Parts, Rows
from search.study.study import Study
from search.study.task import MULTILABEL, REGRESSION, TASKS
from search.training.engine import Engine, engine_for
from search.tuning.assignment import together
from search.tuning.bench import Supplies
from search.tuning.cluster import Cluster
from search.tuning.nodes import Nodes
from search.tuning.pruning import rungs, settled
from search.tuning.resources import Resources

PACKAGES = ("keras-search", "tensorflow", "keras", "ray", "optuna", "numpy", "scikit-learn")


@dataclass(frozen=True, eq=False)
class Material:
    """The rows of a session, as a whole and in parts.

    Attributes:
        dataset: All of them.
        parts: The same, cut.
        place: Of the space file that asks for them.
    """

    dataset: Dataset
    parts: Parts
    place: str

    @classmethod
    def of(cls, study: Study, place: str) -> "Material":
        """Load and cut a study's rows.

        Raises:
            InputError: They cannot be searched on; names the space file at `place`.
        """
        try:
            dataset = study.data.load()
            parts = study.split.parts(dataset)
            if study.finals.splits > 1:
                study.split.check_fresh(parts, study.finals.splits)
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        if dataset.task == REGRESSION.name and isinstance(study.space, DenseSpace):
            parts = parts.scaled()  # a build of one's own gets the targets as they are
        return cls(dataset, parts, place)

    def engine(self, study: Study, gpus: float) -> Engine:
        """Which engine trains trials on these rows, and why."""
        parts = self.parts
        return engine_for(study, parts.shape(self.dataset), gpus, in_file=parts.train.in_file)

    def settled(self, study: Study) -> Study:
        """The study with "auto" replaced by what it means for these rows.

        Raises:
            InputError: It does not fit them.
        """
        try:
            study = settled(study, self.dataset.task, len(self.parts.train))
        except InputError as error:
            raise InputError(f"{self.place}: {error}") from None
        return with_last_fit(study, self.dataset)


def supplies_of(
    source: SpaceSource, material: Material, engine: str, resources: Resources
) -> Supplies:
    """What workers get: never the held-out rows."""
    parts = material.parts
    return Supplies(
        source=source,
        shape=parts.shape(material.dataset),
        train=parts.train,
        validation=parts.validation,
        engine=engine,
        cpus=resources.cpus,
        gpus=resources.gpus,
        scale=parts.scale,
        preparation=parts.preparation,
        signature=Signature.of(material.dataset, parts),
    )


def manifest_of(
    name: str, space: Space, study: Study, material: Material, machine: Machine
) -> Manifest:
    """Everything that is known of a run before its first trial."""
    return Manifest(
        name=name,
        title=space.title,
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        command=shlex.join(["search", *sys.argv[1:]]),
        seed=study.seed,
        space_file=space.source.name,
        versions=versions(),
        data=summary_of(study, material),
        plan=_plan(study, material, machine),
        machine=machine,
        space_origin=str(Path(space.source.place).absolute()),
    )


def machine_of(cluster: Cluster, nodes: Nodes) -> Machine:
    """Where a run takes place, as it is at its start."""
    count, resources = len(cluster.nodes), nodes.resources
    description = (
        f"{platform.system()} {platform.machine()}, {cluster.total('CPU'):g} CPUs, "
        f"{cluster.total('GPU'):g} GPUs, {count} node{'s' if count > 1 else ''}"
    )
    return Machine(
        nodes.workers(0), resources.cpus, resources.gpus, description, cpu_name(), resources.most
    )


def versions() -> dict[str, str]:
    """Of Python and of the packages that figures hang on."""
    installed = {package: version(package) for package in PACKAGES}
    return {"python": platform.python_version(), **installed}


def cpu_name() -> str:
    """What this machine's CPU calls itself; empty where it does not."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(named), platform.processor())


def summary_of(study: Study, material: Material) -> DataSummary:
    """The rows, counted."""
    dataset, parts = material.dataset, material.parts
    by_part = {
        "train": parts.train,
        "validation": parts.validation,
        "held_out": parts.held_out,
    }
    classes = len(dataset.class_names) if TASKS[dataset.task].classifies else 0

    def counts(rows: Rows) -> tuple[int, ...]:
        return tuple(np.bincount(rows.y, minlength=classes).tolist()) if classes else (len(rows),)

    has_labels = dataset.task == MULTILABEL.name
    return DataSummary(
        description=str(study.data),
        task=dataset.task,
        features=parts.feature_names(dataset),
        classes=dataset.class_names,
        targets=dataset.target_names,
        rows={name: counts(rows) for name, rows in by_part.items()},
        positives={name: tuple(rows.y.sum(axis=0).tolist()) for name, rows in by_part.items()}
        if has_labels
        else {},
        hash=dataset.hash,
        split=repr(study.split),
        columns=parts.preparation.told if parts.preparation else (),
        notes=(*dataset.given.notes, *leaks(dataset, parts)),
        first=first_rows(parts, dataset),
    )


def _plan(study: Study, material: Material, machine: Machine) -> Plan:
    engine = material.engine(study, machine.gpus)
    dense = isinstance(study.space, DenseSpace)
    return Plan(
        parameters={name: Searched.of(p) for name, p in study.parameters.items()},
        fixed=study.fixed,
        space="dense" if dense else "conditional" if study.conditional else "declared",
        trials=study.budget.trials,
        epochs=study.budget.epochs,
        rungs=rungs(study),
        objective=study.objective,
        direction=study.direction,
        sampler=study.sampler,
        pruner=study.pruner,
        finals=(study.finals.top, study.finals.seeds),
        baselines=tuple(baseline.name for baseline in study.baselines),
        engine=engine.name,
        why_engine=engine.why,
        together=together(study, engine.name, machine.workers),
        seconds=study.budget.seconds,
        patience=study.budget.patience,
        splits=study.finals.splits,
        share=study.finals.share,
        refit=bool(study.finals.refit),
        no_refit="" if study.finals.refit else why_no_last_fit(study, material.dataset),
    )
