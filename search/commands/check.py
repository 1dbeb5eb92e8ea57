"""`search check FILE`: the study as it is understood, and every mistake in it."""

import json
import math
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search.app.log_redirect import noise_to
from search.commands.run_study import Address, Cpus, File, Gpus, Most, Unauthenticated

if TYPE_CHECKING:
    from search.app.resolved import ResolvedStudy
    from search.cluster.resources import Resources
    from search.jobs.executor import WorkerContext
    from search.jobs.messages import Configuration, Failed, Sampled
    from search.loading.diagnostics import Found
    from search.study.study import Study
    from search.tuning.first_steps import FirstSteps

ENOUGH = 20.0
"""Seconds of training that are enough to reckon a longer trial from."""


def check(  # noqa: PLR0917 - the command line gives them by name
    file: File,
    address: Address = None,
    cpus_per_trial: Cpus = 1.0,
    gpus_per_trial: Gpus = 0.0,
    max_concurrent: Most = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    unauthenticated: Unauthenticated = False,
) -> int:
    """Tell what FILE means, what a search would cost, and every mistake; nothing is kept.

    Trains one configuration, at the middle of the space, in a worker.
    """
    from search.cluster.resources import Resources
    from search.loading.diagnostics import read_on
    from search.loading.space_file import read

    resources = Resources(cpus_per_trial, gpus_per_trial, max_concurrent)
    source = read(file)
    found = read_on(source)
    resolved = _sound(found)
    if resolved is None:
        return _refused(found.mistakes, as_json=as_json)
    from search.jobs.messages import Failed

    study = resolved.study
    engine = resolved.engine(resources.gpus)
    context = resolved.context(engine.name, resources)
    joining = (address, unauthenticated)
    steps, sampled, workers = _sampled(study, context, resources, joining)
    if steps.mistakes:
        wrong = [f"{failed.where}: {failed.reason}" for failed in steps.mistakes]
        return _refused(wrong, as_json=as_json)
    if isinstance(sampled, Failed):
        reason = f"{source.place}: the model at the middle of the space fails ({sampled.reason})"
        return _refused([f"{reason}; mend that"], as_json=as_json)
    told = facts(resolved, sampled)
    told["warnings"] += [_of_part(values, why) for values, why in steps.parts]
    told |= {
        "engine": asdict(engine),
        "workers": workers,
        **_costs(study, sampled, workers, len(resolved.parts.train)),
    }
    lines = [json.dumps(told)] if as_json else sentences(told)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _sound(found: "Found") -> "ResolvedStudy | None":
    """The study with its rows; None where there are mistakes, all noted."""
    from search.app.resolved import ResolvedStudy
    from search.study.errors import InputError

    space = found.space
    if space is None or found.stands_in:
        return None
    try:
        resolved = ResolvedStudy.of(space)
    except InputError as error:
        found.note(error)
        return None
    return None if found.mistakes else resolved


def facts(resolved: "ResolvedStudy", sampled: "Sampled") -> dict[str, Any]:
    """The study as plain values."""
    from search.loading.warnings import cautions

    space, study, data = resolved.space, resolved.study, resolved.summary()
    warnings = [*data.notes, *cautions(study, resolved.dataset, resolved.parts)]
    top, seeds = study.finals.room(study.budget.trials)
    if space.touched:
        warnings.append("Keras is used while the file is read; move that into build")
    if not math.isfinite(sampled.curve["loss"][-1]):
        warnings.append("the loss of the middle of the space is no finite number; lower its rate")
    return {
        "title": space.title,
        "task": data.task,
        "data": data.description,
        "classes": list(data.classes),
        "targets": list(data.targets),
        "features": list(data.features),
        "shape": list(resolved.dataset.x.shape[1:]),
        "pictures": resolved.dataset.pictures,
        "columns": dict(data.columns),
        "rows": {part: list(counts) for part, counts in data.rows.items()},
        "positives": {part: list(counts) for part, counts in data.positives.items()},
        "parameters": {name: str(parameter) for name, parameter in study.parameters.items()},
        "fixed": dict(study.fixed),
        "configurations": int(study.size) if math.isfinite(study.size) else None,
        "trials": study.budget.trials,
        "epochs": study.budget.epochs,
        "finals": {
            "configurations": top,
            "seeds": seeds,
            "cut": study.finals.cut(study.budget.trials),
        },
        "objective": study.objective,
        "direction": study.direction,
        "model": {"summary": sampled.summary, "weights": sampled.weights},
        "trial_seconds": sampled.seconds,
        "trained_epochs": sampled.epochs,
        "warnings": warnings,
        "mistakes": [],
    }


