"""A run's winner trained again, and whether each figure agrees."""

from contextlib import closing
from pathlib import Path
from typing import Any

from search.app.log_redirect import noise_to
from search.app.manifest_builder import cpu_name, versions
from search.app.open_run import OpenRun
from search.finals.reproduction import TOLERANCE, ReproducedFigure, Winner
from search.finals.reproduction import reproduce as made_again
from search.jobs.batch import Batch
from search.report.engines import engine_of_winner
from search.store.folder import Folder
from search.store.manifest import Manifest
from search.store.recorder import Recorder
from search.store.run import load_run
from search.study.answer import Answer
from search.study.errors import InputError, RunError
from search.tuning.runner import InProcessRunner


def reproduce(run: Path) -> dict[str, Any]:
    """Train the winner of a run again, from the folder's own copy of its space, and compare.

    Returns:
        The comparison as plain values; "agrees" tells whether all figures do.

    Raises:
        InputError: It cannot be tried.
    """
    try:
        opened = load_run(run)
        again = OpenRun.of(opened)
        kept = opened.arrays("held_out")
        recorder = Recorder(Folder(run), goes_on=False)
    except RunError as error:  # exit code 1 would say that the figures differ
        raise InputError("", error) from None
    with closing(recorder):
        others = differences(recorder.manifest)
        figures = _figures(again, kept, recorder, exact=not others)
        return _facts(again, figures, others, len(recorder.manifest.looks))


def differences(manifest: Manifest) -> list[str]:
    """Why figures need not be equal here: versions and hardware that are not those of the run."""
    now, cpu = versions(), cpu_name()
    changed = [
        f"{package} {then} is {now.get(package, 'not here')}"
        for package, then in manifest.versions.items()
        if now.get(package) != then
    ]
    if not cpu or manifest.machine.cpu != cpu:
        changed.append(
            f"the CPU was {manifest.machine.cpu or 'not recorded'} and is {cpu or 'unknown'}"
        )
    if manifest.machine.gpus:
        changed.append("GPUs add numbers up in any order")
    return changed


def _facts(
    again: OpenRun, figures: tuple[ReproducedFigure, ...], others: list[str], look: int
) -> dict[str, Any]:
    """The comparison as plain values."""
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


def _rows(answer: Answer) -> str:
    """Which ones the fit that is shown was trained on."""
    if answer.last:
        return "training and validation rows together"
    split = answer.chosen.split
    return f"the training rows of fresh split {split}" if split else "the training rows"


def _figures(
    again: OpenRun, kept: dict[str, Any], recorder: Recorder, *, exact: bool
) -> tuple[ReproducedFigure, ...]:
    winner = Winner(
        again.resolved.study,
        again.resolved.parts,
        again.resolved.dataset.task,
        again.answer,
        kept,
    )
    with noise_to(recorder.folder.log):
        runner = InProcessRunner(again.context, again.resolved.study)

        def perform(batch: Batch) -> None:
            runner.run(batch)

        return made_again(winner, perform, recorder, exact=exact)
