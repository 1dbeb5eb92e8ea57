"""The first rows of a data set as a user would look at them, held-out ones left closed."""

from collections.abc import Sequence

import numpy as np

from search.data.dataset import Array, Dataset
from search.data.split import Parts
from search.data.tree import Tree
from search.finals.worst_rows import COLUMNS, FEATURES, cells_of, texts
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
    x, by_model = parts.train.x, TASKS[dataset.task].by_model
    if (x.ndim != 2 and not isinstance(x, Tree)) or not parts.numbers or by_model:
        return ()
    order = np.argsort(parts.numbers[0])[:FIRST]
    answers = _answers(parts, dataset, order)
    names: Sequence[str]
    if dataset.columns is None and isinstance(x, Tree):
        names, columns = cells_of(x[order])
        cells = [list(row) for row in zip(*columns, strict=True)]
    elif dataset.columns is None:
        names = dataset.feature_names[:FEATURES]
        values = np.asarray(x[order])[:, : len(names)]
        cells = [[short(value) for value in row] for row in values.tolist()]
    else:
        raw = dataset.columns.take(parts.numbers[0][order])
        names = raw.names[:COLUMNS]
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
