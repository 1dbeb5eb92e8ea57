"""What became of the rows of each class?"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.metrics.intervals import Draws
from search.report.tables import Matrix, Table, matrix_of
from search.report.winner.thresholds import f1_text, mean_text, part_text
from search.study.answer import Score
from search.study.dataset import Array


def confusion(score: Score, classes: Sequence[str]) -> Matrix:
    """Counts with their share of the true class."""
    caption = (
        "Confusion matrix on held-out data: rows are true classes, columns predicted ones; the "
        "percentage is of the row"
    )
    return matrix_of(caption, classes, score.matrix)


def classification(held_out: Mapping[str, Array], classes: Sequence[str]) -> Table:
    """Precision, recall and F1 of each class and on average."""
    said, y = held_out["probabilities"].argmax(axis=1), held_out["y"]
    codes = np.arange(len(classes))
    called, there = said[:, None] == codes, y[:, None] == codes
    parts = np.hstack([called & there, called, there]).astype(float)
    whole = parts.sum(axis=0)
    counts = whole.astype(int).reshape(3, -1).T
    rows: list[tuple[str, ...]] = [
        (
            name,
            part_text(hits, calls),
            part_text(hits, of),
            f1_text(hits, calls + of - 2 * hits),
            f"{of:,}",
        )
        for name, (hits, calls, of) in zip(classes, counts.tolist(), strict=True)
    ]
    means, drawn = averages(whole[None]), averages(Draws.of(len(y)).sums(parts))
    for name, place in (("macro average", 0), ("weighted average", 1)):
        told = [
            mean_text(float(mean[0, place]), of_draws[:, place])
            for mean, of_draws in zip(means, drawn, strict=True)
        ]
        rows.append((name, *told, f"{len(y):,}"))
    header = ("class", "precision (95 %)", "recall (95 %)", "F1 (95 %)", "rows")
    return Table("Classification report on held-out", header, rows, frozenset({1, 2, 3, 4}))


def averages(sums: Array) -> tuple[Array, Array, Array]:
    """Precision, recall and F1 over classes: plain and by their rows, each shape (…, 2).

    Args:
        sums: Rows called rightly, called and there by class, shape (…, 3 × classes).
    """
    hits, called, there = np.split(sums, 3, axis=-1)
    measures = ((hits, called), (hits, there), (2 * hits, called + there))

    def over(of: Array, all_of: Array) -> Array:
        each = of / np.maximum(all_of, 1.0)  # a class without rows counts as 0, as by scikit-learn
        by_rows = (each * there).sum(axis=-1) / there.sum(axis=-1)
        return np.stack([each.mean(axis=-1), by_rows], axis=-1)

    precision, recall, f1 = (over(*pair) for pair in measures)
    return precision, recall, f1
