"""Where a run stands, also while another process runs it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.app.paths import page_of
from search.report.failing import why_failed
from search.report.run_facts import search_facts, trial_facts, winner_facts
from search.store.run import StoredRun, load_run, shown


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
    """The run as plain values."""
    trials = run.trials()
    state, manifest, answer = run.state, run.manifest, run.judged(trials)
    page, best = page_of(run.name), run.best()
    model = run.folder.model if answer is not None and not answer.no_model else None
    if best is not None and manifest.plan.is_of_function:
        model = run.left().get(best.number)
    return {
        "name": run.name,
        "state": state,
        "reason": "" if state == "running" else why_failed(manifest, trials),
        "objective": manifest.plan.objective,
        "direction": manifest.plan.direction,
        "seconds": sum(manifest.seconds.values()),
        "winner": None if answer is None else winner_facts(manifest, answer),
        "model": None if model is None else str(model),
        "page": str(page) if page.is_file() else None,
        **search_facts(run, trials, best),
        "warnings": [
            *(found.text for found in manifest.data.warnings),
            *(answer.notes if answer else ()),
        ],
        "trials": [trial_facts(trial, state) for trial in trials],
    }
