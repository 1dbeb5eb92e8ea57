"""An output with one class, labels or a few numbers a row: as a task of that kind is shown."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from search.data.dataset import Array
from search.metrics.base import PairedScores
from search.metrics.intervals import Draws
from search.metrics.measures import plain_measure
from search.metrics.scores import score
from search.report.material import Material
from search.report.section import Section
from search.report.tables import HtmlTable, lead_text, loss_name
from search.report.winner.evaluation import judged_by_task
from search.report.winner.worst_rows import Worst
from search.report.wording import loss_text, scored, share, span
from search.study.answer import Score
from search.study.output_forms import OutputForm
from search.study.task import TASKS

CONSTANTS = {
    "class": "the frequencies of the training rows' classes, for each row",
    "label": "the frequencies of the training rows' labels, for each row",
    "target": "the training rows' mean, for each row",
}


def of_rows(
    made: Material, form: OutputForm, own: Mapping[str, Array], worst: Mapping[str, Array]
) -> Section:
    """Figures and tables by the output's own task, beside a constant.

    Args:
        made: Of the run.
        form: Of the output.
        own: What is kept of it.
        worst: Its hardest rows; empty for none.
    """
    task = TASKS[form.task]
    truth, said = own["truth"], own["said"].astype(float)
    constant = np.tile(own["constant"], (len(truth), 1))
    winner = score(said, truth, form.task, form.names)
    other = score(constant, truth, form.task, form.names)
    held_out = {"y": truth, task.kept: said}
    classes, targets = ((), form.names) if task.has_numbers else (form.names, ())
    data = replace(made.manifest.data, task=form.task, classes=classes, targets=targets)
    judged = judged_by_task(data, winner, held_out)
    hardest = Worst.of(data, worst, held_out)
    return Section(
        "",
        f"Held-out {task.nouns}",
        _first(winner, other, task.noun),
        judged.text,
        [_compared(form, truth, (said, winner), (constant, other))],
        judged.figures,
        [*judged.tables, *([hardest.table(len(truth))] if hardest else [])],
        judged.matrices,
    )


def _first(winner: Score, constant: Score, noun: str) -> str:
    return (
        f"Held-out {winner.measure} {scored(winner)}; a constant ({CONSTANTS[noun]}) gets "
        f"{share(constant.value)}."
    )


def _compared(
    form: OutputForm, truth: Array, winner: tuple[Array, Score], constant: tuple[Array, Score]
) -> HtmlTable:
    """The winner's measures and the constant's, and how far they lie apart."""
    measure, draws = plain_measure(form.task), Draws.of(len(truth))
    first, second = (
        PairedScores(said, measure.estimate(said, truth, draws)) for said, _ in (winner, constant)
    )
    lead = measure.paired(truth, first, second)
    rows = [
        (name, share(of.value), span(of.interval), "–" if of.loss is None else loss_text(of.loss),
         apart)
        for name, (_, of), apart in (
            ("winner", winner, ""), ("constant", constant, lead_text(lead)),
        )
    ]  # fmt: skip
    header = ("model", measure.title, "95 %", loss_name(winner[1]), "worse than the winner by")
    caption = f"Winner and constant on held-out data ({len(truth):,} rows)"
    return HtmlTable(caption, header, rows, frozenset({1, 3}))
