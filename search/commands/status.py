"""`search status RUN`: where a run stands, also while another process runs it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from search.store.run import Run
    from search.study.trial import Trial


def status(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell where a run stands."""
    from search.store.run import load_run

    opened = load_run(run)
    lines = [json.dumps(facts(opened))] if as_json else sentences(opened)
    sys.stdout.write("\n".join(lines) + "\n")


def facts(run: "Run") -> dict[str, Any]:
    """The run as plain values: state, budget, finished, best, warm start, trials."""
    best = run.best()
    trials = run.trials()
    warm_start = run.manifest.warm_start
    return {
        "state": run.state,
        "budget": run.manifest.plan.trials,
        "finished": sum(trial.state.finished for trial in trials),
        "best": None if best is None else _plain(best),
        "warm_start": None if warm_start is None else asdict(warm_start),
        "trials": [_plain(trial) for trial in trials],
    }


def sentences(run: "Run") -> list[str]:
    """The same for people."""
    from search.commands.lines import line_of
    from search.study.plain_text import one_line

    told = facts(run)
    trials = run.trials()
    best = run.best()
    counts = {str(t.state): sum(o.state is t.state for o in trials) for t in trials}
    by_state = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    lines = [
        one_line(f"{run.name} · {run.manifest.title}"),
        f"{told['state']} · {told['finished']} of {told['budget']} trials finished"
        + (f" ({by_state})" if by_state else ""),
    ]
    if run.manifest.warm_start is not None:
        lines.append(one_line(str(run.manifest.warm_start)))
    if best is not None:
        lines.append("best so far, on validation:")
        lines.append(one_line(line_of(best)))
    return lines


def _plain(trial: "Trial") -> dict[str, Any]:
    return {
        "number": trial.number,
        "state": str(trial.state),
        "value": trial.value,
        "params": dict(trial.params),
        "reason": trial.reason,
        "attempts": trial.attempts,
        "taken": trial.taken,
    }
