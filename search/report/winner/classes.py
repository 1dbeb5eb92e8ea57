"""What became of the rows of each class?"""

from collections.abc import Mapping, Sequence

from search.report.tables import Matrix, Table, matrix_of
from search.study.answer import Score
from search.study.dataset import Array


def confusion(score: Score, classes: Sequence[str]) -> Matrix:
    """Counts with their share of the true class."""
    caption = (
        "Confusion matrix on held-out: a row a true class, a column a predicted class; the share "
        "is of the row"
    )
    return matrix_of(caption, classes, score.matrix)


def classification(held_out: Mapping[str, Array], classes: Sequence[str]) -> Table:
    """Precision, recall and F1 of each class and on average, by scikit-learn."""
    from sklearn.metrics import classification_report

    codes = list(range(len(classes)))
    report = classification_report(
        held_out["y"],
        held_out["probabilities"].argmax(axis=1),
        labels=codes,
        output_dict=True,
        zero_division=0,
    )
    lines = [*((str(code), classes[code]) for code in codes)]
    lines += [("macro avg", "mean of classes"), ("weighted avg", "mean by rows")]
    rows = [
        (
            name,
            *(f"{report[key][measure]:.3f}" for measure in ("precision", "recall", "f1-score")),
            f"{report[key]['support']:,.0f}",
        )
        for key, name in lines
    ]
    header = ("class", "precision", "recall", "F1", "rows")
    return Table("Classification report on held-out", header, rows, frozenset({1, 2, 3, 4}))
