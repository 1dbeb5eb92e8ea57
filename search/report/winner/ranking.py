"""How well do a model's shares put the rows of a class before all others?

Curves, areas and averages equal scikit-learn's, whose import takes as long as ten figures; the
area's interval is DeLong's (1988) on the logit scale, the others are by bootstrap. With groups all
are by draws of these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import Draws, by_spread
from search.metrics.ranking import area as area_of
from search.metrics.ranking import interval_of_area, mean_of_drawn, resampled
from search.report.digits import number, span
from search.report.tables import HtmlTable
from search.report.winner.one_vs_rest import Questions
from search.study.answer import Interval

MOST_POINTS = 200
"""Of a curve that is drawn."""
THRESHOLDS = np.arange(1, 20) / 20
"""At which a drawn curve tells its rates."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """One class or label against the rest.

    Attributes:
        name: Of the class.
        rows: Rows of the class, and of all others.
        area: Under the ROC curve; None where one of `rows` is 0.
        interval: Of the area; None where it is perfect, or where there are too few rows.
        average_precision: None as the area is.
        precision_interval: Of the average precision; None as the area's.
        drawn: Area and average precision of rows drawn with replacement, shape (draws, 2).
        roc: False and true positive rate, shape (points, 2); empty where there is no area.
        recalled: Recall and precision, shape (points, 2).
        at: Thresholds with false and true positive rate and precision at each, shape
            (thresholds, 4); a row is of the class where its probability is no lower. The
            precision is NaN where there is no such row.
    """

    name: str
    rows: tuple[int, int]
    area: float | None = None
    interval: Interval | None = None
    average_precision: float | None = None
    precision_interval: Interval | None = None
    drawn: Array = field(default_factory=lambda: np.empty((0, 2)))
    roc: Array = field(default_factory=lambda: np.empty((0, 2)))
    recalled: Array = field(default_factory=lambda: np.empty((0, 2)))
    at: Array = field(default_factory=lambda: np.empty((0, 4)))


def rankings(questions: Questions) -> list[Ranking]:
    """Of each class or label, in order."""
    draws = Draws.of(len(questions.truth), questions.blocks)
    columns = zip(questions.names, questions.truth.T, questions.shares.T, strict=True)
    return [_ranking(name, truth, shares, draws) for name, truth, shares in columns]


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


def ranking_table(found: Sequence[Ranking], kind: str) -> HtmlTable:
    """Every class or label against the rest, with the mean over them where there are several.

    Args:
        found: At least one.
        kind: "class" or "label".
    """
    rows = [
        (
            r.name,
            *(f"{count:,}" for count in r.rows),
            _number(r.area, r.interval),
            _ends(r.interval),
            _number(r.average_precision, r.precision_interval),
            _ends(r.precision_interval),
            f"{r.rows[0] / max(1, sum(r.rows)):.3f}",
        )
        for r in found
    ]
    known = [r for r in found if r.area is not None]
    if len(known) > 1:
        means = macro_average(found)
        drawn = mean_of_drawn([r.drawn for r in known]).T
        told = [
            text
            for mean, of_draws in zip(means, drawn, strict=True)
            for within in [by_spread(mean, of_draws)]
            for text in (_number(mean, within), _ends(within))
        ]
        rows.append((f"macro average of {len(known)}", "", "", *told, ""))
    header = (kind, "its rows", "other rows", "ROC AUC", "95 %", "average precision", "95 %",
              "average precision by chance")  # fmt: skip
    caption = f"ROC AUC and average precision on held-out data: each {kind} against the rest"
    return HtmlTable(caption, header, rows, frozenset({1, 2, 3, 5, 7}))


def _number(value: float | None, within: Interval | None) -> str:
    return "–" if value is None else number(value, within, of_share=True)


def _ends(interval: Interval | None) -> str:
    return span(interval) if interval else "–"


def _ranking(name: str, truth: Array, shares: Array, draws: Draws) -> Ranking:
    rows = (int(truth.sum()), int((~truth).sum()))
    if not all(rows):
        return Ranking(name, rows)
    roc, recalled = _curves(truth, shares)
    average = float((np.diff(recalled[:, 0]) * recalled[1:, 1]).sum())
    area, drawn = area_of(shares[truth], shares[~truth]), resampled(truth, shares, draws)
    for place, value in enumerate((area, average)):
        drawn[:, place] = draws.widened(value, drawn[:, place], share=True)
    of_area = interval_of_area(shares[truth], shares[~truth])
    if draws.blocks is not None:
        of_area = by_spread(area, drawn[:, 0])
    return Ranking(
        name=name,
        rows=rows,
        area=area,
        interval=of_area,
        average_precision=average,
        precision_interval=by_spread(average, drawn[:, 1]) if min(rows) > 1 else None,
        drawn=drawn,
        roc=_thinned(roc),
        recalled=_thinned(recalled),
        at=_at_thresholds(truth, shares),
    )


def _curves(truth: Array, shares: Array) -> tuple[Array, Array]:
    """False and true positive rate, and recall and precision, from the highest threshold down.

    Args:
        truth: Which rows are of the class, some and not all; bool, shape (rows,).
        shares: Their probabilities.

    Returns:
        Shape (points, 2) each, with an end where no row is said to be of the class. Points of the
        first that lie on the line between their neighbours are left out.
    """
    order = np.argsort(-shares, kind="stable")
    last = np.append(np.flatnonzero(np.diff(shares[order])), len(order) - 1)
    right = truth[order].cumsum()[last]
    wrong = last + 1 - right
    turns = (np.diff(right, 2) != 0) | (np.diff(wrong, 2) != 0)
    kept = np.concatenate([[True], turns, [True]]) if len(last) > 2 else np.full(len(last), True)
    rates = np.column_stack([wrong / wrong[-1], right / right[-1]])[kept]
    recalled = np.column_stack([right / right[-1], right / (right + wrong)])
    return np.vstack([[0.0, 0.0], rates]), np.vstack([[0.0, 1.0], recalled])


def _at_thresholds(truth: Array, shares: Array) -> Array:
    """Of thresholds that lead to the same rates, the one in the middle."""
    said = shares >= THRESHOLDS[:, None]
    right, wrong = (said & truth).sum(axis=1), (said & ~truth).sum(axis=1)
    with np.errstate(invalid="ignore"):
        precision = right / (right + wrong)
    rates = np.column_stack([THRESHOLDS, wrong / (~truth).sum(), right / truth.sum(), precision])
    _, same = np.unique(np.column_stack([wrong, right]), axis=0, return_inverse=True)
    middle = [int(np.median(np.flatnonzero(same == one))) for one in np.unique(same)]
    found: Array = rates[sorted(middle)]
    return found


def _thinned(points: Array) -> Array:
    """Points evenly spread along a curve, its ends among them."""
    if len(points) <= MOST_POINTS:
        return points
    along = np.concatenate([[0.0], np.abs(np.diff(points, axis=0)).sum(axis=1).cumsum()])
    wanted = np.linspace(0.0, along[-1], MOST_POINTS - 1)
    chosen: Array = points[np.unique(np.append(np.searchsorted(along, wanted), len(points) - 1))]
    return chosen
