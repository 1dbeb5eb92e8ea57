"""An output with one class, labels or a few numbers a row: as a task of that kind is shown."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks, kept_of
from search.metrics.base import PairedScores
from search.metrics.intervals import Draws
from search.metrics.measures import plain_measure
from search.metrics.scores import in_blocks, score
from search.report.digits import decimal, number, span
from search.report.material import Material
from search.report.section import Section
from search.report.tables import HtmlTable, lead_text, loss_name
from search.report.winner.evaluation import judged_by_task
from search.report.winner.worst_rows import Worst
from search.report.wording import BEHIND, LEVEL, scored
from search.study.answer import Interval, Paired, Score
from search.study.output_forms import OutputForm
from search.study.task import TASKS

CONSTANTS = {
    "class": "the frequencies of the training rows' classes, for each row",
    "label": "the frequencies of the training rows' labels, for each row",
    "target": "the training rows' mean, for each row",
}
MEDIAN = "the training rows' median, for each row"
"""The constant that is best by the mean absolute error."""


def of_rows(
    made: Material,
    form: OutputForm,
    own: Mapping[str, Array],
    worst: Mapping[str, Array],
    blocks: Blocks | None = None,
) -> Section:
    """Figures and tables by the output's own task, beside a constant.

    Args:
        made: Of the run.
        form: Of the output.
        own: What is kept of it.
        worst: Its hardest rows; empty for none.
        blocks: Which held-out rows depend on each other; None where none do.
    """
    task = TASKS[form.task]
    truth, said = own["truth"], own["said"].astype(float)
    constant = np.tile(own["constant"], (len(truth), 1))
    winner, other = (_score(form, of, truth, blocks) for of in (said, constant))
    lead = _lead(form, truth, (said, constant), blocks)
    held_out = {"y": truth, task.kept: said, **kept_of(blocks)}
    classes, targets = ((), form.names) if task.has_numbers else (form.names, ())
    data = replace(made.manifest.data, task=form.task, classes=classes, targets=targets)
    judged = judged_by_task(data, winner, held_out)
    hardest = Worst.of(data, worst, held_out)
    return Section(
        "",
        f"Held-out {task.nouns}",
        _first(winner, other, MEDIAN if form.measure else CONSTANTS[task.noun], lead),
        judged.text,
        [_compared(len(truth), winner.measure, winner, other, lead)],
        judged.figures,
        [*judged.tables, *([hardest.table(len(truth))] if hardest else [])],
        judged.matrices,
    )


def _score(form: OutputForm, said: Array, truth: Array, blocks: Blocks | None) -> Score:
    """By its task's measure, or by its own; rows that depend on each other widen the interval."""
    found = score(said, truth, form.task, form.names)
    found = in_blocks(found, said, truth, form.task, blocks)
    if not form.measure:
        return found
    measure = plain_measure(form.task, form.measure)
    estimate = measure.estimate(said, truth, Draws.of(len(truth), blocks))
    within = measure.interval(said, truth, estimate) or Interval(0.0, math.inf)
    return replace(found, value=estimate.value, interval=within, measure=measure.title)


def _first(winner: Score, constant: Score, what: str, lead: Paired | None) -> str:
    told = {LEVEL: ", a tie", BEHIND: ", which is better"}.get(lead.told, "") if lead else ""
    reached = number(constant.value, winner.interval, of_share=True)
    return f"Held-out {winner.measure} {scored(winner)}; a constant ({what}) gets {reached}{told}."


def _lead(
    form: OutputForm, truth: Array, both: tuple[Array, Array], blocks: Blocks | None
) -> Paired | None:
    """How far the winner lies ahead of the constant."""
    measure, draws = plain_measure(form.task, form.measure), Draws.of(len(truth), blocks)
    pair = (PairedScores(of, measure.estimate(of, truth, draws)) for of in both)
    return measure.paired(truth, *pair)


def _compared(
    count: int, measure: str, winner: Score, constant: Score, lead: Paired | None
) -> HtmlTable:
    """The winner's measures and the constant's, and how far they lie apart."""
    rows = [
        (name, number(of.value, of.interval, of_share=True), span(of.interval),
         "–" if of.loss is None else decimal(of.loss), apart)
        for name, of, apart in (("winner", winner, "–"), ("constant", constant, lead_text(lead)))
    ]  # fmt: skip
    header = ("model", measure, "95 %", loss_name(winner), "worse than the winner by")
    caption = f"Winner and constant on held-out data ({count:,} rows)"
    return HtmlTable(caption, header, rows, frozenset({1, 3}))
