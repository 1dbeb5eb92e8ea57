"""How does the winner do on the held-out rows? By its task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.data.dataset import Array
from search.report.digits import share
from search.report.figures.calibration import reliability
from search.report.figures.numbers import against_truth, residuals
from search.report.figures.ranking import MOST_CURVES, ranking_curves
from search.report.figures.svg import Figure, Words, short
from search.report.tables import HtmlTable, Matrix
from search.report.winner.calibration import BINS, calibrated
from search.report.winner.classes import classification, confusion
from search.report.winner.labels import all_labels_table, label_matrices, label_table
from search.report.winner.numbers import numbers_table
from search.report.winner.one_vs_rest import Questions
from search.report.winner.ranking import Ranking, macro_average, ranking_table, rankings
from search.report.winner.thresholds import threshold_table
from search.store.manifest import DataSummary
from search.study.answer import Score
from search.study.outputs import OF_LOSS, PROBABILITIES, SCORES
from search.study.task import TASKS, Task


@dataclass(frozen=True)
class HeldOutEvaluation:
    """What is said and shown of a model's held-out predictions; see `Section`."""

    text: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    matrices: Sequence[Matrix] = ()
    tables: Sequence[HtmlTable] = ()


def judged_by_task(
    data: DataSummary, headline: Score, held_out: Mapping[str, Array], whose: str = "winner"
) -> HeldOutEvaluation:
    """All that there is.

    Args:
        data: Names of classes, labels or targets.
        headline: Of the model.
        held_out: `y` with `probabilities` or `predictions`; empty where the run has none.
        whose: Whose they are.
    """
    if not held_out or headline.kind == OF_LOSS:
        return HeldOutEvaluation()
    task = TASKS[data.task]
    if task.has_numbers:
        return HeldOutEvaluation(
            figures=[against_truth(held_out, data.targets), *residuals(held_out, data.targets)],
            tables=[numbers_table(held_out, data.targets, headline)],
        )
    shares = _shares(held_out, data, headline.kind, whose)
    if task.classifies:
        matrices = [confusion(headline, data.classes)]
        tables = [classification(held_out, data.classes)]
    else:
        matrices = label_matrices(held_out, data.classes)
        tables = [all_labels_table(held_out, headline), label_table(held_out, data.classes)]
    return replace(shares, matrices=matrices, tables=[*tables, *shares.tables])


def _shares(
    held_out: Mapping[str, Array], data: DataSummary, kind: str, whose: str
) -> HeldOutEvaluation:
    """What the probabilities of classes or labels are worth, beside which one is largest."""
    lost = int((~np.isfinite(held_out["probabilities"])).any(axis=1).sum())
    if lost:
        why = f"For {lost:,} held-out rows the {whose} gives no finite probability"
        return HeldOutEvaluation([f"{why}, so its curves are not drawn."])
    questions, task = Questions.of(held_out, data.classes, data.task), TASKS[data.task]
    found = rankings(questions)
    judged = HeldOutEvaluation(
        figures=_ranking(found, task.noun), tables=[ranking_table(found, task.noun)]
    )
    if kind != PROBABILITIES:
        given = "scores and no probabilities" if kind == SCORES else "no probabilities"
        text = (
            f"The outputs of the {whose} are {given}, so there is no calibration and no table of "
            "thresholds; curves and areas show how the outputs rank the rows."
        )
        return replace(judged, text=[text])
    figure, sentence = _calibration(held_out, questions, task)
    judged = replace(judged, text=[sentence], figures=[*judged.figures, figure])
    if task.classifies and len(questions.names) == 1:
        warning = (
            "Do not choose a threshold by the table below, because it uses the held-out rows: "
            "choose it on validation rows, and read its effect here."
        )
        tables = [*judged.tables, threshold_table(questions)]
        judged = replace(judged, text=[*judged.text, warning], tables=tables)
    return judged


def _ranking(found: Sequence[Ranking], kind: str) -> list[Figure]:
    known = sum(ranking.area is not None for ranking in found)
    if not known:
        return []
    area, precision = macro_average(found)
    of = f", mean of {known}" if known > 1 else ""
    more = f" Drawn are the {MOST_CURVES} with the lowest AUC." if known > MOST_CURVES else ""
    words = Words(
        "ranking",
        f"ROC and precision–recall on held-out data: AUC {share(area)}, average precision "
        f"{share(precision)}{of}",
        f"How well the probability of a {kind} separates its rows from all others. ROC: closer to "
        "the upper left corner is better. Precision–recall: closer to the upper right is better. "
        f"The dotted line is chance.{more}",
    )
    return [ranking_curves(found, words)]


def _calibration(
    held_out: Mapping[str, Array], questions: Questions, task: Task
) -> tuple[Figure, str]:
    if task.classifies and len(questions.names) > 1:
        predicted = held_out["probabilities"].max(axis=1)
        so = held_out["probabilities"].argmax(axis=1) == held_out["y"]
        what = "probability of the predicted class"
    else:
        predicted, so = questions.shares.ravel(), questions.truth.ravel()
        one = f"“{short(questions.names[0])}”"
        what = f"probability of {one if task.classifies else 'each label'}"
    groups = questions.groups
    if groups is not None:
        groups = np.repeat(groups, len(so) // len(groups))  # labels of a row are of its group
    found = calibrated(predicted, so, groups)
    words = Words(
        "calibration",
        f"Calibration on held-out data: {what}",
        "Each dot is a bin with its 95 % interval. On the line, a predicted probability of 0.8 is "
        "right in 80 of 100 cases; below the line, in fewer. Second: the number of cases in each "
        "bin.",
    )
    sentence = (
        f"Expected calibration error {share(found.error)} ({found.count:,} "
        f"{'rows' if task.classifies else 'labels'}, {BINS} bins): the average gap between "
        "predicted probability and observed frequency."
    )
    return reliability(found, words), sentence
