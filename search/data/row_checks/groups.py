"""Do rows of one patient, customer or device stand in two parts?"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from search.data.columns import Array
from search.data.dataset import Dataset
from search.data.row_checks.some_rows import SomeRows
from search.study.checks import Found
from search.study.plain_text import percent
from search.study.task import TASKS

_NAMES = re.compile(
    r"(^|[^a-z])(id|key|code|patient|subject|user|customer|client|person|household|family|group|"
    r"session|device|machine|account|player|student|animal|site|batch)(s|[^a-z]?(id|no|nr|number))?"
    r"([^a-z]|$)|[a-z]ID$",
    re.IGNORECASE,
)
"""How a column is called that says whose a row is."""
FEWEST = 10
"""Different values from which on a column may say whose a row is."""
ROWS_EACH = 2
"""On average, at least; and in all a tenth of the rows at most."""
PREDICTS, ALIKE = 0.1, 0.3
"""Parts of the variance, of the target and of other columns, that lie between values."""
CHANCE = 1e-6
SHARED = 0.2
"""Of the held-out rows, those whose value trains."""
MOST_OTHERS = 30
"""Columns that are looked at for whether rows of one value are alike."""


class Between(NamedTuple):
    """What part of the variance lies between values, and how likely chance makes as much."""

    part: float
    chance: float


def groups_in_both(data: Dataset, some: SomeRows) -> Iterator[Found]:
    """Check S024, of rows that were drawn at random: whole numbers and categories that repeat."""
    rows, held = some.numbers
    if data.given.groups is not None or not _is_of_lines(data):
        return
    y = targets_of(data, rows)
    if not y.size:
        return
    for place, name in enumerate(data.feature_names):
        values = _values(data, place, name)
        if values is None:
            continue
        codes, order = _codes(values[rows])
        count = int(codes.max()) + 1
        if not FEWEST <= count <= len(rows) / ROWS_EACH or len(rows) < 10 * FEWEST:
            continue
        shared = float(np.isin(values[held], values[rows]).mean())
        found = max((between(column, codes, order) for column in y.T), key=lambda one: one.part)
        if found.part < PREDICTS or found.chance > CHANCE or shared < SHARED:
            continue
        others = some.train[:, some.owners != place][:, :MOST_OTHERS]
        if _NAMES.search(name) or _alike(others, codes, order):
            each = len(rows) / count
            yield Found(
                "S024",
                f"{percent(shared)} of the held-out rows share their {name!r} with training rows "
                f"(some {each:.0f} each), and it explains {percent(found.part)} of the target's "
                "variance: if new rows are of others, scores are too good; keep each in one part "
                f"by {_fix(data, name)}",
            )


def _fix(data: Dataset, name: str) -> str:
    if data.columns is not None:
        return f"table(…, group={name!r})"
    return "arrays(…, held_out=…) with rows of others"


def _is_of_lines(data: Dataset) -> bool:
    x = data.x
    return data.columns is not None or (isinstance(x, np.ndarray) and x.ndim == 2)


def _values(data: Dataset, place: int, name: str) -> Array | None:
    """Of a column that holds whole numbers or categories; None of any other."""
    if data.columns is None:
        assert isinstance(data.x, np.ndarray)  # noqa: S101 - for mypy
        values = data.x[:, place]
        return values if values.dtype.kind in "iu" or (values == np.floor(values)).all() else None
    values = data.columns[name]
    if data.columns.kinds[name] == "category":
        return values.astype(str)
    is_whole = data.columns.kinds[name] == "number" and np.array_equal(values, np.floor(values))
    return values if is_whole else None


def _codes(values: Array) -> tuple[Array, Array | None]:
    """Of each row's value; and of numbers each row's place in their order, in -1…1."""
    different, codes = np.unique(values, return_inverse=True)
    if values.dtype.kind not in "fiu":
        return codes, None
    return codes, 2 * codes / max(1, len(different) - 1) - 1


def between(numbers: Array, codes: Array, order: Array | None) -> Between:
    """How much of some numbers' variance lies between values, beyond a smooth dependence on them.

    Args:
        numbers: Shape (rows,).
        codes: Of each row's value.
        order: Where values are ordered, as ages are: what hangs on them smoothly is no group's.
    """
    from scipy.stats import f

    rest = numbers - numbers.mean()
    if order is not None:
        powers = np.vander(order, 6)
        rest = rest - powers @ np.linalg.lstsq(powers, rest, rcond=None)[0]
    rows = np.bincount(codes)
    sums = np.bincount(codes, rest)
    total = float(np.square(rest).sum())
    explained = float((np.square(sums) / rows).sum())
    free, left = len(rows) - 1, len(rest) - len(rows)
    if left < 1 or total <= 1e-9 * float(np.square(numbers).sum()):
        return Between(0.0, 1.0)
    error = max(total - explained, 1e-12 * total) / left
    part = (explained - free * error) / (total + error)
    return Between(part, float(f.sf(explained / free / error, free, left)))


def _alike(others: Array, codes: Array, order: Array | None) -> bool:
    """Whether a third of the other columns of numbers have values of their own in each group."""
    of_numbers = [column for column in others.T.astype(float) if len(np.unique(column)) > 2]
    found = [between(column, codes, order) for column in of_numbers]
    alike = [one.part >= ALIKE and one.chance < CHANCE for one in found]
    return sum(alike) >= max(1, len(alike) / 3)


def targets_of(data: Dataset, rows: Array) -> Array:
    """A column of numbers a class, label or target."""
    y = data.y[rows]
    if TASKS[data.task].by_model:
        return np.empty((len(rows), 0))
    if TASKS[data.task].classifies:
        y = np.eye(len(data.class_names))[y]
    numbers: Array = np.asarray(y, float)
    return numbers
