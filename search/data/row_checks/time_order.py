"""Does a split at random let a model train on rows that are newer than those it is judged by?"""

import math
import re
from collections.abc import Iterator

import numpy as np

from search.data.columns import Array
from search.data.dataset import Dataset
from search.data.row_checks.groups import targets_of
from search.data.split import Parts
from search.study.checks import Found

_NAMES = re.compile(r"(^|[^a-z])(year|date|time|timestamp|datetime)([^a-z]|$)", re.IGNORECASE)
"""How a column of numbers is called that says when a row was."""
LIKE_THE_ONE_BEFORE = 0.2
"""Correlation of a row's target with that of the row before in time."""
SURE = 4.5
"""Standard errors: one false alarm in 100,000 columns of dates."""
ROWS = 20_000


def time_order(data: Dataset, parts: Parts) -> Iterator[Found]:
    """Check S025, of a table whose rows were drawn at random."""
    columns, rows = data.columns, parts.numbers[0][:ROWS]
    if columns is None:
        return
    for name in columns.names:
        is_number = columns.kinds[name] == "number" and _NAMES.search(name)
        if columns.kinds[name] != "date" and not is_number:
            continue
        there = rows[~columns.missing(name)[rows]]
        order = there[np.argsort(columns[name][there], kind="stable")]
        found = max(map(_like_before, targets_of(data, order).T), default=0.0)
        if found >= LIKE_THE_ONE_BEFORE and found * math.sqrt(len(order)) >= SURE:
            yield Found(
                "S025",
                f"the target changes with {name!r} (in its order, neighbouring rows' targets "
                f"correlate by {found:.2f}), and rows were drawn at random: models train on newer "
                "rows than some they are judged by; if they are to predict what comes, say "
                f"table(…, time={name!r})",
            )


def _like_before(numbers: Array) -> float:
    spread = float(numbers.std())
    if len(numbers) < 3 or not spread:
        return 0.0
    own = numbers - numbers.mean()
    return float((own[1:] * own[:-1]).mean()) / spread**2
