"""Which columns can no model learn from?"""

from collections.abc import Iterator

import numpy as np

from search.data.dataset import Dataset
from search.data.split import Parts
from search.study.checks import Found

SHOWN = 3
WANTED = ("said to be ", "in no input")
"""How the reason begins for which you left a column out yourself."""


def unused(data: Dataset, parts: Parts) -> Iterator[Found]:
    """Check S031, of a table's columns and of the features of an array."""
    total, why = _of_table(data) if data.columns is not None else _of_array(data, parts)
    if not why:
        return
    named = ", ".join(f"{name!r} ({reason})" for name, reason in why[:SHOWN])
    more = f" and {len(why) - SHOWN} more" if len(why) > SHOWN else ""
    what = "column" if data.columns is not None else "feature"
    is_one = total == 1
    yield Found(
        "S031",
        f"{len(why):,} of {total:,} {what}{'' if is_one else 's'} "
        f"{'is' if len(why) == 1 else 'are'} of no use to a model: {named}{more}; mend what was "
        f"meant to tell something, or leave {'it' if len(why) == 1 else 'them'} out",
    )


def _of_table(data: Dataset) -> tuple[int, list[tuple[str, str]]]:
    assert data.columns is not None  # noqa: S101 - for mypy
    left_out = data.columns.left_out.items()
    why = [(name, reason) for name, reason in left_out if not reason.startswith(WANTED)]
    return len(data.columns.names) + len(why), why


def _of_array(data: Dataset, parts: Parts) -> tuple[int, list[tuple[str, str]]]:
    x = parts.train.x
    if not isinstance(x, np.ndarray) or x.ndim != 2 or x.dtype.kind not in "fiub":
        return 0, []
    same = np.flatnonzero((x == x[:1]).all(axis=0))
    return x.shape[1], [(data.feature_names[at], f"{x[0, at]:g} in every row") for at in same]
