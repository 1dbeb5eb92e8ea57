"""The measures that this package knows by itself: value, interval, resamples, direction, format.

What is not among them, such as a custom metric, is computed by the model's own compiled metric on a
worker (`search.training.own_measure`) and comes as an `Estimate`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from search.data.dataset import Array
from search.metrics.area import area, interval_of_area, resampled
from search.metrics.class_means import ClassMeans
from search.metrics.intervals import Draws, bootstrapped, by_spread, of_f1, wilson
from search.metrics.row_losses import row_losses
from search.study.answer import Interval
from search.study.task import BINARY, MULTICLASS, MULTILABEL, REGRESSION, TASKS

TINY = 1e-300
EQUAL = 1e-12
"""Of the mean of squares, a variance that rounding alone makes."""

SKEWED = 1.0
"""Skewness of draws from which on an interval that is even to both sides is wrong for it."""
REACHED = 0.3
"""Part of the draws that have a value exactly, where it is a maximum of rows: 63 in 100 have."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A measure's value on rows, and the same of rows drawn anew.

    Models are compared by the difference of their draws, which are of the same rows.

    Attributes:
        value: On all rows.
        drawn: Of `Draws`, from the first on, shape (draws,); empty where it cannot be resampled.
        title: What it is called for people; empty for its own name.
    """

    value: float
    drawn: Array = field(default_factory=lambda: np.empty(0))
    title: str = ""


class Measure:
    """Where nothing else is known: a number that a worker measures.

    Args:
        title: For people.
        maximize: Whether more is better.
        share: Whether it is told with three digits, as what has a natural 1.
    """

    def __init__(self, title: str, *, maximize: bool, share: bool = False) -> None:
        self.title = title
        self.maximize = maximize
        self.share = share

    counts = False
    """Whether it is made of rows that are right or wrong, so that few of them may decide."""

    def better(self, gap: float) -> float:
        """A difference with the sign that it is better with."""
        return gap if self.maximize else -gap

    def resolution(self, y: Array) -> float:
        """A difference that rounding alone may make.

        Args:
            y: The truth.
        """
        del y
        return 1e-9

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """A 95 % interval; None where its draws do not vary.

        Args:
            said: Predictions.
            y: The truth.
            estimate: Of them.
        """
        del said, y
        return by_draws(estimate)


class OfRows(Measure):
    """What is made of means over rows.

    Args:
        title: For people.
        maximize: Whether more is better.
        parts: What each row adds, from predictions and truth, shape (rows, sums).
        of: From means, shape (…, sums), to the measure, shape (…).
        share: As in `Measure`.
        counts: As in `Measure`.
        right_or_wrong: Whether it is the part of rows that are right, so that McNemar's exact test
            compares two models.
        within: Its interval; by bootstrap where left out.
        resolution: As in `Measure`.
    """

    def __init__(  # noqa: PLR0913 - all that a measure is
        self,
        title: str,
        *,
        maximize: bool,
        parts: Callable[[Array, Array], Array],
        of: Callable[[Array], Array],
        share: bool = False,
        counts: bool = False,
        right_or_wrong: bool = False,
        within: "Callable[[Array, Estimate], Interval | None] | None" = None,
        resolution: Callable[[Array], float] = lambda _: 1e-9,
    ) -> None:
        super().__init__(title, maximize=maximize, share=share)
        self.parts, self.of, self.counts = parts, of, counts
        self.right_or_wrong = right_or_wrong
        self._within, self._resolution = within, resolution

    def resolution(self, y: Array) -> float:
        """See `Measure`."""
        return self._resolution(y)

    def estimate(self, said: Array, y: Array, draws: Draws) -> Estimate:
        """Its value and draws."""
        parts = self.parts(said, y)
        with np.errstate(all="ignore"):
            return Estimate(float(self.of(parts.mean(axis=0))), self.of(draws.means(parts)))

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """See `Measure`."""
        parts = self.parts(said, y)
        if self._within:
            return self._within(parts, estimate)
        return bootstrapped(parts, self.of)


class Area(Measure):
    """Area under the ROC curve; of several classes or labels the mean of each against the rest."""

    def __init__(self, task: str) -> None:
        mean = "" if task == BINARY.name else "macro "
        super().__init__(f"{mean}ROC AUC", maximize=True, share=True)
        self._task = task

    def estimate(self, said: Array, y: Array, draws: Draws) -> Estimate:
        """Its value and draws."""
        pairs = self._pairs(said, y)
        areas = [area(column[truth], column[~truth]) for column, truth in pairs]
        drawn = [resampled(truth, column, draws)[:, 0] for column, truth in pairs]
        known = [i for i, value in enumerate(areas) if math.isfinite(value)]
        if not known:
            return Estimate(math.nan)
        mean = mean_of_drawn([drawn[i] for i in known])
        return Estimate(float(np.mean([areas[i] for i in known])), mean)

    def interval(self, said: Array, y: Array, estimate: Estimate) -> Interval | None:
        """DeLong's of one column, else by the draws."""
        if self._task != BINARY.name:
            return by_draws(estimate)
        ((column, truth),) = self._pairs(said, y)
        return interval_of_area(column[truth], column[~truth])

    def _pairs(self, said: Array, y: Array) -> list[tuple[Array, Array]]:
        """Each column that is ranked, and which rows are of its class."""
        if self._task == BINARY.name:
            return [(said[:, -1], y.reshape(-1) == 1)]
        truth = y == 1 if self._task == MULTILABEL.name else np.arange(said.shape[1]) == y[:, None]
        return list(zip(said.T, truth.T, strict=True))


