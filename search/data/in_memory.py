"""Rows that are in memory, but for features that stay in their file."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from search.data.custom_targets import no_targets
from search.data.dataset import Array, Dataset, check_features
from search.data.inputs import TEXTS, UNMERGED, merged_by_float32, typed
from search.data.ragged import pad_alike
from search.data.row_weights import ONE_A_ROW, of_places, ones_like, place_weights, row_weights
from search.data.rows_in_file import Features, RowsOnDemand, leaves_of
from search.data.targets import are_of_steps, are_the_input, targets_of
from search.data.tree import TEXT, Leaf, Path, TargetRows, Tree, named, under
from search.study.errors import InputError
from search.study.task import CUSTOM, MULTILABEL, REGRESSION, TASKS

READ_AS_INPUT = (
    "the targets are the rows of x themselves, so they were read as what the model reconstructs, "
    f"measured by its own loss; if they are amounts to predict, say task={REGRESSION.name!r}"
)
Pair = tuple[Any, Any, Any]
"""Features, targets and weights, each one array or a tree of them; the last two may be None."""


@dataclass(frozen=True, eq=False)
class Arrays:
    """Features, targets and weights as they were given."""

    x: Any
    y: Any
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    task: str | None = None
    weights: Any = None
    validation: Pair | None = None
    held_out: Pair | None = None
    groups: Array | None = None

    def load(self) -> Dataset:
        """Turn features into what models take, and targets into what their task wants."""
        if self.y is None and self.weights is not None:
            raise InputError("weights", "they are for targets, and there are none", "leave it out")
        pairs = {"validation": self.validation, "held_out": self.held_out}
        own = {name: pair for name, pair in pairs.items() if pair is not None}
        padded = pad_alike({"x": self.x, **{name: pair[0] for name, pair in own.items()}})
        parts: Any = {name: (padded.parts[name], *pair[1:]) for name, pair in own.items()}
        data = replace(self, x=padded.parts["x"], **parts)._loaded()  # noqa: SLF001 - its own
        notes = (*padded.notes, *data.given.notes)
        return replace(data, given=replace(data.given, notes=notes, padded=padded.paths))

    def _loaded(self) -> Dataset:
        names = self.class_names or self.target_names
        if isinstance(self.x, Tree) and self.feature_names:
            raise InputError("feature_names", "x has inputs of their own names", "leave it out")
        for name, rows in (("x", self.x), ("y", self.y)):
            if rows is not None and rows.shape[:1] == (0,):
                raise InputError(name, "it has no rows", "give some")
        x, y, part = self._all()
        alike = self._read_from_x(x, y) if self.task is None else ""
        task = CUSTOM.name if alike else self.task
        targets = targets_of(y, task, names, of_classes=bool(self.class_names))
        if alike:
            targets = replace(targets, notes=targets.notes or (alike,))
        if said := targets.majority():
            other = f"{said}; give y as 0 and 1, with 1 for the class that is looked for"
            targets = replace(targets, notes=(*targets.notes, other))
        data = targets.dataset(x, self.feature_names)
        weights = self._weights(data.y, data.task)
        groups = None if self.groups is None else self._groups(self.groups, len(data.y))
        given = replace(data.given, part=part, weights=weights, groups=groups)
        return replace(data, given=given)

    def _groups(self, groups: Array, rows: int) -> Array:
        import pandas as pd

        if self.validation or self.held_out:
            why = "validation= or held_out= says already which rows are apart"
            raise InputError("groups", why, "leave one of the two out")
        if groups.shape != (rows,):
            why = f"its shape is {groups.shape} for {rows:,} rows"
            raise InputError("groups", why, "give one a row, such as the number of its patient")
        codes, _ = pd.factorize(groups)
        if (codes < 0).any():
            row = int(np.flatnonzero(codes < 0)[0])
            raise InputError(f"groups: row {row} (from 0)", "it has none", "give every row one")
        return np.asarray(codes)

    def _read_from_x(self, x: Features, y: TargetRows) -> str:
        """What targets are that only the features beside them tell; empty where they tell none."""
        if not self.target_names and are_of_steps(x, y):
            return _read_as_steps(y)
        return READ_AS_INPUT if not self.class_names and are_the_input(x, y) else ""

    def _all(self) -> tuple[Features, TargetRows, Array | None]:
        """All rows, and which part each is given to, as in `Given`."""
        y = _or_none(self.y, self.x)
        if isinstance(self.x, RowsOnDemand):
            if self.validation or self.held_out:
                raise InputError(
                    "x",
                    "a sparse matrix that is too large for an array has no parts of their own",
                    "put all rows into it, those that validate next to last and those that are "
                    "held out last, and use Split(shuffle=False)",
                )
            return self.x, y, None
        x = _features("x", self.x, len(y))
        own = {1: ("validation", self.validation), 2: ("held_out", self.held_out)}
        pairs = {code: _own(name, pair, x, y) for code, (name, pair) in own.items() if pair}
        if not pairs:
            return x, y, None
        if len(x) != len(y):
            raise InputError(
                "x and y", f"x has {len(x):,} rows and y has {len(y):,}", "give as many"
            )
        all_of = {0: (x, y, None), **pairs}
        part = np.concatenate([np.full(len(own_y), code) for code, (_, own_y, _) in all_of.items()])
        xs = [own_x for own_x, *_ in all_of.values()]
        return under(xs), under([own_y for _, own_y, _ in all_of.values()]), part

    def _weights(self, y: TargetRows, task: str) -> Any:
        """Of all rows; those of parts that were given none are filled with 1."""
        pairs = {"validation": self.validation, "held_out": self.held_out}
        own = {name: pair for name, pair in pairs.items() if pair}
        given = {"weights": self.weights, **{name: pair[2] for name, pair in own.items()}}
        measuring = [weights for weights in given.values() if of_places(weights)]
        for name, weights in given.items():
            if weights is not None and of_places(weights) and not TASKS[task].by_model:
                raise InputError(
                    name,
                    "weights of more than one number a row are for models that measure themselves",
                    f"{ONE_A_ROW}, or say task={CUSTOM.name!r}",
                )
            if weights is not None and name != "weights" and not measuring:
                why = "it has weights of rows, and measures are without those"
                raise InputError(name, why, f"give {name}=(x, y)")
        if not measuring:
            if self.weights is None:
                return None
            weights = row_weights(
                self.weights, len(self.y), "weights", lambda row: f"weights: row {row} (from 0)"
            )
            return under([weights, np.ones(len(y) - len(weights), np.float32)])
        parts = []
        for weights, (part_x, part_y) in zip(
            given.values(), [(self.x, self.y), *(pair[:2] for pair in own.values())], strict=True
        ):
            target = _or_none(part_y, part_x)
            alike = ones_like(measuring[0], len(target)) if weights is None else weights
            parts.append(place_weights(alike, target))
        if len({str(leaves_of(part)) for part in parts}) > 1:
            raise InputError("weights", "those of parts have unlike shapes", "give them alike")
        return under(parts)


def _or_none(y: Any, x: Features) -> TargetRows:
    """Targets, or what stands for none."""
    if isinstance(y, np.ndarray) and not y.ndim:
        raise InputError("y", "it is one value", "give an array with a target for each row")
    return no_targets(len(x)) if y is None else y


def _read_as_steps(y: Array) -> str:
    flags = y.dtype.kind in "biuf" and y.max() == 1
    what, other = ("0 and 1", "labels of the row") if flags else ("whole numbers", "amounts")
    return (
        f"the targets are {what}, one for each of the {y.shape[1]} steps of x, and were read as a "
        f"class a step, measured by the model's own loss; if they are {other}, say "
        f"task={(MULTILABEL if flags else REGRESSION).name!r}"
    )


def _own(name: str, pair: Pair, x: Features, y: TargetRows) -> Pair:
    """Rows of a part of their own, made to stand under the others.

    Raises:
        InputError: They are not like `x` and `y`; names the part.
    """
    own_y = _or_none(pair[1], pair[0])
    own_x = _features(f"{name}: x", pair[0], len(own_y))
    own_x, unlike = _cast(own_x, x), ""
    if _kinds(own_x) != _kinds(x):
        unlike = f"its x is {_told(own_x)}, and x {_told(x)}"
    elif _shapes(own_y) != _shapes(y):
        unlike = f"its y is {_told(own_y)}, and y {_told(y)}"
    if unlike:
        raise InputError(name, unlike, "give rows of the same kind")
    if len(own_x) != len(own_y) or not len(own_y):
        raise InputError(
            name,
            f"its x has {len(own_x):,} rows and its y {len(own_y):,}",
            "give rows with one target each",
        )
    check_features(f"{name}: x", own_x)
    return own_x, own_y, pair[2]


def _cast(own_x: Features, x: Features) -> Features:
    """With the types of `x` where no value changes by it, as from bytes to floats."""
    types = {leaf.path: leaf.dtype for leaf in leaves_of(x)}

    def as_x(path: Path, leaf: Any) -> Any:
        to = types.get(path, TEXT)
        safe = TEXT not in (to, Leaf.of(path, leaf).dtype) and np.can_cast(leaf.dtype, to)
        return leaf.astype(to, copy=False) if safe else leaf

    if isinstance(own_x, Tree):
        return Tree({path: as_x(path, leaf) for path, leaf in own_x.leaves.items()})
    return as_x((), own_x) if isinstance(own_x, np.ndarray) else own_x


def _kinds(x: Features) -> list[tuple[object, ...]]:
    return sorted(((leaf.path, leaf.shape, leaf.dtype) for leaf in leaves_of(x)), key=repr)


def _shapes(y: TargetRows) -> list[tuple[object, ...]]:
    """Of targets, whose types are settled for all rows together."""
    return sorted(((leaf.path, leaf.shape) for leaf in leaves_of(y)), key=repr)


def _told(x: Features) -> str:
    if isinstance(x, Tree):
        return ", ".join(str(leaf).removeprefix("" if leaf.path else "x ") for leaf in leaves_of(x))
    return f"of shape {x.shape}"


def _features(name: str, x: Any, rows: int) -> Any:
    """As models take them, each leaf in its own type; texts are a tree, of one leaf where alone.

    Raises:
        InputError: Some are not of a type that models take, or not as many as there are targets.
    """
    if not isinstance(x, Tree):
        x = _typed(name, _numbers_of(x))
        if x.dtype != object:
            return x
        x = Tree({(): x})
    for path, leaf in x.leaves.items():
        if leaf.shape[:1] != (rows,):
            where = name + named(path)[1:]
            there = f"{len(leaf):,} rows" if leaf.ndim else "no rows"
            raise InputError(where, f"it has {there} and y has {rows:,}", "give as many")
    return Tree({path: _typed(name + named(path)[1:], leaf) for path, leaf in x.leaves.items()})


def _typed(name: str, x: Array) -> Array:
    """See `typed`; floats that are ids are not merged without a word."""
    if x.dtype.kind == "f" and (merged := merged_by_float32(x)):
        raise InputError(name, merged, UNMERGED)
    return typed(name, x)


def _numbers_of(x: Array) -> Array:
    """One array of texts or objects as the numbers that all of them are; else as it is."""
    if x.dtype.kind not in TEXTS:
        return x
    try:
        whole = np.array(x.tolist()) if x.dtype.kind == "O" else x
        numbers: Array = whole if whole.dtype.kind in "biu" else x.astype(object).astype(np.float32)
    except (TypeError, ValueError):
        return x
    return numbers
