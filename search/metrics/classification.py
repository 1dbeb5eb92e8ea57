"""How well are classes and labels predicted?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from search.data.dataset import Array
from search.metrics.base import Estimate, measures
from search.metrics.class_means import ClassMeans
from search.metrics.intervals import Draws, as_f1, bootstrapped, of_f1, wilson
from search.metrics.of_rows import ByRatio, OfErrors, OfRows, RightOrWrong
from search.study.answer import Interval
from search.study.outputs import PROBABILITIES
from search.study.task import BINARY, MULTICLASS, MULTILABEL

TINY = 1e-300


def f1_of(means: Array) -> Array:
    """From hits, and from those that are missed or made up."""
    hits, misses = means[..., 0], means[..., 1]
    found: Array = 2 * hits / np.maximum(2 * hits + misses, TINY)
    return found


def says_one(said: Array) -> bool:
    """Whether predictions are the same for each row."""
    return bool((said == said[:1]).all())


def error_of_share(value: float, rows: int) -> float:
    """Agresti and Coull's standard error of a proportion, with a width at 0 and 1 too."""
    share = (value * rows + 2) / (rows + 4)
    return math.sqrt(share * (1 - share) / (rows + 4))


@measures("loss", BINARY, MULTICLASS)
class LogLoss(OfErrors):
    """Cross-entropy; of what is no probability, the hinge loss."""

    title = "log loss"

    def resolution(self, y: Array) -> float:
        """Probabilities come as float32, and are cut at 1e-7."""
        return 1e-6

    def parts(self, said: Array, y: Array) -> Array:
        return self.losses(said, y)[:, None]

    def losses(self, said: Array, y: Array, kind: str = PROBABILITIES) -> Array:
        """Of each row; see `search.metrics.measures.row_losses`."""
        return self._entropy(said, y) if kind == PROBABILITIES else self._hinge(said, y)

    def _entropy(self, said: Array, y: Array) -> Array:
        found: Array = -np.log(np.clip(said[np.arange(len(y)), y], 1e-7, 1.0))
        return found

    def _hinge(self, scores: Array, y: Array) -> Array:
        """How far the right class is from a margin of 1 before the best other, as Keras has it."""
        rows = np.arange(len(y))
        others = scores.astype(float)
        own = others[rows, y].copy()
        others[rows, y] = -np.inf
        margin = own - others.max(axis=1)
        if scores.shape[1] == 2 and np.array_equal(scores[:, 0], -scores[:, 1]):
            margin = margin / 2  # one score, as `Outputs.read` gives it
        found: Array = np.maximum(0.0, 1.0 - margin)
        return found


@measures("loss", MULTILABEL)
class LabelLogLoss(LogLoss):
    """Mean over a row's labels."""

    def _entropy(self, said: Array, y: Array) -> Array:
        sure = np.clip(said, 1e-7, 1 - 1e-7)
        found: Array = -(y * np.log(sure) + (1 - y) * np.log(1 - sure)).mean(axis=1)
        return found

    def _hinge(self, scores: Array, y: Array) -> Array:
        margin = (2 * y - 1) * (2 * scores - 1)
        found: Array = np.maximum(0.0, 1.0 - margin).mean(axis=1)
        return found


@measures("accuracy", BINARY, MULTICLASS)
class Accuracy(RightOrWrong):
    """The fraction of rows whose class is predicted."""

    title, share = "accuracy", True

    def parts(self, said: Array, y: Array) -> Array:
        right: Array = (said.argmax(axis=1) == y).astype(float)[:, None]
        return right

    def within(self, parts: Array) -> Interval:
        """Wilson's."""
        return wilson(round(parts[:, 0].sum()), len(parts))

    def among(self, parts: Array) -> Array:
        """All rows."""
        return np.ones(len(parts))

    def standard_error(self, value: float, counts: Sequence[int]) -> float:
        return error_of_share(value, sum(counts))


class _OfLabels(OfRows):
    """Counted over all labels together; Keras predicts a label from beyond a half on."""

    share, counts = True, True

    def of_epoch(self, said: Array, y: Array) -> float:
        return self.value((said > 0.5).astype(float), y)


@measures("accuracy", MULTILABEL)
class LabelAccuracy(_OfLabels):
    """The fraction of all labels that are predicted rightly."""

    title = "accuracy of labels"

    def parts(self, said: Array, y: Array) -> Array:
        right: Array = ((said >= 0.5) == (y == 1)).mean(axis=1)[:, None]
        return right

    standard_error = Accuracy.standard_error


class _Hits(ByRatio):
    """From hits, and from something else that is counted."""

    share, counts = True, True

    def parts(self, said: Array, y: Array) -> Array:
        if y.ndim == 2:
            there, called = y == 1, said >= 0.5
        else:
            there, called = (y == 1)[:, None], (said.argmax(axis=1) == 1)[:, None]
        hits, others = there & called, self.others(there, called)
        return np.column_stack([hits.sum(axis=1), others.sum(axis=1)]).astype(float)

    def others(self, there: Array, called: Array) -> Array:
        """Which count beside the hits."""
        raise NotImplementedError

    def of(self, means: Array) -> Array:
        found: Array = means[..., 0] / np.maximum(means[..., 1], TINY)
        return found

    def within(self, parts: Array) -> Interval | None:
        """Wilson's of those that could be hits."""
        hits, of = (round(total) for total in parts.sum(axis=0))
        return wilson(hits, of) if of else None


