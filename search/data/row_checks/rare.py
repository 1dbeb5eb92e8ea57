"""Which classes have too few held-out rows to be judged?"""

import math
from collections.abc import Iterator

import numpy as np

from search.data.columns import Array
from search.data.dataset import Dataset
from search.data.split import Parts
from search.study.checks import Found
from search.study.task import TASKS

FEW = 10
"""Held-out rows of a class, below which its recall has a 95 % interval of some 50 points."""
RARE = 0.5
"""Of an even share: a class with as many rows as others is not rare, there are few rows."""


def rare_classes(data: Dataset, parts: Parts) -> Iterator[Found]:
    """Check S029, of classes and of labels."""
    if not (TASKS[data.task].classifies or TASKS[data.task].has_labels):
        return
    y = parts.held_out.y
    counts = y.sum(axis=0) if TASKS[data.task].has_labels else _counts(y, len(data.names))
    even = len(y) / max(2, len(data.names)) if TASKS[data.task].classifies else len(y) / 2
    rare = [code for code in np.argsort(counts) if counts[code] < min(FEW, RARE * even)]
    if not rare:
        return
    fewest = int(counts[rare[0]])
    named = ", ".join(f"{data.names[code]!r} ({int(counts[code])})" for code in rare[:3])
    more = f" and {len(rare) - 3} more" if len(rare) > 3 else ""
    needed = math.ceil(len(data.y) * FEW / max(1, fewest) / 100) * 100
    kind = "class" if TASKS[data.task].classifies else "label"
    yield Found(
        "S029",
        f"too few of the {len(y):,} held-out rows are of {kind} {named}{more} to judge it: with "
        f"less than {FEW} rows its recall is known to about ±30 points alone; some {needed:,} rows "
        "in all would do, or a larger part: Split(held_out=…)",
    )


def _counts(y: Array, classes: int) -> Array:
    return np.bincount(y, minlength=classes)
