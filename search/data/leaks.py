"""What makes the scores of a table flattering: columns that give the answer away, and copies."""

from collections.abc import Iterator

import numpy as np

from search.data.copies import copies_of
from search.data.dataset import Array, Dataset
from search.data.rows_in_file import whole
from search.data.split import Parts
from search.data.tree import Tree
from search.study.checks import Found
from search.study.plain_text import percent
from search.study.task import TASKS

NEARLY = 0.98
"""Mean accuracy over classes, or R², that one column alone seldom reaches."""
ROWS = 20_000
"""Training rows that are looked at, at most."""
COLUMNS = 100
"""That are tried, at most: those whose features go with the target most."""
ENOUGH = 20
CHANCE = 1e-6
"""That so many rows are all of one class although a column had nothing to do with it."""
FILLED_BY = 0.2
"""Fraction of a class whose rows a column has to tell."""


def leaks(data: Dataset, parts: Parts, *, refit: bool = False) -> tuple[Found, ...]:
    """What is found of checks S001 and S002.

    Args:
        data: All rows.
        parts: The same, cut; of those that are held out, no target is looked at.
        refit: Whether the model that is judged trains on the validation rows as well.
    """
    if data.columns is None or parts.preparation is None:
        return ()
    return (*_giving_away(data, parts), *_in_both(data, parts, refit=refit))


def _in_both(data: Dataset, parts: Parts, *, refit: bool) -> Iterator[Found]:
    import pandas as pd

    assert data.columns is not None  # noqa: S101 - for mypy
    names = [f"{place}" for place, _ in enumerate(data.columns.names)]
    frame = pd.DataFrame(dict(zip(names, data.columns.values.values(), strict=True)))
    for column, values in enumerate(data.y.reshape(len(data.y), -1).T):
        frame[f"y{column}"] = values
    copies = copies_of(frame)
    train, validation, held_out = parts.numbers
    trains = np.concatenate([train, validation]) if refit else train
    both = int(np.isin(copies.codes[held_out], copies.codes[trains]).sum())
    if both and not copies.natural:
        yield Found(
            "S002",
            f"{both:,} of {len(held_out):,} held-out rows are among the training rows as well"
            f"{', the last fit on validation rows included' if refit else ''}, "
            'which flatters every score; say table(…, duplicates="group") or "drop"',
        )


def _giving_away(data: Dataset, parts: Parts) -> Iterator[Found]:
    assert parts.preparation is not None  # noqa: S101 - for mypy
    steps = [step for step in parts.preparation.steps if step.names]
    if len(steps) < 2 or len(parts.validation) < ENOUGH:
        return
    ends = np.cumsum([len(step.names) for step in steps])
    slices = [slice(end - len(step.names), end) for step, end in zip(steps, ends, strict=True)]
    columns = _likely(parts, slices)
    for column in columns:
        name = steps[column].name
        if how := _by_missing(data, parts, name):
            text = f"column {name!r} may give the answer away: {how}; drop={name!r} leaves it out"
            yield Found("S001", text)
        elif how := _by_value(data, parts, slices[column]):
            yield Found(
                "S001",
                f"column {name!r} may give the answer away: alone it {how} on validation; "
                f"drop={name!r} leaves it out if it is not known when you predict",
            )


def _likely(parts: Parts, slices: list[slice]) -> list[int]:
    """Columns in the order of the table, the most correlated ones where there are many."""
    if len(slices) <= COLUMNS:
        return list(range(len(slices)))
    x, y = _features(parts, 0)[:ROWS], parts.train.y[:ROWS].reshape(len(parts.train.y[:ROWS]), -1)
    targets = y if y.shape[1] > 1 or y.dtype.kind == "f" else np.eye(int(y.max()) + 1)[y[:, 0]]
    own = np.asarray(x) - np.mean(x, axis=0)
    own = own / (np.linalg.norm(own, axis=0) + 1e-12)
    other = targets - targets.mean(axis=0)
    other = other / (np.linalg.norm(other, axis=0) + 1e-12)
    best = np.abs(own.T @ other).max(axis=1)
    scores = np.array([best[place].max() for place in slices])
    return sorted(int(column) for column in np.argsort(-scores)[:COLUMNS])


def _by_missing(data: Dataset, parts: Parts, name: str) -> str:
    """Whether it has a value in rows of one class alone, or lacks one in them alone."""
    if not TASKS[data.task].classifies or data.columns is None:
        return ""
    rows = np.concatenate(parts.numbers[:2])
    missing, y = data.columns.missing(name)[rows], data.y[rows]
    for there, what in ((~missing, "it has a value"), (missing, "its value is missing")):
        found = y[there]
        if len(found) < ENOUGH or len(found) == len(y):
            continue
        code = int(np.bincount(found).argmax())
        share = float((y == code).mean())
        covered = len(found) / max(1, int((y == code).sum()))
        if (found == code).all() and share ** len(found) < CHANCE and covered >= FILLED_BY:
            return f"{what} only where {data.class_names[code]!r} is the answer"
    return ""


def _by_value(data: Dataset, parts: Parts, place: slice) -> str:
    x, new = _features(parts, 0)[:ROWS][:, place], _features(parts, 1)[:, place]
    y, truth = parts.train.y[:ROWS], parts.validation.y
    if not TASKS[data.task].has_numbers:
        several = y.reshape(len(y), -1).T
        pairs = zip(several, truth.reshape(len(truth), -1).T, strict=True)
        score = max(_accuracy(x, own, new, other) for own, other in pairs)
        return f"gets {percent(score, 1)} of each class right" if score >= NEARLY else ""
    score = min(_r2(x, own, new, other) for own, other in zip(y.T, truth.T, strict=True))
    return f"explains {percent(score, 1)} of the variance" if score >= NEARLY + 0.01 else ""


def _features(parts: Parts, part: int) -> Array:
    """Of the rows that train, or that validate, also where a model gets them as several inputs."""
    x = (parts.train, parts.validation)[part].x
    columns = parts.source.columns
    if isinstance(x, Tree) and parts.preparation and columns:
        return parts.preparation.features(columns.take(parts.numbers[part]))
    return whole(x)


def _accuracy(x: Array, y: Array, new: Array, truth: Array) -> float:
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(max_leaf_nodes=64, min_samples_leaf=2, random_state=0)
    right = tree.fit(x, y).predict(new) == truth
    return float(np.mean([right[truth == code].mean() for code in np.unique(truth)]))


def _r2(x: Array, y: Array, new: Array, truth: Array) -> float:
    from sklearn.linear_model import LinearRegression
    from sklearn.tree import DecisionTreeRegressor

    spread = float(truth.var())
    models = (LinearRegression(), DecisionTreeRegressor(max_leaf_nodes=256, random_state=0))
    errors = [np.square(model.fit(x, y).predict(new) - truth).mean() for model in models]
    return 1 - float(min(errors)) / spread if spread else 0.0
