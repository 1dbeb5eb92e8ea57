"""How near are numbers met?"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import blocks_of
from search.metrics.base import Estimate
from search.metrics.intervals import Draws, by_groups
from search.metrics.of_rows import OfErrors, OfRows
from search.metrics.regression import R2, Mae, Rmse
from search.report.digits import number, significant, span
from search.report.tables import HtmlTable
from search.study.answer import Interval, Score
from search.study.task import REGRESSION

NEARNESS = R2("r2", REGRESSION), Mae("mae", REGRESSION), Rmse("rmse", REGRESSION)


def numbers_table(
    held_out: Mapping[str, Array], names: Sequence[str], headline: Score
) -> HtmlTable:
    """How near each target is met on held-out, in its own units.

    Args:
        held_out: `y` and `predictions`, shape (rows, targets); of windows of a series also which of
            them depend on each other.
        names: Of the targets.
        headline: Of the winner; of one target, its interval stands here too.
    """
    truth, said = held_out["y"].astype(float), held_out["predictions"].astype(float)
    draws = draws_of(held_out)
    rows = [
        _row(name, y, given, draws) for name, y, given in zip(names, truth.T, said.T, strict=True)
    ]
    if len(rows) == 1 and headline.measure == "R²":
        rows[0][1:3] = number(headline.value, headline.interval), ends(headline.interval)
    header = ("target", "R²", "95 %", "MAE", "95 %", "RMSE", "95 %", "bias", "largest error",
              "std of the target")  # fmt: skip
    caption = f"Each target on held-out data ({len(truth):,} rows)"
    if draws is not None:
        how = "blocks of neighbouring windows" if draws.groups is None else "group"
        caption = f"{caption[:-1]}; intervals by {how})"
    return HtmlTable(caption, header, rows, frozenset({1, 3, 5, 7, 8, 9}))


def draws_of(held_out: Mapping[str, Array]) -> Draws | None:
    """Draws of blocks or groups, where rows depend on each other; None of other rows."""
    blocks = blocks_of(held_out)
    return None if blocks is None else Draws.of(len(held_out["y"]), blocks)


def interval_of(measure: OfRows, said: Array, truth: Array, draws: Draws | None) -> Interval | None:
    """A 95 % interval of a measure of one target.

    Args:
        measure: Of numbers.
        said: Predictions, shape (rows, 1).
        truth: The same shape.
        draws: As by `draws_of`.

    Returns:
        None where rows drawn anew do not change it.
    """
    if draws is None and not isinstance(measure, OfErrors):
        return by_groups(measure.parts(said, truth), measure.of)
    if draws is None:
        return measure.interval(said, truth, Estimate(measure.value(said, truth)))
    return measure.interval(said, truth, measure.estimate(said, truth, draws))


def _row(name: str, truth: Array, said: Array, draws: Draws | None) -> list[str]:
    if not np.isfinite(said).all():
        return [name, *["–"] * 8, significant(float(truth.std()))]
    errors, told = said - truth, []
    for measure in NEARNESS:
        pair = said[:, None], truth[:, None]
        within = interval_of(measure, *pair, draws)
        told += [number(measure.value(*pair), within), ends(within)]
    return [
        name,
        *told,
        *(significant(float(v)) for v in (errors.mean(), np.abs(errors).max(), truth.std())),
    ]


def ends(interval: Interval | None) -> str:
    """An interval's two ends; a dash for none."""
    return "–" if interval is None else span(interval, of_share=False)
