"""Is the target a sum or a product of columns?"""

from collections.abc import Iterator

import numpy as np

from search.data.columns import Array
from search.data.dataset import Dataset
from search.data.row_checks.some_rows import SomeRows
from search.study.checks import Found
from search.study.plain_text import percent
from search.study.task import TASKS

EXACT = 0.9999
"""R² from which on nothing is left to be learnt: what is measured has more noise."""
ALONE = 0.98
"""R² of one column, from which on S001 tells it."""
MOST = 50
"""Numbers at most: of more, a sum may fit by itself."""
PRODUCT = "product or ratio"
ROWS_EACH = 10
"""Rows that train, for each number, at least."""


def derived(data: Dataset, some: SomeRows) -> Iterator[Found]:
    """Check S032, of numbers; found on some rows that train and checked on others."""
    if not TASKS[data.task].has_numbers or data.columns is None:
        return
    rows, columns = some.numbers[0], data.columns
    numbers = [name for name in columns.names if columns.kinds[name] == "number"]
    names = [name for name in numbers if np.isfinite(columns[name][rows]).all()]
    if not 2 <= len(names) <= MOST or len(rows) < ROWS_EACH * len(names):
        return
    x = np.stack([columns[name][rows] for name in names], axis=1)
    for target, y in zip(data.target_names, data.y[rows].T.astype(float), strict=True):
        for how, among, told in _forms(x, y):
            used = _exact(np.log(x[:, among]) if how == PRODUCT else x, told)
            if len(used) > 1:
                of = [repr(names[among[at]]) for at in used]
                shown = ", ".join(of[:4]) + (" …" if of[4:] else "")
                yield Found(
                    "S032",
                    f"the target {target!r} is the {how} of columns {shown}, to "
                    f"{percent(EXACT, 2)} of its variance: there is nothing to learn; "
                    f"drop={of[0]} leaves one out if it is not known when you predict",
                )
                break


def _forms(x: Array, y: Array) -> Iterator[tuple[str, Array, Array]]:
    """How the target may be made, of which columns, and what is then to be a sum."""
    yield "weighted sum", np.arange(x.shape[1]), y
    above = np.flatnonzero((x > 0).all(axis=0))
    if len(above) > 1 and (y > 0).all():
        yield PRODUCT, above, np.log(y)


def _exact(x: Array, y: Array) -> list[int]:
    """Places of the columns that the target is made of; none where it is not."""
    half = len(y) // 2
    spread = x[:half].std(axis=0)
    x = (x - x[:half].mean(axis=0)) / np.where(spread > 0, spread, 1)
    full = np.column_stack([np.ones(len(x)), x])
    weights = np.linalg.lstsq(full[:half], y[:half], rcond=None)[0]
    rest = y[half:]
    left = float(np.square(rest - full[half:] @ weights).sum())
    if not rest.std() or 1 - left / float(np.square(rest - rest.mean()).sum()) < EXACT:
        return []
    varied = x.T[spread > 0]
    alone = [abs(np.corrcoef(column, y)[0, 1]) ** 2 for column in varied]
    if max(alone, default=1.0) >= ALONE:
        return []
    sizes = np.abs(weights[1:])
    return [int(at) for at in np.argsort(-sizes) if sizes[at] > 0.01 * sizes.max()]
