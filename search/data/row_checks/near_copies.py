"""Do held-out rows have a row among those that train which is all but the same?"""

import math
from collections.abc import Iterator

import numpy as np

from search.data.columns import Array
from search.data.row_checks.some_rows import SomeRows
from search.study.checks import Found

NEIGHBOURS = 5
CHANCE = 1e-4
"""That the nearest of five neighbours is so much nearer than the fifth, of rows at random."""
NEAREST = 0.2
"""Of the fifth neighbour's distance, that of a copy at most, in however many dimensions."""
SHARE, FEWEST = 0.01, 3
"""Of the held-out rows, and how many, from which on it is said."""


def near_copies(some: SomeRows) -> Iterator[Found]:
    """Check S023.

    Distances are compared with those of the same row's further neighbours, so that neither units
    nor dense regions matter. Where whole numbers and categories make rows alike by themselves,
    nothing is said.
    """
    held, train = some.held_out, some.train
    if len(train) <= 10 * NEIGHBOURS or _alike_by_themselves(train, len(held) * len(train)):
        return
    distances = _distances(train, held)
    with np.errstate(divide="ignore", invalid="ignore"):
        last = distances[:, 3] / distances[:, 4]
        ratio = distances[:, 0] / distances[:, 4]
    sound = distances[:, 4] > 0
    if not sound.any():
        return
    # Of rows at random in d dimensions the fourth neighbour's ratio has the median 0.5^(1/4d).
    dimensions = math.log(0.5) / 4 / math.log(min(0.999, max(0.01, float(np.median(last[sound])))))
    copies = sound & (ratio < min(NEAREST, (CHANCE / 4) ** (1 / dimensions)))
    count = int(copies.sum())
    if count < max(FEWEST, SHARE * len(held)):
        return
    rows = ", ".join(f"{row:,}" for row in some.numbers[1][copies][:3])
    yield Found(
        "S023",
        f"{count:,} of {len(held):,} held-out rows (such as {rows}, counted from 0) all but equal "
        f"a training row: it is less than {100 * float(np.max(ratio[copies])):.2g} % as far away "
        "as the fifth nearest one, which flatters every score; keep what belongs together in one "
        "part by table(…, group=…), or leave copies out",
    )


def _distances(train: Array, held: Array) -> Array:
    """To the nearest rows that train, each feature in its own standard deviations."""
    from sklearn.neighbors import NearestNeighbors

    spread = train.std(axis=0, dtype=float)
    scale = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0)
    middle = train.mean(axis=0, dtype=float)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute", n_jobs=1)
    return np.asarray(search.fit((train - middle) * scale).kneighbors((held - middle) * scale)[0])


def _alike_by_themselves(x: Array, pairs: int) -> bool:
    """Whether so many pairs of rows hold equal ones, were the features independent."""
    bits = 0.0
    for values in x.T:
        _, counts = np.unique(values, return_counts=True)
        bits -= math.log2(float(np.square(counts / len(x)).sum()))
    return bits < math.log2(pairs) + 10
