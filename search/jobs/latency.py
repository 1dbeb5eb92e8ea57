"""How long does a call of the winner's model take?"""

import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from search.data.columns import Columns
from search.data.dataset import Array
from search.data.rows_in_file import Features, at_once

MANY = 1000
"""Rows of the larger call."""
TIMES, ENOUGH = 7, 0.3
"""Calls of each size, after one that is not counted; fewer where they take so many seconds."""


def latency(model: Any, rows: Columns | Features) -> dict[str, Array]:
    """Median seconds of a call, of one row and of many.

    Args:
        model: As it is saved.
        rows: Such as it takes.

    Returns:
        `one` and `many`, in seconds; `rows` of `many`; `cores` that the process may use. Empty for
        a model of a fixed number of rows.
    """
    from search.training.asking import ask
    from search.training.fixed_batch import fixed_batch
    from search.training.model_inputs import inputs_of
    from search.training.predict import raw_inputs

    if fixed_batch(model):
        return {}
    most = min(MANY, len(rows))
    if not isinstance(rows, Columns):
        most = min(most, at_once(rows, MANY))

    def given(count: int) -> Any:
        if isinstance(rows, Columns):
            return raw_inputs(rows.take(np.arange(count)))
        return inputs_of(rows[:count])

    one, many = (_seconds(lambda x: ask(model, x), given(count)) for count in (1, most))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    told = {"one": one, "many": many, "rows": most, "cores": cores or 1}
    return {name: np.asarray(value) for name, value in told.items()}


def _seconds(call: Callable[[Any], Any], given: Any) -> float:
    call(given)
    begun = time.perf_counter()
    taken: list[float] = []
    while len(taken) < TIMES and time.perf_counter() - begun < ENOUGH:
        before = time.perf_counter()
        call(given)
        taken.append(time.perf_counter() - before)
    return median(taken)
