"""How do forecasts do, step by step and over time?"""

from collections.abc import Mapping

import numpy as np

from search.data.dataset import Array
from search.metrics.regression import Mae
from search.report.figures.forecasts import MOST_PANELS, Forecasts, by_step, over_time
from search.report.figures.svg import Figure
from search.report.material import Material
from search.report.winner.numbers import draws_of, interval_of
from search.study.answer import Interval
from search.study.task import REGRESSION


def forecast_figures(made: Material) -> list[Figure]:
    """Of windows of a series with a horizon of several steps; none of other rows."""
    held_out = made.run.arrays("held_out")
    of = Forecasts.of(made.run.arrays("forecasts"), held_out)
    if of is None or not np.isfinite(of.said).all():
        return []
    return [by_step(of, steps_of(of, held_out)), over_time(of)]


def steps_of(of: Forecasts, held_out: Mapping[str, Array]) -> list[list[Interval | None]]:
    """95 % intervals of the mean absolute error at each step, of each target that is drawn."""
    draws, measure = draws_of(held_out), Mae("mae", REGRESSION)
    return [
        [
            interval_of(measure, of.said[:, [step], target], of.y[:, [step], target], draws)
            for step in range(of.y.shape[1])
        ]
        for target in range(min(MOST_PANELS, of.y.shape[2]))
    ]
