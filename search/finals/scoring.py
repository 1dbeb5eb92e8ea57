"""How good is a model on rows, and how sure is that? By the task of its targets."""

import math

import numpy as np

from search.study.answer import Interval, Score
from search.study.dataset import Array
from search.study.intervals import bootstrapped, wilson
from search.study.row_losses import row_losses
from search.study.task import MULTICLASS, MULTILABEL, REGRESSION


def score(predictions: Array, y: Array, task: str) -> Score:
    """How predictions do against the truth.

    Args:
        predictions: As by `search.training.predict.predictions`, numbers in their own units.
        y: The truth, as in `Dataset`.
        task: Such as "binary".
    """
    if task == REGRESSION.name:
        return _of_numbers(predictions, y)
    return _of_labels(predictions, y) if task == MULTILABEL.name else _of_classes(predictions, y)


def row_scores(predictions: Array, y: Array, task: str, objective: str) -> Array:
    """How well each row is predicted; more is better.

    Args:
        predictions: Of one model.
        y: The truth.
        task: Such as "binary".
        objective: "val_accuracy" scores a right row (or the share of its labels that are right)
            with 1, "val_mae" takes the distance; any other the loss, since it is no mean over rows.

    Returns:
        Shape (rows,).
    """
    if task == REGRESSION.name and objective == "val_mae":
        found: Array = -np.abs(predictions - y).mean(axis=1)
    elif task == MULTILABEL.name and objective == "val_accuracy":
        found = ((predictions >= 0.5) == y).mean(axis=1)
    elif objective == "val_accuracy":
        found = (predictions.argmax(axis=1) == y).astype(float)
    else:
        found = -row_losses(predictions, y, task)
    return found


def _of_classes(shares: Array, y: Array) -> Score:
    classes = shares.shape[1]
    predicted = shares.argmax(axis=1)
    right = int((predicted == y).sum())
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (y, predicted), 1)
    return Score(
        rows=len(y),
        value=right / len(y),
        interval=wilson(right, len(y)),
        loss=_finite(row_losses(shares, y, MULTICLASS.name).mean()),
        matrix=tuple(tuple(int(n) for n in line) for line in matrix),
    )


def _of_labels(shares: Array, y: Array) -> Score:
    predicted, there = shares >= 0.5, y == 1
    hits = (predicted & there).sum(axis=1).astype(float)
    misses = (predicted != there).sum(axis=1).astype(float)
    parts = np.column_stack([hits, misses])
    per_label = _f1((predicted & there).sum(axis=0), (predicted != there).sum(axis=0))
    return Score(
        rows=len(y),
        value=float(_f1(parts[:, 0].sum(), parts[:, 1].sum())),
        interval=_interval_of_f1(parts),
        loss=_finite(row_losses(shares, y, MULTILABEL.name).mean()),
        measure="micro F1",
        others={
            "macro F1": float(per_label.mean()),
            "Hamming loss": float(misses.mean() / y.shape[1]),
            "all labels right": float((misses == 0).mean()),
        },
    )


def _interval_of_f1(parts: Array) -> Interval:
    """By bootstrap; but without an error, as many rows may hold one as Wilson's interval allows."""
    hits, misses = parts.sum(axis=0)
    if misses:
        return bootstrapped(parts, lambda means: _f1(means[..., 0], means[..., 1]))
    most = np.asarray(wilson(0, len(parts)).high * len(parts))
    return Interval(float(_f1(hits, most)), 1.0)


def _of_numbers(predicted: Array, y: Array) -> Score:
    predicted, y = predicted.astype(float), y.astype(float)
    errors = np.square(predicted - y)
    spread = np.square(y - y.mean(axis=0))
    targets = y.shape[1]
    parts = np.hstack([errors, y, np.square(y)])

    def r_squared(means: Array) -> Array:
        squared, mean, squares = np.split(means, (targets, 2 * targets), axis=-1)
        variance = np.maximum(squares - np.square(mean), 1e-300)
        found: Array = (1.0 - squared / variance).mean(axis=-1)
        return found

    return Score(
        rows=len(y),
        value=float((1.0 - errors.mean(axis=0) / np.maximum(spread.mean(axis=0), 1e-300)).mean()),
        interval=bootstrapped(parts, r_squared),
        loss=_finite(errors.mean()),
        measure="R²",
        others={
            "MAE": float(np.abs(predicted - y).mean()),
            "RMSE": float(np.sqrt(errors.mean(axis=0)).mean()),
        },
    )


def _f1(hits: Array, misses: Array) -> Array:
    """From counts of labels that were found, and of those that were missed or made up."""
    found: Array = 2 * hits / np.maximum(2 * hits + misses, 1e-300)
    return found


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
