"""Precision, recall and F1 of the second of two classes at other thresholds than 0.5."""

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import by_spread, of_f1, wilson
from search.report.digits import within_ends
from search.report.tables import HtmlTable
from search.report.winner.one_vs_rest import Questions

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def threshold_table(questions: Questions) -> HtmlTable:
    """Precision, recall and F1 of the second class at several thresholds of its share."""
    truth, shares = questions.truth[:, 0], questions.shares[:, 0]
    rows = []
    for threshold in THRESHOLDS:
        said = shares >= threshold
        right, called, there = (int(np.sum(of)) for of in (said & truth, said, truth))
        rows.append(
            (
                f"{threshold:g}",
                f"{called:,}",
                f"{called / len(said):.1%}",
                part_text(right, called),
                part_text(right, there),
                f1_text(right, called + there - 2 * right),
            )
        )
    name = questions.names[0]
    header = ("threshold", f"predicted “{name}”", "of all rows", "precision (95 %)",
              "recall (95 %)", "F1 (95 %)")  # fmt: skip
    caption = (
        f"Thresholds on held-out data: predicted “{name}” at or above this probability "
        f"({int(truth.sum()):,} of {len(truth):,} rows are “{name}”)"
    )
    return HtmlTable(caption, header, rows, frozenset(range(6)))


def part_text(right: int, of: int) -> str:
    """A proportion of rows with its interval."""
    return within_ends(right / of, wilson(right, of)) if of else "–"


def f1_text(hits: int, misses: int) -> str:
    """One class's F1 with its interval; see `of_f1`."""
    if not hits + misses:
        return "–"
    return within_ends(2 * hits / (2 * hits + misses), of_f1(hits, misses))


def mean_text(value: float, drawn: Array) -> str:
    """A mean over classes or labels with its interval, by bootstrap."""
    return within_ends(value, by_spread(value, drawn))
