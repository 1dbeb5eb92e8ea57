"""`search status RUN`: where a run stands, also while another process runs it."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search.commands.naming import Named

if TYPE_CHECKING:
    from search.store.run import StoredRun
    from search.study.answer import Answer
    from search.study.trial import Trial


def status(
    run: Named,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell where a run stands."""
    from search.store.run import load_run, shown

    opened = load_run(run)
    with shown(run):
        lines = [json.dumps(facts(opened))] if as_json else sentences(opened)
    sys.stdout.write("\n".join(lines) + "\n")


def facts(run: "StoredRun") -> dict[str, Any]:
    """The run as plain values; "states" add up to the number of trials."""
    from search.app.paths import page_of
    from search.report.engines import engines_of
    from search.report.failing import why_failed

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
        "winner": None if answer is None else _winner(answer, manifest.plan.objective),
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
        "warnings": list(manifest.data.warnings),
        "warm_start": None if warm_start is None else asdict(warm_start),
        "trials": [_plain(trial, state) for trial in trials],
    }


def sentences(run: "StoredRun") -> list[str]:
    """The same for people."""
    from search.display.lines import cell, duration, line_of
    from search.report.engines import engines_of, fallbacks
    from search.report.warnings_of_data import warnings_of_data
    from search.report.wording import headline, of_each_target
    from search.study.plain_text import one_line

    told = facts(run)
    best, answer = run.best(), run.answer()
    by_state = ", ".join(f"{count} {state}" for state, count in sorted(told["states"].items()))
    lines = [
        one_line(f"{run.name} · {run.manifest.title}"),
        f"{told['state']} · {told['finished']} of {told['budget']} trials finished"
        + (f" ({by_state})" if by_state else "")
        + (f" · {duration(told['seconds'])}" if told["seconds"] else ""),
    ]
    if told["reason"]:
        lines.append(f"there is no winner: {told['reason']}")
    others = fallbacks(run.manifest.plan, engines_of(run.trials()), "trials")
    if others:
        lines.append(one_line(f"engine {run.manifest.plan.engine} was planned; {others}"))
    if run.manifest.warm_start is not None:
        lines.append(one_line(str(run.manifest.warm_start)))
    lines += [one_line(warning) for warning in warnings_of_data(run.manifest)]
    if answer is not None:
        winner = answer.winner
        values = " ".join(f"{name}={cell(value)}" for name, value in winner.params.items())
        lines += [
            one_line(f"winner  trial {winner.number}  {values}"),
            f"score   on held-out rows: {headline(run.manifest, answer)}",
            *(one_line(f"target  {told}") for told in of_each_target(answer.headline)),
        ]
    elif best is not None:
        lines.append("best so far, on validation:")
        lines.append(one_line(line_of(best)))
    lines += [f"model   {told['model']}"] if told["model"] else []
    lines += [f"page    {told['page']}"] if told["page"] else []
    return lines


def _winner(answer: "Answer", objective: str) -> dict[str, Any]:
    """Which configuration won, and the objective of its model on held-out rows."""
    of = answer.headline.judged
    return {
        "number": answer.winner.number,
        "params": dict(answer.winner.params),
        "objective": objective,
        "measure": of.measure,
        "value": of.value,
        "interval": None if of.interval is None else [of.interval.low, of.interval.high],
        "targets": {
            name: {"r2": r2, "mae": mae} for name, (r2, mae) in answer.headline.of_targets.items()
        },
    }


def _state(trial: "Trial", run: str) -> str:
    """As a trial stands: without a driver nothing runs."""
    return str(trial.state) if trial.state.finished or run == "running" else "unfinished"


def _plain(trial: "Trial", run: str) -> dict[str, Any]:
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
