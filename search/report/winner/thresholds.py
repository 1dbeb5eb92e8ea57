"""Precision, recall and F1 of the second of two classes at other thresholds than 0.5."""

from search.data.dataset import Array
from search.metrics.intervals import as_f1, by_spread, of_ratio
from search.report.digits import within_ends
from search.report.tables import HtmlTable
from search.report.winner.one_vs_rest import Questions
from search.study.plain_text import percent

THRESHOLDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def threshold_table(questions: Questions) -> HtmlTable:
    """Precision, recall and F1 of the second class at several thresholds of its share."""
    truth, shares, groups = questions.truth[:, 0], questions.shares[:, 0], questions.groups
    rows = []
    for threshold in THRESHOLDS:
        said = shares >= threshold
        called = int(said.sum())
        rows.append(
            (
                f"{threshold:g}",
                f"{called:,}",
                percent(called / len(said), 1),
                part_text(said & truth, said, groups),
                part_text(said & truth, truth, groups),
                f1_text(said & truth, said != truth, groups),
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


def part_text(right: Array, of: Array, groups: Array | None) -> str:
    """A proportion of rows with its interval.

    Args:
        right: What counts of each row, shape (rows,).
        of: Of which it counts, shape (rows,).
        groups: Of each row, as of `Blocks`.
    """
    right, of = right.astype(float), of.astype(float)
    if not of.sum():
        return "–"
    return within_ends(float(right.sum() / of.sum()), of_ratio(right, of, groups))


def f1_text(hits: Array, misses: Array, groups: Array | None) -> str:
    """One class's F1 with its interval; see `of_f1`.

    Args:
        hits: Which rows are, bool, shape (rows,).
        misses: The same.
        groups: Of each row, as of `Blocks`.
    """
    of = (hits | misses).astype(float)
    if not of.sum():
        return "–"
    within = of_ratio(hits.astype(float), of, groups)
    value = 2 * hits.sum() / (2 * hits.sum() + misses.sum())
    return within_ends(float(value), within and as_f1(within))


def mean_text(value: float, drawn: Array) -> str:
    """A mean over classes or labels with its interval, by bootstrap."""
    return within_ends(value, by_spread(value, drawn))
