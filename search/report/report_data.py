"""The page as data: what `report.json` and `search report --json` say."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from search.report.content import facts_line, found_in, reproduce_command, verdict_of
from search.report.curve_forecasts import Forecasts
from search.report.failing import why_failed
from search.report.material import Material
from search.report.run_facts import interval_facts, search_facts, winner_facts
from search.report.tables import loss_name
from search.store.manifest import DataSummary
from search.study.answer import (
    Answer,
    BaselineResult,
    Finalist,
    Fit,
    Paired,
    Score,
    Yardstick,
)
from search.study.outputs import PROBABILITIES
from search.study.trial import epochs_in

SCHEMA = 1
"""Of `report.json`: greater where a field means something else, or is gone; not for a new one."""


def report_data(made: Material) -> dict[str, Any]:
    """All that a run's page says in figures and sentences, as JSON has it.

    See docs/reference/report-json.md. Numbers are not rounded; one that is not finite is None.
    """
    manifest, answer, state = made.manifest, made.answer, made.run.state
    told = {
        "schema": SCHEMA,
        "name": made.run.name,
        "title": manifest.title,
        "state": state,
        "reason": "" if state == "running" else why_failed(manifest, made.trials),
        "summary": facts_line(made),
        "verdict": verdict_of(made),
        "notes": answer.notes if answer else (),
        "objective": manifest.plan.objective,
        "direction": manifest.plan.direction,
        "winner": _winner(made, answer) if answer else None,
        "left_by_trials": {
            number: path.relative_to(made.run.folder.path).as_posix()
            for number, path in sorted(made.run.left().items())
        },
        "finalists": [_finalist(one) for one in answer.finalists] if answer else [],
        "reference_models": [_yardstick(one) for one in answer.yardsticks] if answer else [],
        "baselines": [_baseline(one) for one in answer.baselines] if answer else [],
        "checks": _checks(made),
        "muted": manifest.plan.mute,
        "data": None if manifest.plan.is_of_function else _data(manifest.data),
        "search": _search(made),
        "seconds": dict(manifest.seconds),
        "held_out_evaluations": [
            {"when": look.when, "trials": look.trials, "by": look.by} for look in manifest.looks
        ],
        "created": manifest.created,
        "command": manifest.command,
        "reproduce": reproduce_command(made),
        "seed": manifest.seed,
        "space_file": manifest.space_file,
        "machine": asdict(manifest.machine),
        "versions": dict(manifest.versions),
    }
    return {key: plain(value) for key, value in told.items()}


def as_json(data: Mapping[str, Any]) -> str:
    """As the text of a file."""
    return json.dumps(data, indent=1, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON has it: what is no finite number is None, half a surrogate is escaped."""
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _search(made: Material) -> dict[str, Any]:
    plan = made.manifest.plan
    return {
        **search_facts(made.run, made.trials, made.best),
        "cut_short": made.manifest.cut_short,
        "epochs": plan.epochs,
        "sampler": plan.sampler,
        "pruner": plan.pruner,
        "forecasts": _forecasts(made),
        "space": {name: asdict(searched) for name, searched in made.explored.space.items()},
        "fixed": dict(plan.fixed),
    }


def _forecasts(made: Material) -> dict[str, Any] | None:
    found = Forecasts.of(made.trials, made.manifest.plan)
    if found is None:
        return None
    return {
        "stopped": found.stopped,
        "epochs": found.epochs,
        "epochs_spared": found.spared,
        "seconds_spared": found.seconds,
        "audited": len(found.audits),
        "audited_wrong": found.wrong,
        "audited_held": found.held,
        "paused": None if found.pauses is None else asdict(found.pauses),
    }


def _winner(made: Material, answer: Answer) -> dict[str, Any]:
    winner, shown = answer.winner, answer.last or answer.chosen
    folder = made.run.folder
    return {
        **winner_facts(made.manifest, answer),
        **_scored(answer.headline),
        "n_parameters": winner.weights,
        "search_value": winner.search_value,
        "mean": winner.mean,
        "shown_fit": {
            "seed": shown.seed,
            "split": shown.split,
            "epochs": epochs_in(shown.curve),
            "refit": answer.last is not None,
        },
        "confusion_matrix": answer.headline.matrix or None,
        "model": None if answer.no_model else folder.model.relative_to(folder.path).as_posix(),
        "no_model": answer.no_model,
    }


def _finalist(finalist: Finalist) -> dict[str, Any]:
    return {
        "number": finalist.number,
        "params": dict(finalist.params),
        "n_parameters": finalist.weights,
        "search_value": finalist.search_value,
        "mean": finalist.mean,
        "tied": finalist.tied,
        "fits": [_fit(fit) for fit in finalist.fits],
    }


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "seed": fit.seed,
        "split": fit.split,
        "value": fit.value,
        "loss": fit.loss,
        "reason": fit.reason,
    }


def _yardstick(yardstick: Yardstick) -> dict[str, Any]:
    return {
        "name": yardstick.name,
        **_scored(yardstick.score),
        "winner_leads_by": _paired(yardstick.against),
    }


def _baseline(baseline: BaselineResult) -> dict[str, Any]:
    """By its fit of the median held-out score, as beside the winner."""
    typical = None if baseline.typical is None else baseline.scores[baseline.typical]
    return {
        "name": baseline.name,
        "note": baseline.note,
        "params": dict(baseline.params),
        "epochs": baseline.epochs,
        "n_parameters": baseline.weights,
        "held_out": None if typical is None else _scored(typical),
        "values": [score.judged.value for score in baseline.scores],
        "fits": [_fit(fit) for fit in baseline.fits],
        "winner_leads_by": _paired(baseline.against),
    }


def _scored(score: Score) -> dict[str, Any]:
    """A model on held-out rows in the objective, and what else is measured of it."""
    of = score.judged
    others = {score.measure: score.value} if score.has_plain else {}
    if score.kind == PROBABILITIES and score.loss is not None:
        others[loss_name(score)] = score.loss
    return {
        "measure": of.measure,
        "value": of.value,
        "interval": interval_facts(of.interval),
        "no_interval": of.no_interval,
        "maximize": of.maximize,
        "unit": of.unit,
        "rows": score.rows,
        "groups": score.groups,
        "others": {**others, **score.others},
    }


def _paired(paired: Paired | None) -> dict[str, Any] | None:
    if paired is None:
        return None
    return {
        "value": paired.lead,
        "interval": interval_facts(paired.interval),
        "winner_is": paired.told,
        "how": paired.how,
    }


def _checks(made: Material) -> list[dict[str, Any]]:
    return [
        {
            "code": found.code,
            "severity": found.check.severity,
            "title": found.check.title,
            "text": found.sentence,
            "muted": found.code in made.manifest.plan.mute,
        }
        for found in found_in(made)
    ]


def _data(data: DataSummary) -> dict[str, Any]:
    return {
        "description": data.description,
        "task": data.task,
        "takes": data.takes,
        "classes": data.classes,
        "targets": data.targets,
        "rows": {part: sum(counts) for part, counts in data.rows.items()},
        "rows_by_class": dict(data.positives or data.rows) if data.classes else {},
        "sampled": data.sampled,
        "split": data.split,
        "sha256": data.hash,
    }
