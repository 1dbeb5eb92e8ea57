"""A study as it is understood, what a search of it would cost, and every mistake in it."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search.app.log_redirect import noise_to
from search.app.options import Options
from search.app.resolved import ResolvedStudy
from search.cluster.connection import connected
from search.display.checked import sentences
from search.display.lines import values_text
from search.finals.retraining import cost_of_finals, cost_of_rates
from search.jobs.batch import Batch
from search.jobs.context import WorkerContext
from search.jobs.messages import Configuration, Failed, Sample, Sampled
from search.jobs.phases import Phases
from search.loading.diagnostics import Found, read_on
from search.loading.space_check import Probe
from search.loading.space_file import SpaceSource, read
from search.loading.warnings import cautions
from search.study.brings_space import BringsSpace
from search.study.errors import InputError
from search.study.parameters import Value
from search.study.study import Study
from search.study.trial import EngineChoice
from search.tuning.first_steps import FirstSteps
from search.tuning.runner import TuneRunner

ENOUGH = 20.0
"""Seconds of training that are enough to reckon a longer trial from."""


@dataclass(frozen=True, repr=False)
class Check:
    """What a check of a study found; printed, it is what `search check` prints.

    Attributes:
        facts: As `search check --json` has them: where nothing is wrong, the study as it is
            understood, and one trial of it; else "mistakes", a sentence each, and the same as
            "errors" in three parts: where, problem, fix.
    """

    facts: Mapping[str, Any]

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each mistake; empty where the study can be searched."""
        return tuple(self.facts["mistakes"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each thing that is allowed and may not be meant."""
        return tuple(self.facts.get("warnings", ()))

    @property
    def seconds(self) -> float | None:
        """That search and finals would take, about; None where there are problems."""
        if self.problems:
            return None
        return float(self.facts["search_seconds"] + self.facts["finals_seconds"])

    def __str__(self) -> str:
        return "\n".join(sentences(self.facts))

    __repr__ = __str__


MIDDLE = "at the middle of the space"


def check(file: Path | SpaceSource, options: Options) -> Check:
    """Train one configuration, at the middle of the space, in a worker; nothing is kept.

    Args:
        file: A space file, or its text.
        options: What is said of the machines.

    Raises:
        InputError: There is no such file, or an option is wrong.
    """
    resources = options.resources
    source = read(file) if isinstance(file, Path) else file
    found = read_on(source)
    resolved = _sound(found)
    if resolved is None:
        return Check(_wrong(found.mistakes))
    study, engine = resolved.study, resolved.engine(resources.gpus)
    context = resolved.context(engine.name, resources)
    steps, sampled, workers = _sampled(study, context, options)
    if steps.mistakes:
        return Check(_wrong([InputError(one.where, one.reason) for one in steps.mistakes]))
    if isinstance(sampled, Failed):
        why = f"the model at the middle of the space fails ({sampled.reason})"
        return Check(_wrong([InputError(source.place, why, "fix that")]))
    told = _facts(resolved, sampled)
    sound = steps.sound
    if sound is not None and sound is not steps.models[0].jobs[0].configuration:
        told["model"]["of"] = f"of {values_text(sound.params, ', ')}, since the middle fails"
    told["warnings"] += [_of_part(values, why) for values, why in steps.parts]
    told |= {
        "engine": _of_engines(engine, sampled.engine, steps),
        "workers": workers,
        **_costs(study, sampled, workers, len(resolved.parts.train)),
    }
    return Check(told)


def _wrong(errors: Sequence[InputError]) -> dict[str, Any]:
    return {"mistakes": [str(error) for error in errors], "errors": [e.facts for e in errors]}


def _of_engines(planned: EngineChoice, middle: EngineChoice, steps: FirstSteps) -> dict[str, Any]:
    """Which engine trains the space's models, and why: as tried where it was, else as planned.

    Where another than the planned one trained all that were tried, it is the engine.
    """
    tried = steps.engines or {middle}
    main = middle if tried == {middle} and middle.why else planned
    others = [_of_other(*one) for one in steps.fallbacks if one[0] or one[2] != main]
    return {**asdict(main), "planned": planned.name, "middle": middle.name, "others": others}


def _of_other(model: str, values: Mapping[str, Value], engine: EngineChoice) -> str:
    """That some configurations are trained by another engine than the planned one."""
    which = model.removesuffix(": ") or f"trials such as {values_text(values, ', ')}"
    return f"{which}: {engine.name}, since {engine.why}"


def _sound(found: Found) -> ResolvedStudy | None:
    """The study with its rows; None where there are mistakes, all noted."""
    space = found.space
    if space is None or found.stands_in:
        return None
    try:
        resolved = ResolvedStudy.of(space)
    except InputError as error:
        found.note(error)
        return None
    return None if found.mistakes else resolved


def _facts(resolved: ResolvedStudy, sampled: Sampled) -> dict[str, Any]:
    """The study as plain values."""
    space, study, data = resolved.space, resolved.study, resolved.summary()
    warnings = [*data.notes, *cautions(study, resolved.dataset, resolved.parts)]
    top, seeds = study.finals.room(study.budget.trials)
    if space.touched and not space.source.is_pickled:
        warnings.append("Keras is used while the file is read; move that into build")
    if not math.isfinite(sampled.curve.get("loss", (0.0,))[-1]):
        warnings.append(
            "the loss at the middle of the space is not finite; lower its learning rate"
        )
    return {
        "title": space.title,
        "notes": list(space.source.notes),
        "task": data.task,
        "data": data.description,
        "classes": list(data.classes),
        "targets": list(data.targets),
        "features": list(data.features),
        "shape": list(resolved.dataset.x.shape[1:]),
        "inputs": list(data.inputs),
        "pictures": resolved.dataset.pictures,
        "columns": dict(data.columns),
        "rows": {part: list(counts) for part, counts in data.rows.items()},
        "positives": {part: list(counts) for part, counts in data.positives.items()},
        "parameters": {name: str(parameter) for name, parameter in study.parameters.items()},
        "asked": dict(study.model.found) if isinstance(study.model, BringsSpace) else {},
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
        "of_one_class": not data.one_hot or study.model is None,
        "direction": study.direction,
        "model": {"summary": sampled.summary, "weights": sampled.weights, "of": MIDDLE},
        "trial_seconds": sampled.seconds,
        "trained_epochs": sampled.epochs,
        "warnings": warnings,
        **_wrong([]),
    }


def _costs(study: Study, sampled: Sampled, workers: int, rows: int) -> dict[str, float]:
    finals = cost_of_finals(study) + cost_of_rates(study, rows)
    return {
        "search_seconds": sampled.seconds * math.ceil(study.budget.trials / workers),
        "finals_seconds": sampled.seconds * finals / workers,
    }


def _of_part(values: dict[str, Any], why: str) -> str:
    return f"trials such as {values_text(values, ', ')} fail, or learn nothing: {why}"


def _sampled(
    study: Study, context: WorkerContext, options: Options
) -> tuple[FirstSteps, Sampled | Failed, int]:
    """What can be trained at all, one real training in a worker, and how many workers there are."""
    batch = Batch([])
    joining = connected(options.address, unauthenticated=options.unauthenticated)
    with noise_to(Path(os.devnull)), joining as cluster:
        nodes = cluster.watched(options.resources, lambda _: None)
        workers = nodes.workers(0)
        steps = FirstSteps(study, workers, every=True)

        def sampling() -> Batch:
            nonlocal batch
            middle = steps.sound or _middle(study)
            sample = Sample(middle, study.epochs_of(middle.params), study.goal, ENOUGH)
            batch = Batch([] if steps.mistakes else [sample])
            return batch

        phases = Phases(lambda: steps, sampling)
        TuneRunner(context, nodes, "check", cluster.scratch).run(phases)
    result = batch.results[0] if batch.results else None
    lost = Failed("its worker died")
    return steps, (result if isinstance(result, Sampled | Failed) else lost), workers


def _middle(study: Study) -> Configuration:
    """The middle of every range; of a conditional space, what it asks for at a draw."""
    if callable(study.space):
        trial = Probe(seed=0)
        study.space(trial)
        return Configuration(trial.params, study.seed)
    middle = {name: parameter.at(0.5) for name, parameter in study.parameters.items()}
    return Configuration({**study.fixed, **middle}, study.seed)