@measures("precision", BINARY)
class Precision(_Hits):
    """Of the rows that are predicted so, the fraction that are."""

    title, keras = "precision", "Precision"

    def others(self, there: Array, called: Array) -> Array:
        return called


@measures("recall", BINARY)
class Recall(_Hits):
    """Of the rows of the class, the fraction that are predicted so."""

    title, keras = "recall", "Recall"

    def others(self, there: Array, called: Array) -> Array:
        return there

    def standard_error(self, value: float, counts: Sequence[int]) -> float:
        return error_of_share(value, counts[1]) if len(counts) == 2 and min(counts) else 0.0


@measures("f1", BINARY)
class F1(_Hits):
    """Of the second class."""

    title, keras = "F1", "F1Score"

    def keras_options(self, outputs: int) -> Mapping[str, Any]:
        return {"average": "micro", "threshold": 0.5}

    def others(self, there: Array, called: Array) -> Array:
        missed: Array = there != called
        return missed

    def of(self, means: Array) -> Array:
        return f1_of(means)

    def among(self, parts: Array) -> Array:
        """Hits and misses."""
        found: Array = parts.sum(axis=1)
        return found

    def from_ratio(self, found: Interval) -> Interval:
        """See `of_f1`."""
        return as_f1(found)

    def within(self, parts: Array) -> Interval | None:
        """From Wilson's; see `of_f1`."""
        hits, misses = (round(total) for total in parts.sum(axis=0))
        return of_f1(hits, misses) if hits + misses else None


class _Micro(_OfLabels, _Hits):
    def within(self, parts: Array) -> Interval | None:
        """By bootstrap, since the labels of a row belong together."""
        return bootstrapped(parts, self.of)


@measures("precision", MULTILABEL)
class MicroPrecision(_Micro, Precision):
    """Over all labels together."""

    title = "micro precision"


@measures("recall", MULTILABEL)
class MicroRecall(_Micro, Recall):
    """Over all labels together."""

    title = "micro recall"


@measures("f1", MULTILABEL)
class MicroF1(_Micro, F1):
    """Over all labels together."""

    title = "micro F1"

    def within(self, parts: Array) -> Interval:
        """By bootstrap; without an error, as many rows may hold one as Wilson's interval allows."""
        hits, misses = parts.sum(axis=0)
        if misses:
            return bootstrapped(parts, self.of)
        most = np.asarray(wilson(0, len(parts)).high * len(parts))
        return Interval(float(self.of(np.array([hits, most]))), 1.0)

    def beside(self, said: Array, y: Array, names: Sequence[str] | None) -> dict[str, float]:
        there, called = y == 1, said >= 0.5
        hits, missed = (there & called).mean(axis=0), there != called
        return {
            "macro F1": float(f1_of(np.column_stack([hits, missed.mean(axis=0)])).mean()),
            "Hamming loss": float(missed.mean()),
            "all labels right": float((~missed.any(axis=1)).mean()),
        }


@measures("f1", MULTICLASS)
class MacroF1(OfRows):
    """The mean of the F1 of each class, of those among the rows or their predictions."""

    title, share, counts, keras = "macro F1", True, True, "F1Score"

    def keras_options(self, outputs: int) -> Mapping[str, Any]:
        return {"average": "macro"}

    def parts(self, said: Array, y: Array) -> Array:
        """Of each class hits, predictions and rows."""
        there = self.task.truth(y, said.shape[1])
        called = said.argmax(axis=1)[:, None] == np.arange(said.shape[1])
        return np.hstack([there & called, called, there]).astype(float)

    def of(self, means: Array) -> Array:
        """As scikit-learn has it."""
        hits, called, there = np.split(means, 3, axis=-1)
        either = called + there
        of_class = 2 * hits / np.maximum(either, TINY)
        found: Array = of_class.sum(axis=-1) / np.maximum((either > 0).sum(axis=-1), 1)
        return found

    def of_epoch(self, said: Array, y: Array) -> float:
        """Keras's: the mean over all classes, and each is predicted that has the highest value."""
        there, called = self.task.truth(y, said.shape[1]), said == said.max(axis=1, keepdims=True)
        parts = np.stack([(there & called).mean(axis=0), (there != called).mean(axis=0)], axis=-1)
        return float(f1_of(parts).mean())

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """Of a mean over the classes that are there or predicted."""
        if estimate.in_blocks:
            return super().interval(said, y, estimate)
        parts = self.parts(said, y)
        _, called, there = np.split(parts.sum(axis=0), 3)
        some = parts[:, np.tile(called + there > 0, 3)]
        return ClassMeans(some, Draws.of(len(y)), says_one(said)).of("F1")[1]
