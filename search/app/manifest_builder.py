"""What goes into a new run's manifest: the study, the rows, the machines and the versions."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from search.app.resolved import Resolved
from search.cluster.connection import Cluster
from search.cluster.nodes import Nodes
from search.store.manifest import Machine, Manifest, Plan, Searched
from search.study.study import Study
from search.study.trial import EngineChoice
from search.tuning.assignment import together
from search.tuning.pruning import rungs

PACKAGES = ("keras-search", "tensorflow", "keras", "ray", "optuna", "numpy", "scikit-learn")


def manifest_of(name: str, resolved: Resolved, machine: Machine, command: str = "") -> Manifest:
    """Everything that is known of a run before its first trial.

    Args:
        name: Of the run.
        resolved: What is searched.
        machine: Where.
        command: By which it was asked for.
    """
    space, study = resolved.space, resolved.study
    source = space.source
    return Manifest(
        name=name,
        title=space.title,
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        command=command,
        seed=study.seed,
        space_file=source.name,
        versions=versions(),
        data=resolved.summary(),
        plan=plan_of(study, resolved.engine(machine.gpus), machine.workers, resolved.no_refit),
        machine=machine,
        space_origin=str(Path(source.place).absolute()),
    )


def machine_of(cluster: Cluster, nodes: Nodes) -> Machine:
    """Where a run takes place, as it is at its start."""
    count, resources = len(cluster.nodes), nodes.resources
    description = (
        f"{platform.system()} {platform.machine()}, {cluster.total('CPU'):g} CPUs, "
        f"{cluster.total('GPU'):g} GPUs, {count} node{'s' if count > 1 else ''}"
    )
    if not cluster.authenticated:
        description += ", a cluster without a token, which anybody can join and run code on"
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


def plan_of(study: Study, engine: EngineChoice, workers: int = 1, no_refit: str = "") -> Plan:
    """What is searched, and how.

    Args:
        study: With nothing left to "auto".
        engine: That trains its trials.
        workers: At work at once.
        no_refit: Why the winner is not trained on training and validation rows together.
    """
    return Plan(
        parameters={name: Searched.of(p) for name, p in study.parameters.items()},
        fixed=study.fixed,
        space=study.kind,
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
        together=together(study, engine.name, workers),
        seconds=study.budget.seconds,
        patience=study.budget.patience,
        splits=study.finals.splits,
        share=study.finals.share,
        refit=bool(study.finals.refit),
        no_refit=no_refit,
        mute=tuple(study.mute),
        resume_paused=study.resume_paused,
    )