def sentences(told: dict[str, Any]) -> list[str]:
    """The same for people."""
    from search.display.lines import cell, duration

    names = told["classes"] or told["targets"]
    size = told["configurations"]
    count = f"{len(told['parameters'])} parameters"
    count += f", {size:,} configurations" if size else ", with real numbers among them"
    whole = "" if told["trained_epochs"] >= told["epochs"] else ", reckoned from its first epochs"
    lines = [
        told["title"],
        f"data        {told['data']}: {told['task']} ({', '.join(names)})",
        f"features    {_features(told)}",
        *(f"  {name}: {became}" for name, became in told["columns"].items()),
        "rows        " + " · ".join(_part(told, part) for part in told["rows"]),
        f"space       {count}" if told["parameters"] else "space       conditional",
        *(f"  {name}: {range_}" for name, range_ in told["parameters"].items()),
        *(f"  {name} = {cell(value)}" for name, value in told["fixed"].items()),
        f"compared    by {told['objective']}{_of_class(told)}, to {told['direction']}",
        f"finals      the best {told['finals']['configurations']} configurations on "
        f"{told['finals']['seeds']} seeds",
        *([f"  {told['finals']['cut']}"] if told["finals"]["cut"] else []),
        f"engine      {told['engine']['name']}: {told['engine']['why']}",
        f"model       at the middle of the space, {told['model']['weights']:,} weights",
        *(f"  {line}" for line in told["model"]["summary"].splitlines() if line.strip()),
        f"cost        a trial of {told['epochs']} epochs takes {_short(told['trial_seconds'])} "
        f"there{whole}; {told['trials']} on {told['workers']} workers about "
        f"{duration(told['search_seconds'])}, the finals about "
        f"{duration(told['finals_seconds'])}, and some 10 s to start",
        *(f"warning     {warning}" for warning in told["warnings"]),
        "no mistakes",
    ]
    return [line.rstrip() for line in lines]


def _costs(study: "Study", sampled: "Sampled", workers: int, rows: int) -> dict[str, float]:
    from search.finals.retraining import cost_of_finals, cost_of_rates

    finals = cost_of_finals(study) + cost_of_rates(study, rows)
    return {
        "search_seconds": sampled.seconds * math.ceil(study.budget.trials / workers),
        "finals_seconds": sampled.seconds * finals / workers,
    }


def _refused(mistakes: list[str], *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps({"mistakes": mistakes}) + "\n")
    else:
        sys.stderr.writelines(f"search: {mistake}\n" for mistake in mistakes)
    return 2


def _of_part(values: dict[str, Any], why: str) -> str:
    from search.display.lines import cell

    told = ", ".join(f"{name}={cell(value)}" for name, value in values.items())
    return f"trials such as {told} fail: {why}"


def _sampled(
    study: "Study",
    context: "WorkerContext",
    resources: "Resources",
    joining: tuple[str | None, bool],
) -> tuple["FirstSteps", "Sampled | Failed", int]:
    """What can be trained at all, one real training in a worker, and how many workers there are."""
    from search.cluster.connection import connected
    from search.jobs.batch import Batch
    from search.jobs.messages import Failed, Sample, Sampled
    from search.jobs.phases import Phases
    from search.tuning.first_steps import FirstSteps
    from search.tuning.runner import TuneRunner

    address, unauthenticated = joining
    batch = Batch([])
    with noise_to(Path(os.devnull)), connected(address, unauthenticated=unauthenticated) as cluster:
        nodes = cluster.watched(resources, lambda _: None)
        workers = nodes.workers(0)
        steps = FirstSteps(study, workers, every=True)

        def sampling() -> Batch:
            nonlocal batch
            middle = steps.sound or _middle(study)
            sample = Sample(middle, study.budget.epochs, study.goal, ENOUGH)
            batch = Batch([] if steps.mistakes else [sample])
            return batch

        phases = Phases(lambda: steps, sampling)
        TuneRunner(context, nodes, "check", cluster.scratch).run(phases)
    result = batch.results[0] if batch.results else None
    lost = Failed("its worker died")
    return steps, (result if isinstance(result, Sampled | Failed) else lost), workers


def _middle(study: "Study") -> "Configuration":
    """The middle of every range; of a conditional space, what it asks for at a draw."""
    from search.jobs.messages import Configuration
    from search.loading.space_check import Probe

    if callable(study.space):
        trial = Probe(seed=0)
        study.space(trial)
        return Configuration(trial.params, study.seed)
    middle = {name: parameter.at(0.5) for name, parameter in study.parameters.items()}
    return Configuration({**study.fixed, **middle}, study.seed)


def _part(told: dict[str, Any], part: str) -> str:
    from search.store.manifest import PARTS

    counts = told["rows"][part]
    by_class = told["positives"].get(part) or (counts if len(counts) > 1 else [])
    each = f" ({', '.join(f'{count:,}' for count in by_class)})" if by_class else ""
    return f"{PARTS[part]} {sum(counts):,}{each}"


def _features(told: dict[str, Any]) -> str:
    """Their names, or the shape of rows that have several axes."""
    shape = " × ".join(map(str, told["shape"]))
    if told["pictures"]:
        return f"{shape} (height × width × colours), values from 0 to 1"
    return f"{shape} values" if len(told["shape"]) > 1 else _some(told["features"])


def _some(names: list[str]) -> str:
    more = len(names) - 12
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:12])} and {more:,} more"


def _of_class(told: dict[str, Any]) -> str:
    """Which of two classes an objective is of, where it is of one."""
    one = told["objective"] in {"val_f1", "val_precision", "val_recall"}
    return f" of class {told['classes'][1]!r}" if one and told["task"] == "binary" else ""


def _short(seconds: float) -> str:
    from search.display.lines import duration

    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)
