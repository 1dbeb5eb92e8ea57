"""How near are numbers met?"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import bootstrapped
from search.metrics.regression import R2, Mae, Rmse
from search.report.tables import HtmlTable
from search.study.answer import Interval, Score
from search.study.task import REGRESSION

NEARNESS = R2("r2", REGRESSION), Mae("mae", REGRESSION), Rmse("rmse", REGRESSION)
MOST_SUMS = 500
"""Of more rows, the sums of so many groups are resampled in place of the rows: a bootstrap of
100,000 rows takes seconds, one of 500 groups 0.03 s, and its width is right to a few percent."""


def numbers_table(
    held_out: Mapping[str, Array], names: Sequence[str], headline: Score
) -> HtmlTable:
    """How near each target is met on held-out, in its own units.

    Args:
        held_out: `y` and `predictions`, shape (rows, targets).
        names: Of the targets.
        headline: Of the winner; of one target, its interval stands here too.
    """
    truth, said = held_out["y"].astype(float), held_out["predictions"].astype(float)
    rows = [_row(name, *of) for name, *of in zip(names, truth.T, said.T, strict=True)]
    if len(rows) == 1 and headline.measure == "R²":
        rows[0][2] = ends(headline.interval)
    header = ("target", "R²", "95 %", "MAE", "95 %", "RMSE", "95 %", "bias", "largest error",
              "std of the target")  # fmt: skip
    caption = f"Each target on held-out data ({len(truth):,} rows)"
    return HtmlTable(caption, header, rows, frozenset({1, 3, 5, 7, 8, 9}))


def _row(name: str, truth: Array, said: Array) -> list[str]:
    if not np.isfinite(said).all():
        return [name, *["–"] * 8, f"{truth.std():.4g}"]
    errors, told = said - truth, []
    for measure in NEARNESS:
        parts = measure.parts(said[:, None], truth[:, None])
        interval = bootstrapped(grouped(parts), measure.of)
        told += [f"{measure.of(parts.mean(axis=0)):.4g}", ends(interval)]
    return [
        name,
        *told,
        *(f"{v:.4g}" for v in (errors.mean(), np.abs(errors).max(), truth.std())),
    ]


def ends(interval: Interval) -> str:
    """An interval's two ends, in four digits."""
    joint = " to " if interval.low < 0 else "–"
    return f"{interval.low:.4g}{joint}{interval.high:.4g}"


def grouped(rows: Array) -> Array:
    """Sums of groups of rows drawn at random, scaled so that their mean is that of the rows."""
    if len(rows) <= MOST_SUMS:
        return rows
    drawn = rows[np.random.default_rng(0).permutation(len(rows))]
    starts = np.linspace(0, len(rows), MOST_SUMS, endpoint=False).astype(int)
    sums: Array = np.add.reduceat(drawn, starts) * (MOST_SUMS / len(rows))
    return sums
