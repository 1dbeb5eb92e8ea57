"""What became of each label?"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import blocks_of, groups_of
from search.metrics.intervals import Draws
from search.report.digits import within_ends
from search.report.tables import HtmlTable, Matrix, matrix_of
from search.report.winner.thresholds import f1_text, mean_text, part_text
from search.study.answer import Score

MOST_MATRICES = 10
"""Of more labels, the counts stand in the table alone."""


def label_table(held_out: Mapping[str, Array], names: Sequence[str]) -> HtmlTable:
    """What became of each label on held-out: its counts, and what follows from them."""
    there, said = (labels == 1 for labels in _there_and_said(held_out))
    counts, groups = _counts(there, said).reshape(-1, 4), groups_of(held_out)
    rows = [
        (
            name,
            *(f"{n:,}" for n in own),
            part_text(is_so & is_said, is_said, groups),
            part_text(is_so & is_said, is_so, groups),
            f1_text(is_so & is_said, is_so != is_said, groups),
        )
        for name, own, is_so, is_said in zip(names, counts.tolist(), there.T, said.T, strict=True)
    ]
    header = (
        "label", "true positives", "false negatives", "false positives", "true negatives",
        "precision (95 %)", "recall (95 %)", "F1 (95 %)",
    )  # fmt: skip
    return HtmlTable("Each label on held-out data", header, rows, frozenset(range(1, 8)))


def all_labels_table(held_out: Mapping[str, Array], headline: Score) -> HtmlTable:
    """What is told of all labels together."""
    there, said = (labels == 1 for labels in _there_and_said(held_out))
    parts = np.hstack([there & said, there, said]).astype(float)
    draws = Draws.of(len(there), blocks_of(held_out))
    sums = draws.sums(np.column_stack([parts, np.ones(len(parts))]))
    values = _rates(parts.sum(axis=0), np.asarray(there.size))
    drawn = _rates(sums[:, :-1], sums[:, -1] * there.shape[1])
    drawn = {name: draws.widened(float(values[name]), of, share=True) for name, of in drawn.items()}
    right = (there == said).all(axis=1)
    rows = [
        (headline.measure, within_ends(headline.value, headline.interval)),
        *((name, mean_text(float(values[name]), drawn[name])) for name in values),
        ("subset accuracy (all labels right)", part_text(right, np.ones(len(right)), draws.groups)),
    ]
    header = ("measure", "value (95 %)")
    return HtmlTable("All labels together on held-out data", header, rows)


def _rates(sums: Array, labels: Array) -> dict[str, Array]:
    """Measures of all labels by name, each shape (…).

    Args:
        sums: Rows with each label found, there and said, shape (…, 3 × labels).
        labels: Of all rows, shape (…).
    """
    found, there, said = np.split(sums, 3, axis=-1)
    each = 2 * found / np.maximum(there + said, 1.0)
    wrong = (there + said - 2 * found).sum(axis=-1)
    hits, of, called = (of_all.sum(axis=-1) for of_all in (found, there, said))
    return {
        "micro precision": hits / np.maximum(called, 1.0),
        "micro recall": hits / np.maximum(of, 1.0),
        "macro F1": each.mean(axis=-1),
        "Hamming loss": wrong / labels,
    }


def label_matrices(held_out: Mapping[str, Array], names: Sequence[str]) -> list[Matrix]:
    """Two by two a label."""
    counts = _counts(*_there_and_said(held_out))
    return [
        matrix_of(f"Label “{name}”", ("present", "absent"), found.tolist())
        for name, found in zip(names[:MOST_MATRICES], counts, strict=False)
    ]


def _there_and_said(held_out: Mapping[str, Array]) -> tuple[Array, Array]:
    return held_out["y"], (held_out["probabilities"] >= 0.5).astype(int)


def _counts(there: Array, said: Array) -> Array:
    """Shape (labels, 2, 2): those that are there first, and those that were said first."""
    from sklearn.metrics import multilabel_confusion_matrix

    found: Array = np.flip(multilabel_confusion_matrix(there, said), axis=(1, 2))
    # A label that is there: found, then missed; one that is not: made up, then left out.
    return found
