"""How do forecasts do, step by step and over time?"""

from collections.abc import Mapping

import numpy as np

from search.data.dataset import Array
from search.data.series_rows import Blocks, blocks_of
from search.metrics.intervals import Draws
from search.metrics.regression import Mae
from search.report.figures.forecasts import MOST_PANELS, Forecasts, by_step, over_time
from search.report.figures.svg import Figure
from search.report.material import Material
from search.report.tables import HtmlTable
from search.report.winner.numbers import draws_of, ends, interval_of
from search.study.answer import Interval
from search.study.task import REGRESSION

MOST_GROUPS = 12
"""Of series in a table."""
MAE = Mae("mae", REGRESSION)


def forecast_figures(made: Material) -> list[Figure]:
    """Of windows of a series with a horizon of several steps; none of other rows."""
    held_out = made.run.arrays("held_out")
    of = Forecasts.of(made.run.arrays("forecasts"), held_out)
    if of is None or not np.isfinite(of.said).all():
        return []
    return [by_step(of, steps_of(of, held_out)), over_time(of)]


def group_tables(kept: Mapping[str, Array], held_out: Mapping[str, Array]) -> list[HtmlTable]:
    """The mean absolute error of each series, the worst first; nothing of one series.

    Args:
        kept: As `StoredRun.arrays` says of "forecasts".
        held_out: The same of "held_out".
    """
    blocks = blocks_of(held_out)
    if blocks is None or "group_errors" not in kept or "predictions" not in held_out:
        return []
    of_rows, targets = kept["groups"][kept["first"]], kept["targets"].tolist()
    codes, shape = np.unique(of_rows), (len(of_rows), -1, len(targets))
    y, said = (held_out[name].astype(float).reshape(shape) for name in ("y", "predictions"))
    if len(codes) < 2 or not np.isfinite(said).all():
        return []
    far, unit = np.abs(said - y), y.reshape(-1, len(targets)).std(axis=0)
    far = np.array([far[of_rows == code].mean(axis=(0, 1)) for code in codes])
    order = np.argsort(-far / np.where(unit > 0, unit, 1), axis=None, kind="stable")
    each = [divmod(at, len(targets)) for at in order[:MOST_GROUPS].tolist()]
    best = kept["errors"].mean(axis=1) / np.where(unit > 0, unit, 1)
    model = int(best.mean(axis=1).argmin())
    rows = []
    for place, target in each:
        own = of_rows == codes[place]
        draws = Draws.of(int(own.sum()), Blocks(blocks.moments[own], blocks.length))
        within = interval_of(MAE, said[own][:, :, target], y[own][:, :, target], draws)
        named = (str(kept["group_names"][codes[place]]), *targets[target : target + 1])
        rows.append((
            ", ".join(named if len(targets) > 1 else named[:1]), f"{int(own.sum()):,}",
            f"{far[place, target]:.4g}", ends(within),
            f"{kept['group_errors'][model, place, target]:.4g}",
        ))  # fmt: skip
    more = f"; {order.size - len(each):,} more" if order.size > len(each) else ""
    worst = "the largest error first" + " in deviations of the target" * (len(targets) > 1)
    caption = f"Error of each series on held-out data, {worst}{more}"
    header = ("series", "windows", "MAE", "95 %", f"MAE of the {kept['models'][model]}")
    return [HtmlTable(caption, header, rows, frozenset({1, 2, 4}))]


def steps_of(of: Forecasts, held_out: Mapping[str, Array]) -> list[list[Interval | None]]:
    """95 % intervals of the mean absolute error at each step, of each target that is drawn."""
    draws = draws_of(held_out)
    return [
        [
            interval_of(MAE, of.said[:, [step], target], of.y[:, [step], target], draws)
            for step in range(of.y.shape[1])
        ]
        for target in range(min(MOST_PANELS, of.y.shape[2]))
    ]