def mean_of_drawn(drawn: Sequence[Array]) -> Array:
    """The mean over classes in each draw; over those alone that the draw has rows of.

    Args:
        drawn: Of each class, of the same shape; NaN where a draw has none of its rows.
    """
    values = np.array(drawn)
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        found: Array = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
    return found


def by_draws(estimate: Estimate) -> Interval | None:
    """A 95 % interval from the spread of draws: of what lies between 0 and 1 on the logit scale."""
    value, drawn = estimate.value, estimate.drawn[np.isfinite(estimate.drawn)]
    if len(drawn) < 2 or len(drawn) < len(estimate.drawn) / 2 or not math.isfinite(value):
        return None
    if _is_extreme(value, drawn):
        return None
    if min(value, drawn.min()) >= 0 and max(value, drawn.max()) <= 1:
        return by_spread(value, estimate.drawn)
    spread = float(drawn.std())
    if spread <= 1e-9 * abs(value):
        return None
    if abs(float(np.mean(((drawn - drawn.mean()) / spread) ** 3))) > SKEWED:
        return Interval(*(float(end) for end in np.percentile(drawn, [2.5, 97.5])))
    half = 1.959964 * spread
    return Interval(value - half, value + half)


def why_no_interval(estimate: Estimate) -> str:
    """Why `by_draws` or another interval gives none.

    Args:
        estimate: Without an interval.
    """
    drawn = estimate.drawn[np.isfinite(estimate.drawn)]
    if len(drawn) < 2:
        return "it cannot be measured on rows drawn anew"
    if len(drawn) < len(estimate.drawn) / 2:
        return "most sets of rows drawn anew lack what it needs"
    if _is_extreme(estimate.value, drawn):
        return "it is the largest or smallest of all rows, which no rows drawn anew exceed"
    return "rows drawn anew do not change it"


def _is_extreme(value: float, drawn: Array) -> bool:
    """Whether draws reach a value, some of them exactly, lie on one side of it, and differ."""
    rounding = 1e-6 * abs(value)
    reached = np.abs(drawn - value) <= rounding
    one_side = bool((drawn <= value + rounding).all() or (drawn >= value - rounding).all())
    return one_side and REACHED <= float(reached.mean()) < 1


