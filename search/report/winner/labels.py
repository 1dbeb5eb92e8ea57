"""What became of each label?"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.report.tables import Matrix, Table, matrix_of
from search.report.wording import scored, share
from search.study.answer import Score
from search.study.dataset import Array

MOST_MATRICES = 10
"""Of more labels, the counts stand in the table alone."""


def label_table(held_out: Mapping[str, Array], names: Sequence[str]) -> Table:
    """What became of each label on held-out: its counts, and what follows from them."""
    from sklearn.metrics import precision_recall_fscore_support

    there, said = _there_and_said(held_out)
    rates = precision_recall_fscore_support(there, said, zero_division=0)[:3]
    rows = [
        (name, *(f"{n:,}" for n in counts.ravel()), *(f"{rate[place]:.3f}" for rate in rates))
        for place, (name, counts) in enumerate(zip(names, _counts(there, said), strict=True))
    ]
    header = (
        "label", "there, found", "there, missed", "not there, made up", "not there, left out",
        "precision", "recall", "F1",
    )  # fmt: skip
    return Table("Each label on held-out", header, rows, frozenset(range(1, 8)))


def all_labels_table(held_out: Mapping[str, Array], headline: Score) -> Table:
    """What is told of all labels together."""
    from sklearn.metrics import precision_recall_fscore_support

    of = precision_recall_fscore_support(
        *_there_and_said(held_out), average="micro", zero_division=0
    )
    rows = [
        (headline.measure, scored(headline)),
        ("micro precision", share(float(of[0]))),
        ("micro recall", share(float(of[1]))),
        *((name, share(value)) for name, value in headline.others.items()),
    ]
    return Table("All labels together on held-out", ("measure", "value"), rows)


def label_matrices(held_out: Mapping[str, Array], names: Sequence[str]) -> list[Matrix]:
    """Two by two a label."""
    counts = _counts(*_there_and_said(held_out))
    return [
        matrix_of(f"Label “{name}”", ("there", "not there"), found.tolist())
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
