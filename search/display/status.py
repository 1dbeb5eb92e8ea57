"""Where a run stands, as lines."""

from collections.abc import Mapping
from typing import Any

from search.display.lines import duration, line_of, values_text
from search.report.engines import engines_of, fallbacks
from search.report.warnings_of_data import warnings_of_data
from search.report.wording import headline, of_class, of_each_target
from search.store.run import StoredRun, shown
from search.study.plain_text import one_line


def sentences(run: StoredRun, told: Mapping[str, Any]) -> list[str]:
    """Where a run stands.

    Args:
        run: Which.
        told: The same as plain values.

    Raises:
        RunError: What is in it cannot be shown.
    """
    with shown(run.folder.path):
        found = [(name, told[name]) for name in ("model", "page") if told[name]]
        files = [f"{name:<7} {path}" for name, path in found]
        return [*_progress(run, told), *_winner(run), *files]


def _progress(run: StoredRun, told: Mapping[str, Any]) -> list[str]:
    by_state = ", ".join(f"{count} {state}" for state, count in sorted(told["states"].items()))
    lines = [
        f"{run.name} · {run.manifest.title}",
        f"{told['state']} · {told['finished']} of {told['budget']} trials finished"
        + (f" ({by_state})" if by_state else "")
        + (f" · {duration(told['seconds'])}" if told["seconds"] else ""),
    ]
    if told["reason"]:
        lines.append(f"there is no winner: {told['reason']}")
    others = fallbacks(run.manifest.plan, engines_of(run.trials()), "trials")
    if others:
        lines.append(f"engine {run.manifest.plan.engine} was planned; {others}")
    if run.manifest.warm_start is not None:
        lines.append(str(run.manifest.warm_start))
    return [one_line(line) for line in (*lines, *warnings_of_data(run.manifest))]


def _winner(run: StoredRun) -> list[str]:
    best, answer = run.best(), run.answer()
    if answer is None:
        unit = " on standardised targets" if run.manifest.data.standardised else ""
        value = f"{of_class(run.manifest.plan.objective, run.manifest)}{unit}"
        is_over = run.manifest.plan.is_of_function and run.state == "finished"
        what = "best trial" if is_over else "best so far"
        return [] if best is None else [f"{what}, {value}:", one_line(line_of(best))]
    winner = answer.winner
    return [
        one_line(f"winner  trial {winner.number}  {values_text(winner.params)}"),
        f"score   on held-out rows: {headline(run.manifest, answer)}",
        *(one_line(f"target  {told}") for told in of_each_target(answer.headline)),
        *map(one_line, answer.notes),
    ]
