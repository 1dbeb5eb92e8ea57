"""What became of the rows of each class?"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import blocks_of, groups_of
from search.metrics.class_means import MEASURES, ClassMeans
from search.metrics.classification import says_one
from search.metrics.intervals import Draws
from search.report.digits import within_ends
from search.report.tables import HtmlTable, Matrix, matrix_of
from search.report.winner.thresholds import f1_text, part_text
from search.study.answer import Score


def confusion(score: Score, classes: Sequence[str]) -> Matrix:
    """Counts with their share of the true class."""
    caption = (
        "Confusion matrix on held-out data: rows are true classes, columns predicted ones; the "
        "percentage is of the row"
    )
    return matrix_of(caption, classes, score.matrix)


def classification(held_out: Mapping[str, Array], classes: Sequence[str]) -> HtmlTable:
    """Precision, recall and F1 of each class and on average."""
    said, y = held_out["probabilities"].argmax(axis=1), held_out["y"]
    codes = np.arange(len(classes))
    called, there = said[:, None] == codes, y[:, None] == codes
    parts = np.hstack([called & there, called, there]).astype(float)
    blocks, groups = blocks_of(held_out), groups_of(held_out)
    rows: list[tuple[str, ...]] = [
        (
            name,
            part_text(calls & of, calls, groups),
            part_text(calls & of, of, groups),
            f1_text(calls & of, calls != of, groups),
            f"{of.sum():,}",
        )
        for name, calls, of in zip(classes, called.T, there.T, strict=True)
    ]
    means = ClassMeans(parts, Draws.of(len(y), blocks), says_one(held_out["probabilities"]))
    for name, weighted in (("macro average", False), ("weighted average", True)):
        mean_of = means.of if groups is None else means.by_groups
        told = [mean_of(measure, weighted=weighted) for measure in MEASURES]
        texts = [within_ends(value, interval) for value, interval in told]
        rows.append((name, *texts, f"{len(y):,}"))
    header = ("class", "precision (95 %)", "recall (95 %)", "F1 (95 %)", "rows")
    caption = "Classification report on held-out data"
    return HtmlTable(caption, header, rows, frozenset({1, 2, 3, 4}))
