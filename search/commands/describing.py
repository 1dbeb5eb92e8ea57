"""What goes into a new run's manifest: the study, the rows, the machines and the versions."""

import platform
import shlex
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from search.store.manifest import DataSummary, Machine, Manifest, Plan, Searched
from search.study.dataset import Dataset
from search.study.dense import DenseSpace
from search.study.errors import InputError
from search.study.reading import Space
from search.study.split import Parts, Rows
from search.study.study import Study
from search.training.engine import engine_for
from search.tuning.assignment import together
from search.tuning.cluster import Cluster, Resources
from search.tuning.pruning import rungs

PACKAGES = ("keras-search", "tensorflow", "keras", "ray", "optuna", "numpy", "scikit-learn")


@dataclass(frozen=True, eq=False)
class Material:
    """The rows of a session, as a whole and in parts."""

    dataset: Dataset
    parts: Parts

    @classmethod
    def of(cls, study: Study, place: str) -> "Material":
        """Load and cut a study's rows.

        Raises:
            InputError: They cannot be searched on; names the space file at `place`.
        """
        try:
            dataset = study.data.load()
            return cls(dataset, study.split.parts(dataset))
        except InputError as error:
            raise InputError(f"{place}: {error}") from None


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
        versions={
            "python": platform.python_version(),
            **{package: version(package) for package in PACKAGES},
        },
        data=summary_of(study, material),
        plan=_plan(study, material, machine),
        machine=machine,
        space_origin=space.source.place,
    )


def machine_of(cluster: Cluster, resources: Resources) -> Machine:
    """Where a run takes place.

    Raises:
        InputError: The cluster cannot meet what is asked for.
    """
    workers = cluster.workers(resources)
    nodes = len(cluster.nodes)
    description = (
        f"{platform.system()} {platform.machine()}, {cluster.total('CPU'):g} CPUs, "
        f"{cluster.total('GPU'):g} GPUs, {nodes} node{'s' if nodes > 1 else ''}"
    )
    return Machine(workers, resources.cpus, resources.gpus, description)


def summary_of(study: Study, material: Material) -> DataSummary:
    """The rows, counted."""
    dataset, parts = material.dataset, material.parts
    classes = len(dataset.class_names)

    def counts(rows: Rows) -> tuple[int, ...]:
        return tuple(np.bincount(rows.y, minlength=classes).tolist())

    return DataSummary(
        description=str(study.data),
        task=dataset.task,
        features=dataset.feature_names,
        classes=dataset.class_names,
        rows={
            "train": counts(parts.train),
            "validation": counts(parts.validation),
            "held_out": counts(parts.held_out),
        },
        hash=dataset.hash,
        split=repr(study.split),
    )


def _plan(study: Study, material: Material, machine: Machine) -> Plan:
    engine = engine_for(study, material.dataset.shape, machine.gpus)
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
    )
