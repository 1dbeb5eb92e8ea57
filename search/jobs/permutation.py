"""How much a trained model depends on each part of its rows: permutation importance.

A part is a column, a stretch of a window's steps or a whole input; a word is taken out instead.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from search.data.columns import Array
from search.data.inputs import NO_PUNCTUATION
from search.data.preparation import Preparation
from search.data.rows_in_file import Features, taken, whole
from search.data.split import Rows
from search.data.tree import Path, Tree, key
from search.data.windows import Windows
from search.metrics.measures import row_losses
from search.training.engine import Training

ASKED = 20_000
"""Rows that a model predicts in all, at most: about what a few epochs see."""
FEWEST = 50
"""Rows of which each shuffle is made, at least; more columns than that allows are not measured."""
SHUFFLES = 5
"""Of each part, at most."""
MOST_OF_INPUT = 20
"""Columns of one of several inputs that are shuffled one by one; of more, the input is."""


WORDS = 30
"""The commonest words, each of which is taken out of all texts."""
STRETCHES = 8
"""Into which the steps of a window of one column are cut."""


@dataclass(frozen=True)
class RowPart:
    """What is shuffled together, or a word that is taken out.

    Attributes:
        name: Of it.
        of: What it is: "column", "stretch of steps", "input" or "word".
        path: Of its input; () where a model has one.
        index: Which of an input's numbers it is, as an index of one row.
    """

    name: str
    of: str = "column"
    path: Path = ()
    index: tuple[Any, ...] = ()


def parts_of(x: Features, names: Sequence[str]) -> list[RowPart]:
    """Of rows that are windows of a series, texts, or of several inputs; none of others.

    Args:
        x: Of some rows.
        names: Of a window's columns.
    """
    if isinstance(x, Windows):
        _, steps, columns = x.shape
        if columns > 1:
            known = names if len(names) == columns else [f"x{n + 1}" for n in range(columns)]
            return [RowPart(n, index=(slice(None), at)) for at, n in enumerate(known)]
        ends = np.unique(np.linspace(0, steps, STRETCHES + 1).astype(int)).tolist()
        return [
            RowPart(
                _steps(steps - end, steps - begin), "stretch of steps", (), (slice(begin, end),)
            )
            for begin, end in pairwise(ends)
        ]
    if not isinstance(x, Tree):
        return []
    if [*x.leaves] == [()] and x.leaves[()].ndim == 1:
        return [RowPart(word, "word") for word in _common_words(x.leaves[()])]
    found = []
    for path, leaf in x.leaves.items():
        if leaf.ndim == 2 and 1 < leaf.shape[1] <= MOST_OF_INPUT:
            names_of = [f"{key(path)}[{at}]" for at in range(leaf.shape[1])]
            found += [RowPart(n, "column", path, (at,)) for at, n in enumerate(names_of)]
        else:
            found.append(RowPart(key(path), "input", path))
    return found


def _steps(first: int, last: int) -> str:
    """How long before the forecast: the newest step is 1."""
    return f"step −{last}" if last == first + 1 else f"steps −{last} to −{first + 1}"


def _common_words(texts: Array) -> list[str]:
    """Those that most texts have, in small letters, as `TextVectorization` reads them."""
    counts = Counter(word for text in texts for word in {plain_word(w) for w in text.split()})
    counts.pop("", None)
    return [word for word, rows in counts.most_common(WORDS) if rows < len(texts)]


def plain_word(word: str) -> str:
    """In small letters, without punctuation."""
    return word.lower().translate(NO_PUNCTUATION)


def changed(x: Features, part: RowPart, orders: Array) -> Features:
    """All rows once for each order, with a part from another row; or without a word.

    Args:
        x: The rows, none of them on demand.
        part: Of them.
        orders: Which row's part each gets, shape (times, rows); of a word how often is all that
            counts.
    """
    if isinstance(x, Tree):
        return Tree({
            path: _changed(leaf, part if path == part.path else None, orders)
            for path, leaf in x.leaves.items()
        })  # fmt: skip
    return _changed(whole(x), part, orders)


def _changed(x: Array, part: RowPart | None, orders: Array) -> Array:
    rows = np.concatenate([x] * len(orders))
    if part is None:
        return rows
    if part.of == "word":
        kept = [" ".join(w for w in t.split() if plain_word(w) != part.name) for t in rows]
        found: Array = np.empty(len(kept), object)
        found[:] = kept
        return found
    place = (slice(None), *part.index)
    rows[place] = x[orders.ravel()][place]
    return rows


def orders_of(rows: int) -> Array:
    """As scikit-learn's `permutation_importance` with random_state=0 shuffles each column."""
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max + 1)
    draw, places, order = np.random.RandomState(seed), np.arange(rows), np.arange(rows)
    found = []
    for _ in range(SHUFFLES):
        draw.shuffle(places)
        order = order[places]
        found.append(order)
    return np.array(found)


def columns_of(features: int, preparation: Preparation | None) -> list[slice]:
    """Which features each column became; where rows came as features, each is a column.

    Args:
        features: Of one row.
        preparation: How they were made of raw columns; None where they were not.
    """
    widths = [len(step.names) for step in preparation.steps] if preparation else [1] * features
    ends = np.cumsum(widths).tolist()
    return [slice(end - width, end) for end, width in zip(ends, widths, strict=True)]


def importance(
    training: Training, rows: Rows, columns: list[slice], task: str
) -> tuple[float, ...]:
    """By how much the mean loss of some rows grows where a column is shuffled among them.

    Args:
        training: Of the model.
        rows: Of features, shape (rows, features).
        columns: As by `columns_of`.
        task: Such as "binary".

    Returns:
        A number a column, the mean of several shuffles; nothing where there are too many columns.
    """
    most = ASKED // max(1, len(columns))
    if most < FEWEST:
        return ()
    step = -(-len(rows) // most)
    x, y = whole(taken(rows.x, np.arange(0, len(rows), step))), rows.y[::step]
    kind = training.kind_of(x)
    before = row_losses(training.predictions(x), y, task, kind).mean()
    orders = orders_of(len(x))[: most // len(x)]
    truth, growth = np.concatenate([y] * len(orders)), []
    for column in columns:
        shuffled = changed(x, RowPart("", index=(column,)), orders)
        losses = row_losses(training.predictions(shuffled), truth, task, kind)
        growth.append(float(losses.mean() - before))
    return tuple(growth)