def measure_of(objective: str, task: str) -> OfRows | Area | None:
    """What an objective measures, where this package knows it.

    Args:
        objective: Such as "val_auc".
        task: Such as "binary".

    Returns:
        None for a metric of one's own.
    """
    name = objective.removeprefix("val_")
    if name == "auc" and task != REGRESSION.name:
        return Area(task)
    return _KNOWN.get((name, task))


def plain_measure(task: str) -> OfRows:
    """What stands beside the objective: accuracy, micro F1 of labels, R² of numbers."""
    names = {MULTILABEL.name: "f1", REGRESSION.name: "r2"}
    return _KNOWN[names.get(task, "accuracy"), task]


def _right(said: Array, y: Array) -> Array:
    right: Array = (said.argmax(axis=1) == y).astype(float)[:, None]
    return right


def _labels_right(said: Array, y: Array) -> Array:
    right: Array = ((said >= 0.5) == (y == 1)).mean(axis=1)[:, None]
    return right


def _called(said: Array, y: Array) -> tuple[Array, Array]:
    """Which are there and which are called so, of the class or of each label."""
    if y.ndim == 2:
        return y == 1, said >= 0.5
    return (y == 1)[:, None], (said.argmax(axis=1) == 1)[:, None]


def _hits_and(which: str) -> Callable[[Array, Array], Array]:
    """Hits of a row, and which are called so, are there, or are missed or made up."""

    def parts(said: Array, y: Array) -> Array:
        there, called = _called(said, y)
        other = {"called": called, "there": there, "missed": there != called}[which]
        return np.column_stack([(there & called).sum(axis=1), other.sum(axis=1)]).astype(float)

    return parts


def _ratio(means: Array) -> Array:
    found: Array = means[..., 0] / np.maximum(means[..., 1], TINY)
    return found


def f1_of(means: Array) -> Array:
    """From hits, and from those that are missed or made up."""
    hits, misses = means[..., 0], means[..., 1]
    found: Array = 2 * hits / np.maximum(2 * hits + misses, TINY)
    return found


def _by_class(said: Array, y: Array) -> Array:
    """Of each class hits, calls and rows."""
    classes = np.arange(said.shape[1])
    there, called = y[:, None] == classes, said.argmax(axis=1)[:, None] == classes
    return np.hstack([there & called, called, there]).astype(float)


def _macro_f1(means: Array) -> Array:
    """Of the classes that there are among the rows or their predictions, as scikit-learn has it."""
    hits, called, there = np.split(means, 3, axis=-1)
    either = called + there
    of_class = 2 * hits / np.maximum(either, TINY)
    found: Array = of_class.sum(axis=-1) / np.maximum((either > 0).sum(axis=-1), 1)
    return found


def _losses(task: str) -> Callable[[Array, Array], Array]:
    return lambda said, y: row_losses(said, y, task)[:, None]


def _first(means: Array) -> Array:
    return means[..., 0]


def _root(means: Array) -> Array:
    found: Array = np.sqrt(means[..., 0])
    return found


def _squares(said: Array, y: Array) -> Array:
    found: Array = np.square(said.astype(float) - y).mean(axis=1)[:, None]
    return found


def _distances(said: Array, y: Array) -> Array:
    found: Array = np.abs(said.astype(float) - y).mean(axis=1)[:, None]
    return found


def _errors_and_truth(said: Array, y: Array) -> Array:
    y = y.astype(float)
    centred = y - y.mean(axis=0)  # else squares of large numbers lose the digits that tell
    return np.hstack([np.square(said.astype(float) - y), centred, np.square(centred)])


def _r_squared(means: Array) -> Array:
    """Of equal targets it is not defined: 1 without an error and else 0, as in scikit-learn."""
    squared, mean, squares = np.split(means, 3, axis=-1)
    variance = squares - np.square(mean)
    varies = variance > EQUAL * squares
    defined = 1.0 - squared / np.where(varies, variance, 1.0)
    found: Array = np.where(varies, defined, squared <= TINY).mean(axis=-1)
    return found


