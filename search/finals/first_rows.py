"""The first rows of a data set as a user would look at them, held-out ones left closed."""

import numpy as np

from search.data.dataset import Array, Dataset
from search.data.split import Parts
from search.finals.worst_rows import COLUMNS, FEATURES, texts
from search.study.plain_text import short
from search.study.task import TASKS

FIRST = 5


def first_rows(parts: Parts, dataset: Dataset) -> tuple[tuple[str, ...], ...]:
    """A header and the first rows that train, by their place in the data.

    Args:
        parts: The rows of the session.
        dataset: All of them.

    Returns:
        Texts; empty for pictures and other rows of more than one axis.
    """
    if parts.train.x.ndim != 2 or not parts.numbers:
        return ()
    order = np.argsort(parts.numbers[0])[:FIRST]
    answers = _answers(parts, dataset, order)
    if dataset.columns is None:
        names = dataset.feature_names[:FEATURES]
        x = np.asarray(parts.train.x[order])[:, : len(names)]
        cells = [[short(value) for value in row] for row in x.tolist()]
    else:
        raw = dataset.columns.take(parts.numbers[0][order])
        names = tuple(raw.names[:COLUMNS])
        cells = np.array([texts(raw, name) for name in names], str).T.tolist()
    header = (*names, *answers[0])
    return (header, *((*row, *told) for row, told in zip(cells, answers[1], strict=True)))


def _answers(parts: Parts, dataset: Dataset, order: Array) -> tuple[list[str], list[list[str]]]:
    """Names and texts of what is to be predicted."""
    y = parts.train.y[order]
    task = TASKS[dataset.task]
    if task.has_numbers:
        rows = parts.back(y).reshape(len(y), -1).tolist()
        return list(dataset.target_names), [[f"{value:.6g}" for value in row] for row in rows]
    if task.classifies:
        return [task.noun], [[dataset.class_names[code]] for code in y.tolist()]
    return [task.nouns], [
        [", ".join(n for n, is_so in zip(dataset.class_names, row, strict=True) if is_so)]
        for row in y.tolist()
    ]
