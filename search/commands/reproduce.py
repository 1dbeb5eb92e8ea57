"""`search reproduce RUN`: the winner trained again, and whether each figure agrees."""

import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search.app.log_redirect import noise_to
from search.commands.naming import Named

if TYPE_CHECKING:
    from search.app.open_run import OpenRun
    from search.finals.reproduction import ReproducedFigure
    from search.jobs.batch import Batch
    from search.store.manifest import Manifest
    from search.store.recorder import Recorder
    from search.study.answer import Answer

AGREES, DIFFERS = 0, 1


def reproduce(
    run: Named,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Train the winner of RUN again, from the folder's own copy of its space, and compare.

    Exit code: 0 all figures agree, 1 some do not, 2 it cannot be tried.
    """
    from search.app.open_run import OpenRun
    from search.store.folder import Folder
    from search.store.recorder import Recorder
    from search.store.run import load_run
    from search.study.errors import InputError, RunError

    try:
        opened = load_run(run)
        again = OpenRun.of(opened)
        kept = opened.arrays("held_out")
        recorder = Recorder(Folder(run), goes_on=False)
    except RunError as error:  # exit code 1 would say that the figures differ
        raise InputError(str(error)) from None
    with closing(recorder):
        others = differences(recorder.manifest)
        figures = _figures(again, kept, recorder, exact=not others)
        told = facts(again, figures, others, len(recorder.manifest.looks))
    lines = [json.dumps(told)] if as_json else sentences(told)
    sys.stdout.write("\n".join(lines) + "\n")
    return AGREES if told["agrees"] else DIFFERS


def differences(manifest: "Manifest") -> list[str]:
    """Why figures need not be equal here: versions and hardware that are not those of the run."""
    from search.app.manifest_builder import cpu_name, versions

    now, cpu = versions(), cpu_name()
    changed = [
        f"{package} {then} is {now.get(package, 'not here')}"
        for package, then in manifest.versions.items()
        if now.get(package) != then
    ]
    if not cpu or manifest.machine.cpu != cpu:
        changed.append(
            f"the CPU was {manifest.machine.cpu or 'not noted'} and is {cpu or 'unknown'}"
        )
    if manifest.machine.gpus:
        changed.append("GPUs add numbers up in any order")
    return changed


def facts(
    again: "OpenRun", figures: "tuple[ReproducedFigure, ...]", others: list[str], look: int
) -> dict[str, Any]:
    """The comparison as plain values."""
    from search.finals.reproduction import TOLERANCE
    from search.report.engines import engine_of_winner

    answer, plan = again.answer, again.run.manifest.plan
    return {
        "run": str(again.run.folder.path),
        "trial": answer.winner.number,
        "seed": answer.chosen.seed,
        "rows": _rows(answer),
        "engine": engine_of_winner(plan, answer),
        "differences": others,
        "tolerance": TOLERANCE if others else 0.0,
        "figures": [
            {
                "name": figure.name,
                "run": figure.then,
                "now": figure.now,
                "tolerance": figure.tolerance,
                "agrees": figure.agrees,
                "verdict": figure.verdict,
            }
            for figure in figures
        ],
        "agrees": all(figure.agrees for figure in figures),
        "look": look,
    }


def _rows(answer: "Answer") -> str:
    """Which ones the fit that is shown was trained on."""
    if answer.last:
        return "training and validation rows together"
    split = answer.chosen.split
    return f"the training rows of fresh split {split}" if split else "the training rows"


def sentences(told: dict[str, Any]) -> list[str]:
    """The same for people."""
    width = max(len(figure["name"]) for figure in told["figures"])
    bad = sum(not figure["agrees"] for figure in told["figures"])
    count = len(told["figures"])
    rule = "the same versions and CPU: all has to be equal"
    if told["differences"]:
        rule = (
            f"not the same versions and CPU ({'; '.join(told['differences'])}): figures agree "
            f"within {told['tolerance']}, or that share of them"
        )
    return [
        f"{told['run']}: the winner, trial {told['trial']}, trained again on seed {told['seed']} "
        f"by {told['engine']}, on {told['rows']}",
        rule,
        f"  {'figure':<{width}}  {'in the run':>12}  {'now':>12}",
        *(
            f"  {f['name']:<{width}}  {_number(f['run']):>12}  {_number(f['now']):>12}  "
            f"{f['verdict']}"
            for f in told["figures"]
        ),
        f"agrees: all {count} figures" if not bad else f"differs: {bad} of {count} figures",
        f"this was look {told['look']} at the held-out rows, and is noted in the run",
    ]


def _figures(
    again: "OpenRun", kept: dict[str, Any], recorder: "Recorder", *, exact: bool
) -> "tuple[ReproducedFigure, ...]":
    from search.finals.reproduction import Winner
    from search.finals.reproduction import reproduce as made_again
    from search.tuning.runner import InProcessRunner

    winner = Winner(
        again.resolved.study,
        again.resolved.parts,
        again.resolved.dataset.task,
        again.answer,
        kept,
    )
    with noise_to(recorder.folder.log):
        runner = InProcessRunner(again.context, again.resolved.study)

        def perform(batch: "Batch") -> None:
            runner.run(batch)

        return made_again(winner, perform, recorder, exact=exact)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
