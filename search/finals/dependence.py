"""What does the winner depend on? Permutation importance and partial dependence on held-out rows.

The rows that it is asked about for that travel with the held-out ones; all of them together are
bounded, so that the finals take no longer for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from search.data.columns import Kind
from search.data.dataset import Array
from search.data.rows_in_file import AT_ONCE, Features, leaves_of, taken, whole
from search.data.split import Parts
from search.data.tree import Tree, joined
from search.data.windows import Windows
from search.finals.drawn_features import drawn_as
from search.finals.scoring import Judge
from search.finals.worst_rows import texts
from search.jobs.permutation import (
    ASKED,
    SHUFFLES,
    RowPart,
    changed,
    columns_of,
    orders_of,
    parts_of,
)
from search.metrics.intervals import Draws
from search.study.task import TASKS

MOST_COLUMNS = 40
"""Columns that are shuffled: of more, those that mattered most on validation rows."""
CANDIDATES, SHOWN = 8, 4
"""Columns whose values are replaced, and how many of these are shown: what matters most."""
GRID, LINES = 16, 50
"""Values that a column is given, and rows that get each."""
MOST_OUTPUTS = 7
"""Classes, labels or targets that are drawn."""
NONE = "No permutation importance: "
DRAWS = 200
"""Bootstraps of rows that tell how sure an importance is."""


@dataclass(frozen=True, eq=False)
class Column:
    """A column among features.

    Attributes:
        name: Of it.
        place: Its features.
        kind: Of its values.
        values: As they were given, of all held-out rows, in the type of the kind.
        missing: Which of them are.
        labels: Of categories and truths their texts; empty for numbers and dates.
    """

    name: str
    place: slice
    kind: Kind
    values: Array
    missing: Array
    labels: Sequence[str] = ()

    def grid(self) -> Array:
        """Held-out rows whose values stand for all: of numbers by quantiles, else the commonest."""
        known = np.flatnonzero(~self.missing)
        if self.labels:
            said = np.asarray(self.labels, str)
            _, first, counts = np.unique(said, return_index=True, return_counts=True)
            found: Array = first[np.lexsort((first, -counts))][:GRID]
            return found
        order = known[np.argsort(self.values[known], kind="stable")]
        ranks = np.linspace(0.05, 0.95, GRID) * (len(order) - 1)
        chosen = order[np.unique(ranks.round().astype(int))] if len(order) else order
        return chosen[np.unique(self.values[chosen], return_index=True)[1]]


def columns_seen(parts: Parts, names: Sequence[str]) -> list[Column]:
    """The columns of the held-out rows; none where these are no table.

    Args:
        parts: As the model was given them.
        names: Of the features.
    """
    x, places = parts.held_out.x, np.arange(len(parts.held_out))
    raw, steps = parts.raw_of(places), parts.preparation.steps if parts.preparation else ()
    if getattr(x, "ndim", 0) != 2 or parts.source.series is not None:
        return []
    where = columns_of(x.shape[1], parts.preparation)
    if raw is None or not steps:
        values = whole(x).T
        return [
            Column(name, place, "number", own, np.isnan(own))
            for name, place, own in zip(names, where, values, strict=True)
        ]
    found = []
    for step, place in zip(steps, where, strict=True):
        kind, missing = raw.kinds[step.name], raw.missing(step.name)
        said = [] if kind in ("number", "date") else texts(raw, step.name)
        labels = ["missing" if lost else text for text, lost in zip(said, missing, strict=False)]
        found.append(Column(step.name, place, kind, raw[step.name], missing, labels))
    return found


def why_not(parts: Parts, names: Sequence[str]) -> str:
    """Why `Dependence.of` has nothing to ask of some rows; a sentence."""
    x, columns = parts.held_out.x, columns_seen(parts, names)
    if len(columns) > MOST_COLUMNS:
        return f"{NONE}of {len(columns):,} columns, each by itself hardly moves a prediction."
    if len(columns) == 1 or isinstance(x, Tree | Windows):
        return f"{NONE}rows have one part, without which nothing is left to predict from."
    shape = "×".join(map(str, leaves_of(x)[0].shape))
    return (
        f"{NONE}a row is an array of {shape}, such as a picture, whose numbers mean something only "
        "beside their neighbours."
    )


@dataclass(frozen=True, eq=False)
class Dependence:
    """The questions to the winner, and what comes of its predictions.

    Attributes:
        x: Of the held-out rows; of a table shape (rows, features).
        shuffled: Parts of rows that are shuffled, or words that are taken out.
        rows: Held-out rows among which they are.
        orders: How, shape (shuffles, rows).
        moved: Columns whose values are replaced, each with the rows that have its new values.
        lines: Held-out rows that get them.
        of_columns: How many columns there are.
    """

    x: Features
    shuffled: Sequence[RowPart]
    rows: Array
    orders: Array
    moved: Sequence[tuple[Column, Array]]
    lines: Array
    of_columns: int

    @classmethod
    def of(
        cls, parts: Parts, names: Sequence[str], validated: Sequence[float], task: str
    ) -> "Dependence | None":
        """Choose columns, or parts of other rows; None where there are not two; see `why_not`.

        Args:
            parts: As the winner was given them.
            names: Of the features.
            validated: How much each column matters on validation rows; empty where unknown.
            task: Such as "binary".
        """
        columns, x = columns_seen(parts, names), parts.held_out.x
        if not columns and len(found := parts_of(x, names)) > 1:
            return cls._of_parts(x, found[:MOST_COLUMNS], len(found))
        if len(columns) < 2 or (len(columns) > MOST_COLUMNS and not validated):
            return None
        order = np.argsort(-np.asarray(validated), kind="stable") if validated else range(99)
        by_weight = [columns[place] for place in list(order)[: len(columns)]]
        shuffled = [RowPart(one.name, index=(one.place,)) for one in by_weight[:MOST_COLUMNS]]
        rows = _some(len(x), ASKED // (len(shuffled) * SHUFFLES))
        unread = TASKS[task].by_model or drawn_as(parts, task)
        candidates = [] if unread else by_weight[:CANDIDATES]
        grids = [(column, column.grid()) for column in candidates]
        moved = [(column, grid) for column, grid in grids if len(grid) > 1]
        x, lines = whole(taken(x, np.arange(len(x)))), _some(len(x), LINES)
        return cls(x, shuffled, rows, orders_of(len(rows)), moved, lines, len(columns))

    @classmethod
    def _of_parts(cls, x: Features, found: Sequence[RowPart], of: int) -> "Dependence":
        """A word is taken out once, all else is shuffled."""
        times = 1 if found[0].of == "word" else SHUFFLES
        most = min(ASKED, AT_ONCE // max(1, x.size // len(x)))  # a row may be large
        rows = _some(len(x), most // (len(found) * times))
        return cls(x, found, rows, orders_of(len(rows))[:times], (), rows[:0], of)

    @property
    def made_of(self) -> Array:
        """Which held-out row each of the rows with a changed part was made of."""
        return np.tile(self.rows, len(self.shuffled) * len(self.orders))

    @property
    def inputs(self) -> dict[str, Features]:
        """Name → rows that the winner is asked about, as it takes rows."""
        some = taken(self.x, self.rows)
        some = some if isinstance(some, Tree) else whole(some)
        each = [changed(some, part, self.orders) for part in self.shuffled]
        trees = [one for one in each if isinstance(one, Tree)]
        asked: dict[str, Features] = {
            "shuffled": joined(trees) if trees else np.concatenate(each)  # type: ignore[arg-type]
        }
        if self.moved:
            asked["moved"] = np.concatenate([self._moved(c, grid) for c, grid in self.moved])
        return asked

    def arrays(self, said: Mapping[str, Array], judge: Judge) -> dict[str, Array]:
        """What is kept of it; see `StoredRun.arrays`.

        Args:
            said: What the winner predicts for `held_out` and of `inputs`.
            judge: Of the held-out rows.
        """
        found, order = self._importance(said["held_out"][self.rows], said["shuffled"], judge)
        if self.moved:
            weight = {self.shuffled[place].name: at for at, place in enumerate(order)}
            found |= self._dependence(said, weight, judge.task)
        return found

    def _importance(
        self, plain: Array, shuffled: Array, judge: Judge
    ) -> tuple[dict[str, Array], Array]:
        draws = Draws.of(len(judge.y), judge.blocks).taken(self.rows)
        draws = replace(draws, counts=draws.counts[:DRAWS])
        before = judge.on_some(plain, self.rows, draws)
        each, sure = [], []
        for of_column in np.split(shuffled, len(self.shuffled)):
            after = [
                judge.on_some(s, self.rows, draws) for s in np.split(of_column, len(self.orders))
            ]
            fallen = [judge.better_by(before.value - one.value) for one in after]
            by_rows = before.drawn - np.mean([one.drawn for one in after], axis=0)
            each.append(fallen)
            by_order = np.var(fallen, ddof=1) / len(fallen) if len(fallen) > 1 else 0.0
            sure.append(np.sqrt(np.nanvar(by_rows) + by_order))
        # Without the digits that rounding alone makes.
        means, errors = np.mean(each, axis=1).round(12), np.array(sure).round(12)
        order: Array = np.argsort(-means, kind="stable")
        return {
            "measure": np.array(before.title),
            "value": np.asarray(before.value),
            "rows": self.rows,
            "columns": np.array([self.shuffled[place].name for place in order], str),
            "kinds": np.array([self.shuffled[place].of for place in order], str),
            "of_columns": np.asarray(self.of_columns),
            "each": np.array(each)[order],
            "error": errors[order],
        }, order

    def _dependence(
        self, said: Mapping[str, Array], weight: Mapping[str, int], task: str
    ) -> dict[str, Array]:
        """Of the columns that matter most: values, and what is predicted with them."""
        plain, moved = said["held_out"], said["moved"]
        spread = plain.std(axis=0) if TASKS[task].has_numbers else np.ones(plain.shape[1])
        spread = np.where(spread > 0, spread, 1.0)
        second = TASKS[task].classifies and plain.shape[1] == 2
        ends = np.cumsum([len(grid) * len(self.lines) for _, grid in self.moved])
        parts = zip(self.moved, np.split(moved, ends[:-1]), strict=True)
        ranked = sorted(parts, key=lambda part: weight[part[0][0].name])[:SHOWN]
        found: dict[str, Array] = {"lines": self.lines}
        for at, ((column, grid), own) in enumerate(ranked):
            shaped = own.reshape(len(grid), len(self.lines), -1)
            moves = np.ptp(shaped.mean(axis=1), axis=0) / spread
            outputs = np.array([1]) if second else np.argsort(-moves, kind="stable")[:MOST_OUTPUTS]
            labels = np.asarray(column.labels, str)
            found |= {
                f"{at} column": np.array([column.name, column.kind]),
                f"{at} values": labels[grid] if column.labels else column.values[grid],
                f"{at} outputs": outputs,
                f"{at} mean": shaped.mean(axis=1)[:, outputs],
                f"{at} lines": shaped[:, :, outputs[0]].astype(np.float32),
            }
        return found

    def _moved(self, column: Column, grid: Array) -> Array:
        """For each value all lines' rows, one after the other."""
        x = whole(self.x)
        rows = np.tile(x[self.lines], (len(grid), 1))
        rows[:, column.place] = np.repeat(x[grid, column.place], len(self.lines), axis=0)
        return rows


def _some(rows: int, most: int) -> Array:
    """Evenly, so many at most."""
    return np.arange(0, rows, max(1, -(-rows // max(most, 1))))
