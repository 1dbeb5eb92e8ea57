"""Where a run stands, also while another process runs it."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from search.app.paths import page_of
from search.report.engines import engines_of
from search.report.failing import why_failed
from search.report.wording import positive_class
from search.store.manifest import Manifest
from search.store.run import StoredRun, load_run, shown
from search.study.answer import Answer
from search.study.trial import Trial


@dataclass(frozen=True)
class Status:
    """Where a run stands.

    Attributes:
        run: Which.
        facts: As plain values.
    """

    run: StoredRun
    facts: dict[str, Any]


def status(path: Path) -> Status:
    """Where a run stands.

    Raises:
        InputError: There is no run.
        RunError: It cannot be read.
    """
    opened = load_run(path)
    with shown(path):
        return Status(opened, facts(opened))


def facts(run: StoredRun) -> dict[str, Any]:
    """The run as plain values; "states" add up to the number of trials."""
    best = run.best()
    trials = run.trials()
    state, manifest, answer = run.state, run.manifest, run.judged(trials)
    warm_start = manifest.warm_start
    page = page_of(run.name)
    return {
        "name": run.name,
        "state": state,
        "reason": "" if state == "running" else why_failed(manifest, trials),
        "objective": manifest.plan.objective,
        "direction": manifest.plan.direction,
        "seconds": sum(manifest.seconds.values()),
        "states": dict(Counter(_state(trial, state) for trial in trials)),
        "winner": None if answer is None else _winner(manifest, answer),
        "model": str(run.folder.model) if answer is not None and not answer.no_model else None,
        "page": str(page) if page.is_file() else None,
        "budget": run.manifest.plan.trials,
        "finished": sum(trial.state.finished for trial in trials),
        "best": None if best is None else _plain(best, state),
        "engine": {
            "planned": manifest.plan.engine,
            "why": manifest.plan.why_engine,
            "trained": [
                {"name": engine.name, "trials": count, "why": engine.why}
                for engine, count in engines_of(trials).most_common()
            ],
        },
        "warnings": [
            *(found.text for found in manifest.data.warnings),
            *(answer.notes if answer else ()),
        ],
        "warm_start": None if warm_start is None else asdict(warm_start),
        "trials": [_plain(trial, state) for trial in trials],
    }


def _winner(manifest: Manifest, answer: Answer) -> dict[str, Any]:
    """Which configuration won, and the objective of its model on held-out rows."""
    of = answer.headline.judged
    return {
        "number": answer.winner.number,
        "params": dict(answer.winner.params),
        "objective": manifest.plan.objective,
        "measure": of.measure,
        "positive_class": positive_class(of.measure, manifest),
        "value": of.value,
        "interval": None if of.interval is None else [of.interval.low, of.interval.high],
        "targets": {
            name: {"r2": r2, "mae": mae} for name, (r2, mae) in answer.headline.of_targets.items()
        },
    }


def _state(trial: Trial, run: str) -> str:
    """As a trial stands: without a driver nothing runs."""
    return str(trial.state) if trial.state.finished or run == "running" else "unfinished"


def _plain(trial: Trial, run: str) -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": _state(trial, run),
        "value": trial.value,
        "params": dict(trial.params),
        "reason": trial.reason,
        "engine": trial.engine.name,
        "attempts": trial.attempts,
        "taken": trial.taken,
    }
