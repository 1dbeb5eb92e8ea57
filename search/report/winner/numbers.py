"""How near are numbers met?"""

from collections.abc import Mapping, Sequence

import numpy as np

from search.data.dataset import Array
from search.metrics.intervals import bootstrapped
from search.report.tables import HtmlTable
from search.study.answer import Interval, Score

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
        rows[0][2] = _ends(headline.interval)
    header = ("target", "R²", "95 %", "MAE", "95 %", "RMSE", "95 %", "bias", "largest error",
              "spread of the truth")  # fmt: skip
    caption = f"Each target on held-out, {len(truth):,} rows"
    return HtmlTable(caption, header, rows, frozenset({1, 3, 5, 7, 8, 9}))


def _row(name: str, truth: Array, said: Array) -> list[str]:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    if not np.isfinite(said).all():
        return [name, *["–"] * 8, f"{truth.std():.4g}"]
    errors = said - truth
    centred = truth - truth.mean()  # else squares of large numbers lose the digits that tell
    sums = _grouped(
        np.column_stack([np.square(errors), np.abs(errors), centred, np.square(centred)])
    )
    intervals = (bootstrapped(sums, of) for of in (_r_squared, _mae, _rmse))
    values = (f(truth, said) for f in (r2_score, mean_absolute_error, root_mean_squared_error))
    told = [text for v, i in zip(values, intervals, strict=True) for text in (f"{v:.4g}", _ends(i))]
    return [
        name,
        *told,
        *(f"{v:.4g}" for v in (errors.mean(), np.abs(errors).max(), truth.std())),
    ]


def _ends(interval: Interval) -> str:
    joint = " to " if interval.low < 0 else "–"
    return f"{interval.low:.4g}{joint}{interval.high:.4g}"


def _grouped(rows: Array) -> Array:
    """Sums of groups of rows drawn at random, scaled so that their mean is that of the rows."""
    if len(rows) <= MOST_SUMS:
        return rows
    drawn = rows[np.random.default_rng(0).permutation(len(rows))]
    starts = np.linspace(0, len(rows), MOST_SUMS, endpoint=False).astype(int)
    sums: Array = np.add.reduceat(drawn, starts) * (MOST_SUMS / len(rows))
    return sums


def _r_squared(means: Array) -> Array:
    squared, _, mean, squares = np.moveaxis(means, -1, 0)
    found: Array = 1.0 - squared / np.maximum(squares - np.square(mean), 1e-300)
    return found


def _mae(means: Array) -> Array:
    return means[..., 1]


def _rmse(means: Array) -> Array:
    found: Array = np.sqrt(means[..., 0])
    return found
