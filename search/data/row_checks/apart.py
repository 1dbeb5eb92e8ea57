"""Can a classifier tell training rows from held-out ones?"""

import math
from collections.abc import Iterator

import numpy as np

from search.data.columns import Array
from search.data.dataset import Dataset
from search.data.row_checks.some_rows import SomeRows
from search.study.checks import Found

ROWS = 600
"""Of each part at most."""
FEWEST = 30
"""Rows, or groups, of each part: of fewer nothing is said."""
APART = 0.6
"""ROC AUC from which on parts differ by more than a trifle."""
SURE = 3.3
"""Standard errors beyond 0.5: one false alarm in 2,000 sets of rows."""
FOLDS, TREES = 3, 20


def parts_apart(data: Dataset, some: SomeRows) -> Iterator[Found]:
    """Check S022: where the parts were not drawn from the same rows at random."""
    places = np.linspace(0, len(some.train) - 1, min(ROWS, len(some.train))).astype(int)
    held = np.linspace(0, len(some.held_out) - 1, min(ROWS, len(some.held_out))).astype(int)
    x = np.concatenate([some.train[places], some.held_out[held]])
    y = np.repeat([0, 1], [len(places), len(held)])
    rows = np.concatenate([some.numbers[0][places], some.numbers[1][held]])
    groups = np.arange(len(rows)) if data.given.groups is None else data.given.groups[rows]
    units = [len(np.unique(groups[y == part])) for part in (0, 1)]
    if min(units) < FEWEST:
        return
    auc, weights = _told_apart(x, y, groups)
    by_chance = math.sqrt((sum(units) + 1) / (12 * units[0] * units[1]))
    if auc < APART or auc - SURE * by_chance <= 0.5:
        return
    error = 1.96 * _error(auc, *units)
    of_columns = np.bincount(some.owners, weights, minlength=len(some.names))
    name = some.names[int(of_columns.argmax())]
    or_drop = "" if data.columns is None else f"; drop={name!r} leaves the column out"
    yield Found(
        "S022",
        f"training and held-out rows differ: a classifier tells them apart with a ROC AUC of "
        f"{auc:.2f} (95 %: {max(0, auc - error):.2f} to {min(1, auc + error):.2f}; 0.5 is "
        f"chance), most by {name!r}; if new rows are like those held out, train on such rows, and "
        f"if not, let Split(held_out=0.2) draw them{or_drop}",
    )


def _told_apart(x: Array, y: Array, groups: Array) -> tuple[float, Array]:
    """ROC AUC over rows that the classifier was not fitted on, and each feature's weight."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold

    scores, weights = np.empty(len(y)), np.zeros(x.shape[1])
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    for number, (fitted, asked) in enumerate(folds.split(x, y, groups)):
        trees = ExtraTreesClassifier(
            TREES, max_depth=8, min_samples_leaf=5, class_weight="balanced", random_state=number,
        )  # fmt: skip
        scores[asked] = trees.fit(x[fitted], y[fitted]).predict_proba(x[asked])[:, 1]
        weights += trees.feature_importances_
    return float(roc_auc_score(y, scores)), weights


def _error(auc: float, ones: int, others: int) -> float:
    """Hanley and McNeil's standard error of a ROC AUC."""
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc)
    spread += (ones - 1) * (first - auc**2) + (others - 1) * (second - auc**2)
    return math.sqrt(max(0.0, spread) / (ones * others))
