"""Where a run stands as plain values, for `search status --json` and `report.json` alike."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from search.report.engines import engines_of
from search.report.wording import positive_class
from search.store.manifest import Manifest
from search.store.run import StoredRun
from search.study.answer import Answer, Interval
from search.study.trial import Trial, stands


def winner_facts(manifest: Manifest, answer: Answer) -> dict[str, Any]:
    """Which configuration won, and the objective of its model on held-out rows."""
    of = answer.headline.judged
    return {
        "number": answer.winner.number,
        "params": dict(answer.winner.params),
        "objective": manifest.plan.objective,
        "measure": of.measure,
        "positive_class": positive_class(of.measure, manifest),
        "value": of.value,
        "interval": interval_facts(of.interval),
        "targets": {
            name: {"r2": r2, "mae": mae} for name, (r2, mae) in answer.headline.of_targets.items()
        },
    }


def trial_facts(trial: Trial, run: str) -> dict[str, Any]:
    """A trial of a run in this state."""
    return {
        "number": trial.number,
        "state": stands(trial, run),
        "value": trial.value,
        "params": dict(trial.params),
        "reason": trial.reason,
        "engine": trial.engine.name,
        "attempts": trial.attempts,
        "taken": trial.taken,
    }


def search_facts(run: StoredRun, trials: Sequence[Trial], best: Trial | None) -> dict[str, Any]:
    """How far a search is; "states" add up to the number of trials."""
    state, plan = run.state, run.manifest.plan
    warm_start = run.manifest.warm_start
    return {
        "states": dict(Counter(stands(trial, state) for trial in trials)),
        "budget": plan.trials,
        "finished": sum(trial.state.finished for trial in trials),
        "best": None if best is None else trial_facts(best, state),
        "engine": {
            "planned": plan.engine,
            "why": plan.why_engine,
            "trained": [
                {"name": engine.name, "trials": count, "why": engine.why}
                for engine, count in engines_of(trials).most_common()
            ],
        },
        "warm_start": None if warm_start is None else asdict(warm_start),
    }


def interval_facts(interval: Interval | None) -> list[float] | None:
    """Its ends."""
    return None if interval is None else [interval.low, interval.high]
