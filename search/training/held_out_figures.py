"""Measures of held-out rows in NumPy alone; `train.py` has the text of those that it needs.

Each agrees with `search.metrics.measures`, which the page has it from. `said` are probabilities or
scores of each class or label, or numbers; `truth` are codes of classes, labels of 0 and 1 or
numbers.
"""

from typing import Any

import numpy as np

from search.study.task import BINARY, MULTICLASS, MULTILABEL, REGRESSION


def accuracy(said: Any, truth: Any) -> Any:
    """The fraction of rows, or of labels, that are right."""
    if truth.ndim == 2:
        return ((said >= 0.5) == (truth == 1)).mean()
    return (said.argmax(axis=1) == truth).mean()


def hits_of(said: Any, truth: Any) -> Any:
    """Of the second class or of all labels together: hits, those predicted and those there."""
    there = truth == 1
    predicted = said >= 0.5 if truth.ndim == 2 else said.argmax(axis=1) == 1
    return (there & predicted).sum(), predicted.sum(), there.sum()


def precision(said: Any, truth: Any) -> Any:
    """Hits among those predicted."""
    hits, predicted, _ = hits_of(said, truth)
    return hits / max(predicted, 1)


def recall(said: Any, truth: Any) -> Any:
    """Hits among those that are there."""
    hits, _, there = hits_of(said, truth)
    return hits / max(there, 1)


def f1(said: Any, truth: Any) -> Any:
    """The harmonic mean of precision and recall."""
    hits, predicted, there = hits_of(said, truth)
    return 2 * hits / max(predicted + there, 1)


def macro_f1(said: Any, truth: Any) -> Any:
    """The mean over the classes that are there or predicted."""
    predicted = said.argmax(axis=1)
    each = []
    for name in np.union1d(predicted, truth):
        hits = ((predicted == name) & (truth == name)).sum()
        each.append(2 * hits / ((predicted == name).sum() + (truth == name).sum()))
    return np.mean(each)


def roc_auc(said: Any, truth: Any) -> Any:
    """Of the second of two classes; else the mean over classes or labels, each against the rest."""
    if truth.ndim == 1:
        truth = truth[:, None] == np.arange(said.shape[1])
        said, truth = (part[:, 1:] if said.shape[1] == 2 else part for part in (said, truth))
    areas = []
    for of, there in zip(said.T, truth.T == 1, strict=True):
        if there.any() and not there.all():
            others = np.sort(of[~there])
            ranks = [np.searchsorted(others, of[there], side) for side in ("left", "right")]
            areas.append(np.mean(ranks) / len(others))
    return np.mean(areas)


def log_loss(said: Any, truth: Any) -> Any:
    """The mean cross-entropy of rows."""
    if truth.ndim == 2:
        sure = np.clip(said, 1e-7, 1 - 1e-7)
        return -(truth * np.log(sure) + (1 - truth) * np.log(1 - sure)).mean()
    return -np.log(np.clip(said[np.arange(len(truth)), truth], 1e-7, 1.0)).mean()


def mse(said: Any, truth: Any) -> Any:
    """The mean squared error."""
    return np.square(said - truth).mean()


def rmse(said: Any, truth: Any) -> Any:
    """The root of the mean squared error."""
    return np.sqrt(np.square(said - truth).mean())


def mae(said: Any, truth: Any) -> Any:
    """The mean absolute error."""
    return np.abs(said - truth).mean()


def r2(said: Any, truth: Any) -> Any:
    """The mean over targets; of equal numbers 1 without an error and else 0."""
    errors = np.square(said - truth).mean(axis=0, dtype=float)
    variance = truth.var(axis=0, dtype=float)
    varies = variance > 1e-12 * np.square(truth).mean(axis=0, dtype=float)
    return np.where(varies, 1 - errors / np.where(varies, variance, 1.0), errors == 0).mean()


OTHERS = {
    (REGRESSION.name, "loss"): mse,
    (MULTICLASS.name, "f1"): macro_f1,
    (BINARY.name, "loss"): log_loss,
    (MULTICLASS.name, "loss"): log_loss,
    (MULTILABEL.name, "loss"): log_loss,
}
NAMED = {"auc": roc_auc, **{of.__name__: of for of in (accuracy, precision, recall, f1)}}
NAMED |= {of.__name__: of for of in (mse, rmse, mae, r2)}


def function_for(objective: str, task: str) -> str:
    """The name of the function above that measures an objective which `search` knows.

    Args:
        objective: Such as "val_auc".
        task: Such as "binary".
    """
    name = objective.removeprefix("val_")
    return (OTHERS.get((task, name)) or NAMED[name]).__name__
