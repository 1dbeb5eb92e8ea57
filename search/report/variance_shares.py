"""What share of a value's variance does each parameter explain by itself? A functional ANOVA.

Regression trees tell the value everywhere in the space, and their boxes are summed exactly (Hutter,
Hoos and Leyton-Brown 2014), so no sample of the space is drawn. All trees grow at once, level by
level. scikit-learn's would tell the same, and a second of every page is its import.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.data.dataset import Array

NEARLY_ONE = 1e-7
"""Values no farther apart are one: as scikit-learn's trees have it."""


@dataclass(frozen=True, eq=False)
class Leaves:
    """The boxes into which trees cut a space, and what they predict there.

    Attributes:
        tree: Of each leaf, shape (leaves,).
        low: Where its box begins, of 0…1, shape (leaves, columns).
        high: Where it ends.
        value: The mean of its rows.
    """

    tree: Array
    low: Array
    high: Array
    value: Array


def variance_shares(columns: Sequence[Array], values: Array, depth: int) -> Array:
    """Shares of the variance of each tree's predictions over the whole space.

    Args:
        columns: A parameter's values in the rows of each tree: numbers of 0…1, shape (trees,
            rows), or of a choice which option it is, 1 or 0, shape (trees, rows, options).
        values: What is predicted, shape (trees, rows).
        depth: Splits on the way to a leaf at most.

    Returns:
        Shape (trees, parameters); NaN of a tree that predicts one value.
    """
    parts = [column.reshape(*values.shape, -1) for column in columns]
    leaves = grown(np.concatenate(parts, axis=-1), values, depth)
    ends = np.cumsum([part.shape[-1] for part in parts])
    spans = [slice(end - part.shape[-1], end) for part, end in zip(parts, ends, strict=True)]
    allowed = [_allowed(leaves, span) for span in spans]
    part = np.column_stack(
        [
            (leaves.high - leaves.low)[:, span.start] if options is None else options.mean(axis=1)
            for span, options in zip(spans, allowed, strict=True)
        ]
    )
    trees = len(values)
    volume = part.prod(axis=1)
    mean = np.bincount(leaves.tree, volume * leaves.value, trees)
    apart = leaves.value - mean[leaves.tree]
    found = np.empty((trees, len(spans)))
    for place, (span, options) in enumerate(zip(spans, allowed, strict=True)):
        told = apart * volume / part[:, place]
        if options is None:
            low, high = leaves.low[:, span.start], leaves.high[:, span.start]
            found[:, place] = _along(leaves.tree, low, high, told, trees)
        else:
            of = [np.bincount(leaves.tree, told * option, trees) for option in options.T]
            found[:, place] = np.square(of).mean(axis=0)
    whole = np.bincount(leaves.tree, volume * apart**2, trees)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Array = np.where(whole > 0, found.T / whole, np.nan).T
    return shares


def grown(rows: Array, values: Array, depth: int) -> Leaves:
    """Regression trees by least squares, each on rows of its own.

    Args:
        rows: Of 0…1, shape (trees, rows, columns).
        values: Shape (trees, rows).
        depth: Splits on the way to a leaf at most.
    """
    trees, many, columns = rows.shape
    flat, y = rows.reshape(-1, columns), values.ravel() - values.mean()
    # By column, once: a stable sort by node then keeps the order within each.
    orders = np.argsort(flat, axis=0, kind="stable").T
    node = np.repeat(np.arange(trees), many)
    draw = np.random.default_rng(0)
    tree, low, high = np.arange(trees), np.zeros((trees, columns)), np.ones((trees, columns))
    for _ in range(depth):
        column, cut = _best_cuts(flat, y, orders, node, draw)
        (split,) = np.nonzero(column >= 0)
        if not len(split):
            break
        right = np.full(len(tree), -1)
        right[split] = len(tree) + np.arange(len(split))
        goes = (column[node] >= 0) & (flat[np.arange(len(flat)), column[node]] > cut[node])
        node = np.where(goes, right[node], node)
        tree = np.append(tree, tree[split])
        low, high = np.vstack([low, low[split]]), np.vstack([high, high[split]])
        low[right[split], column[split]] = high[split, column[split]] = cut[split]
    value = np.bincount(node, y) / np.bincount(node) + values.mean()
    return Leaves(tree, low, high, value)


def _best_cuts(
    flat: Array, y: Array, orders: Array, node: Array, draw: np.random.Generator
) -> tuple[Array, Array]:
    """The column of each node's best cut, -1 for none, and where it lies."""
    count, sums = np.bincount(node), np.bincount(node, y)
    nodes = len(count)
    starts = np.cumsum(count) - count
    least = sums**2 / count + 1e-12 * np.bincount(node, y**2)
    most, cut = np.full((len(orders), nodes), -np.inf), np.zeros((len(orders), nodes))
    for place, order in enumerate(orders):
        sorted_rows = order[np.argsort(node[order].astype(np.int32), kind="stable")]
        of, x, added = node[sorted_rows], flat[sorted_rows, place], np.cumsum(y[sorted_rows])
        before = np.append(0.0, added)[starts]
        (at,) = np.nonzero(np.append((of[1:] == of[:-1]) & (x[1:] - x[:-1] > NEARLY_ONE), False))
        owner, many, part = of[at], at + 1 - starts[of[at]], added[at] - before[of[at]]
        gain = part**2 / many + (sums[owner] - part) ** 2 / (count[owner] - many)
        np.maximum.at(most[place], owner, gain)
        (first,) = np.nonzero(gain == most[place, owner])
        owners, firsts = np.unique(owner[first], return_index=True)
        where = at[first[firsts]]
        cut[place, owners] = (x[where] + x[where + 1]) / 2
    best = most.max(axis=0)
    # Of few rows several columns cut off the same: none may come first because of its place.
    even = most >= best - 1e-9 * np.abs(best)
    column = (even * draw.random(most.shape)).argmax(axis=0)
    cut = cut[column, np.arange(nodes)]
    return np.where(best > least, column, -1), cut


def _allowed(leaves: Leaves, span: slice) -> Array | None:
    """Which options of a choice a leaf's box holds, shape (leaves, options); None for numbers."""
    if span.stop - span.start == 1:
        return None
    is_it, is_not = leaves.low[:, span] > 0, leaves.high[:, span] < 1
    found: Array = ~is_not & (is_it | ~is_it.any(axis=1, keepdims=True))
    return found


def _along(tree: Array, low: Array, high: Array, told: Array, trees: int) -> Array:
    """The variance along one number of what the leaves add up to at each of its values."""
    owner, place = np.append(tree, tree), np.append(low, high)
    order = np.lexsort((place, owner))
    owner, place = owner[order], place[order]
    level = np.cumsum(np.append(told, -told)[order])
    wide = np.append(np.diff(place), 0.0)
    wide[np.append(np.diff(owner) > 0, False)] = 0.0
    return np.bincount(owner, wide * level**2, trees)