def _wilson(parts: Array, estimate: Estimate) -> Interval | None:
    """Of a proportion: of all rows, or of those in the second column."""
    del estimate
    of = len(parts) if parts.shape[1] == 1 else round(parts[:, 1].sum())
    return wilson(round(parts[:, 0].sum()), of) if of else None


def _of_one_f1(parts: Array, estimate: Estimate) -> Interval | None:
    del estimate
    hits, misses = (round(total) for total in parts.sum(axis=0))
    return of_f1(hits, misses) if hits + misses else None


def _of_micro_f1(parts: Array, estimate: Estimate) -> Interval:
    """By bootstrap; but without an error, as many rows may hold one as Wilson's interval allows."""
    del estimate
    hits, misses = parts.sum(axis=0)
    if misses:
        return bootstrapped(parts, f1_of)
    most = np.asarray(wilson(0, len(parts)).high * len(parts))
    return Interval(float(f1_of(np.array([hits, most]))), 1.0)


def _of_macro_f1(parts: Array, estimate: Estimate) -> Interval:
    del estimate
    return ClassMeans(parts, Draws.of(len(parts))).of("F1")[1]


def _deviation(y: Array) -> float:
    return float(y.std(axis=0).mean()) or 1.0


def _fine(y: Array) -> float:
    """Of distances: float32's own rounding."""
    return 1e-6 * _deviation(y)


def _fine_squared(y: Array) -> float:
    return 1e-9 * _deviation(y) ** 2


def _accuracy(task: str) -> OfRows:
    by_label = task == MULTILABEL.name
    return OfRows(
        "accuracy of labels" if by_label else "accuracy",
        maximize=True,
        share=True,
        counts=True,
        right_or_wrong=not by_label,
        parts=_labels_right if by_label else _right,
        of=_first,
        within=None if by_label else _wilson,
    )


def _proportion(title: str, which: str, task: str) -> OfRows:
    by_label = task == MULTILABEL.name
    return OfRows(
        f"micro {title}" if by_label else title,
        maximize=True,
        share=True,
        counts=True,
        parts=_hits_and(which),
        of=_ratio,
        within=None if by_label else _wilson,
    )


def _cross_entropy(task: str) -> OfRows:
    """Shares come as float32, and are cut at 1e-7."""
    return OfRows(
        "log loss",
        maximize=False,
        parts=_losses(task),
        of=_first,
        resolution=lambda _: 1e-6,
    )


def _of_numbers(name: str) -> OfRows:
    match name:
        case "mae":
            return OfRows("MAE", maximize=False, parts=_distances, of=_first, resolution=_fine)
        case "rmse":
            return OfRows("RMSE", maximize=False, parts=_squares, of=_root, resolution=_fine)
        case "r2":
            return OfRows("R²", maximize=True, share=True, parts=_errors_and_truth, of=_r_squared)
        case _:
            return OfRows(
                "MSE", maximize=False, parts=_squares, of=_first, resolution=_fine_squared
            )


def _f1(task: str) -> OfRows:
    if task == MULTICLASS.name:
        return OfRows("macro F1", maximize=True, share=True, counts=True, parts=_by_class,
                      of=_macro_f1, within=_of_macro_f1)  # fmt: skip
    micro = task == MULTILABEL.name
    return OfRows(
        "micro F1" if micro else "F1",
        maximize=True,
        share=True,
        counts=True,
        parts=_hits_and("missed"),
        of=f1_of,
        within=_of_micro_f1 if micro else _of_one_f1,
    )


def _known(name: str, task: str) -> OfRows:
    match name:
        case "accuracy":
            return _accuracy(task)
        case "f1":
            return _f1(task)
        case "precision":
            return _proportion("precision", "called", task)
        case "recall":
            return _proportion("recall", "there", task)
        case "loss" if task != REGRESSION.name:
            return _cross_entropy(task)
        case _:
            return _of_numbers(name)


_KNOWN = {
    (name, task.name): _known(name, task.name)
    for task in TASKS.values()
    for name in task.measures
    if name != "auc"
}
