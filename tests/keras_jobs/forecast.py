"""A forecast from a table of measurements: the length of the window is searched."""

import numpy as np
import pandas as pd

from search import Budget, DenseSpace, Finals, Int, Study, series

time = np.arange(600)
load = 10 + 3 * np.sin(time * 2 * np.pi / 24) + np.random.default_rng(0).normal(0, 0.5, 600)
hours = pd.date_range("2026-01-01", periods=600, freq="h")
study = Study(
    data=series(
        pd.DataFrame({"hour": hours, "load": load}),
        target="load",
        window=Int(12, 36),
        horizon=6,
        time="hour",
    ),
    space=DenseSpace(),
    budget=Budget(trials=2, epochs=3),
    finals=Finals(top=1, seeds=1),
)
