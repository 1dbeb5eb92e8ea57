"""How well do a model's shares put the rows of a class before all others?

Areas and averages are scikit-learn's; the area's interval is DeLong's (1988) on the logit scale.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from search.report.tables import Table
from search.report.winner.questions import Questions
from search.report.wording import share, span
from search.study.answer import Interval
from search.study.dataset import Array

MOST_POINTS = 200
"""Of a curve that is drawn."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """One class or label against the rest.

    Attributes:
        name: Of the class.
        rows: Rows of the class, and of all others.
        area: Under the ROC curve; None where one of `rows` is 0.
        interval: Of the area; None where it is perfect, or where there are too few rows.
        average_precision: None as the area is.
        roc: False and true positive rate, shape (points, 2); empty where there is no area.
        recalled: Recall and precision, shape (points, 2).
    """

    name: str
    rows: tuple[int, int]
    area: float | None = None
    interval: Interval | None = None
    average_precision: float | None = None
    roc: Array = field(default_factory=lambda: np.empty((0, 2)))
    recalled: Array = field(default_factory=lambda: np.empty((0, 2)))


def rankings(questions: Questions) -> list[Ranking]:
    """Of each class or label, in order."""
    columns = zip(questions.names, questions.truth.T, questions.shares.T, strict=True)
    return [_ranking(name, truth, shares) for name, truth, shares in columns]


def macro_roc(found: Sequence[Ranking]) -> Array:
    """The mean true positive rate of all curves at each false positive rate, shape (101, 2)."""
    across = np.linspace(0.0, 1.0, 101)
    curves = [np.interp(across, *ranking.roc.T) for ranking in found if len(ranking.roc)]
    return np.column_stack([across, np.mean(curves, axis=0)])


def macro_average(found: Sequence[Ranking]) -> tuple[float, float]:
    """Mean area and mean average precision over those that have one, at least one."""
    known = [(r.area, r.average_precision) for r in found if r.area is not None]
    area, precision = np.array(known, float).mean(axis=0).tolist()
    return area, precision


def ranking_table(found: Sequence[Ranking], kind: str) -> Table:
    """Every class or label against the rest, with the mean over them where there are several.

    Args:
        found: At least one.
        kind: "class" or "label".
    """
    rows = [
        (
            r.name,
            *(f"{count:,}" for count in r.rows),
            _number(r.area),
            span(r.interval) if r.interval else "–",
            _number(r.average_precision),
            f"{r.rows[0] / max(1, sum(r.rows)):.3f}",
        )
        for r in found
    ]
    known = sum(r.area is not None for r in found)
    if known > 1:
        area, precision = macro_average(found)
        name = f"macro average of {known}"
        rows.append((name, "", "", _number(area), "", _number(precision), ""))
    header = (kind, "its rows", "other rows", "ROC AUC", "95 %", "average precision", "by chance")
    caption = f"How the shares rank the held-out rows: each {kind} against the rest"
    return Table(caption, header, rows, frozenset({1, 2, 3, 5, 6}))


def _number(value: float | None) -> str:
    return "–" if value is None else share(value)


def _ranking(name: str, truth: Array, shares: Array) -> Ranking:
    from sklearn.metrics import (
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
        roc_curve,
    )

    rows = (int(truth.sum()), int((~truth).sum()))
    if not all(rows):
        return Ranking(name, rows)
    false, true, _ = roc_curve(truth, shares)
    precision, recall, _ = precision_recall_curve(truth, shares)
    return Ranking(
        name=name,
        rows=rows,
        area=float(roc_auc_score(truth, shares)),
        interval=_interval_of_area(shares[truth], shares[~truth]),
        average_precision=float(average_precision_score(truth, shares)),
        roc=_thinned(false, true),
        recalled=_thinned(recall[::-1], precision[::-1]),
    )


def _interval_of_area(inside: Array, outside: Array) -> Interval | None:
    """By how often each row of the class stands before the others, and each other behind it."""
    from scipy.special import expit, logit
    from scipy.stats import rankdata

    if min(len(inside), len(outside)) < 2:
        return None
    ranks = rankdata(np.concatenate([inside, outside]))
    before = (ranks[: len(inside)] - rankdata(inside)) / len(outside)
    behind = 1.0 - (ranks[len(inside) :] - rankdata(outside)) / len(inside)
    area = float(before.mean())
    variance = before.var(ddof=1) / len(inside) + behind.var(ddof=1) / len(outside)
    if not 0 < area < 1 or variance <= 0:
        return None
    half = 1.959964 * math.sqrt(variance) / (area * (1 - area))
    return Interval(*(float(expit(logit(area) + side)) for side in (-half, half)))


def _thinned(x: Array, y: Array) -> Array:
    """Points evenly spread along a curve, its ends among them."""
    points = np.column_stack([x, y])
    if len(points) <= MOST_POINTS:
        return points
    along = np.concatenate([[0.0], np.abs(np.diff(points, axis=0)).sum(axis=1).cumsum()])
    wanted = np.linspace(0.0, along[-1], MOST_POINTS - 1)
    chosen: Array = points[np.unique(np.append(np.searchsorted(along, wanted), len(points) - 1))]
    return chosen
