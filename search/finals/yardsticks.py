"""Plain models of scikit-learn that any network should beat."""

from typing import Any

import numpy as np

from search.finals.scoring import score
from search.study.answer import Yardstick
from search.study.data.rows_in_file import blocks, taken, whole
from search.study.dataset import Array
from search.study.split import Rows
from search.study.task import MULTILABEL, REGRESSION

WORK = 20e9
"""Multiplications that the linear model's fit may take: 1,000 steps on 54,000 pictures of 784
pixels and ten classes took longer than the search."""

MOST_NUMBERS = 1 << 27
"""Of features that they are fitted on: 0.5 GiB, of which scikit-learn makes two or three copies."""


def yardsticks(train: Rows, held_out: Rows, classes: int, task: str) -> tuple[Yardstick, ...]:
    """A constant and a linear model, fitted on the rows that train and scored on held-out.

    Args:
        train: Rows to fit on.
        held_out: Rows to score on; the caller has written down the look.
        classes: How many classes there are.
        task: Such as "binary".
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    some = _some(train)
    constant, linear = _models(task, steps(some.x.size * max(classes, 1)))
    of_how_many = "" if some is train else f" on {len(some):,} training rows"
    models = {
        f"constant{of_how_many}": constant,
        f"linear model{of_how_many}": make_pipeline(StandardScaler(), linear),
    }
    found = []
    x = whole(some.x).reshape(len(some), -1)
    for name, model in models.items():
        model.fit(x, some.y)
        predictions = [
            _predicted(model, block.reshape(len(block), -1), classes, task)
            for _, block in blocks(held_out.x)
        ]
        found.append(Yardstick(name, score(np.concatenate(predictions), held_out.y, task)))
    return tuple(found)


def _some(train: Rows) -> Rows:
    """As many rows as there is room for, drawn at random, each class in proportion about."""
    most = max(1, MOST_NUMBERS * len(train) // train.x.size)
    if len(train) <= most:
        return train
    chosen = np.sort(np.random.default_rng(0).choice(len(train), most, replace=False))
    return Rows(taken(train.x, chosen), train.y[chosen])


def steps(multiplications: int) -> int:
    """At most, of logistic regression.

    Args:
        multiplications: That one step takes: rows × features × classes.
    """
    return int(min(1000, max(100, WORK // multiplications)))


def _models(task: str, most: int) -> tuple[Any, Any]:
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multioutput import MultiOutputClassifier

    if task == REGRESSION.name:
        return DummyRegressor(strategy="mean"), Ridge()
    constant, linear = DummyClassifier(strategy="prior"), LogisticRegression(max_iter=most)
    if task == MULTILABEL.name:
        return MultiOutputClassifier(constant), MultiOutputClassifier(linear)
    return constant, linear


def _predicted(model: Any, x: Array, classes: int, task: str) -> Array:
    if task == REGRESSION.name:
        return np.asarray(model.predict(x)).reshape(len(x), -1)
    if task == MULTILABEL.name:
        return np.column_stack([shares[:, 1] for shares in model.predict_proba(x)])
    shares = np.zeros((len(x), classes))
    shares[:, model.classes_] = model.predict_proba(x)
    return shares
