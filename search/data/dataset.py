"""The rows of a study, and what a model must know of them."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from search.data.columns import Array, Columns
from search.data.inputs import merged_by_float32
from search.data.names import names_of
from search.data.row_weights import of_places
from search.data.rows_in_file import Features, RowsOnDemand, arrays_of, blocks, leaves_of, spared
from search.data.series_rows import SeriesRows
from search.data.tree import ClassesOf, Leaf, Path, TargetRows, Tree, key, named
from search.data.tree import zeros as zeros_of
from search.data.windows import Windows
from search.study.errors import InputError
from search.study.plain_text import LONGEST_NAME
from search.study.target_form import PLAIN, TargetForm
from search.study.task import BINARY, MULTICLASS, REGRESSION, TASKS, Task, task_named

__all__ = ["Array", "Data", "Dataset", "Given", "Shape"]


@dataclass(frozen=True)
class Shape:
    """What a model must know of the data before it sees a row.

    Attributes:
        features: Shape of one row, such as (2,); () where there are several inputs.
        outputs: Units of the output layer: one for two classes, else one a class, label or target.
        task: Such as "binary"; see `search.study.task`.
        given: How the classes were given.
        inputs: Of a model with several inputs, or of one that takes texts, each; else empty.
        dtype: Of the features, where they are one array.
        merged: Inputs whose integers float32 would merge, each with what is wrong.
        targets: Of a "custom" task, what the targets of a row are; empty where there are none.
        ranges: Lowest and highest value of each input of numbers, over all rows; of inputs that
            are made of columns, or read on demand, none.
        classes: As in `Dataset`.
    """

    features: tuple[int, ...]
    outputs: int
    task: str
    given: TargetForm = PLAIN
    inputs: tuple[Leaf, ...] = ()
    dtype: str = "float32"
    merged: tuple[tuple[Path, str], ...] = ()
    targets: tuple[Leaf, ...] = ()
    ranges: tuple[tuple[Path, tuple[float, float]], ...] = field(default=(), compare=False)
    classes: ClassesOf = field(default=(), compare=False)

    def zeros(self, rows: int) -> Features:
        """Rows of nothing."""
        if self.inputs:
            return zeros_of(self.inputs, rows)
        return Leaf((), self.features, self.dtype).zeros(rows)


@dataclass(frozen=True)
class StreamFacts:
    """Of training rows that come as a stream, of which a data set has some alone.

    Attributes:
        validation: SHA-256 of the targets that validate.
        held_out: The same of those that are held out.
        batched: Whether the training stream gives batches, and no rows.
        rows: Training rows in all; None where nobody knows.
    """

    validation: str
    held_out: str
    batched: bool
    rows: int | None = None


@dataclass(frozen=True, eq=False)
class Given:
    """What a source says of its rows that a split must heed.

    Args:
        groups: Code of each row's group, int, shape (rows,); a group is in one part alone.
        times: When each row was, of any type that sorts, shape (rows,); the oldest rows train.
        part: 0 for a row of which nothing is said, 1 for one that validates, 2 for one that is
            held out; int, shape (rows,).
        weights: How much each row counts where it trains, float32, shape (rows,); or of places or
            of several outputs, by which models are measured too, see `search.data.row_weights`.
        notes: What to know about how the rows were read.
        rows: Of each row its place in its own file or array, from 0, int, shape (rows,); None where
            none was left out.
        files: Of each row its file within the folder that was given, shape (rows,); empty where
            rows are no files.
        stream: Of training rows that come as a stream; None where all are here.
        padded: Inputs whose rows were of unlike length.

    Raises:
        InputError: More than one is given of groups and times.
    """

    groups: Array | None = None
    times: Array | None = None
    part: Array | None = None
    weights: TargetRows = None
    notes: tuple[str, ...] = ()
    rows: Array | None = None
    files: Sequence[str] = ()
    stream: StreamFacts | None = None
    padded: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.groups is not None and self.times is not None:
            raise InputError("group and time", "the rows are cut by one of them", "drop the other")

    @property
    def said(self) -> dict[str, TargetRows]:
        """Groups, times, parts and weights, where there are any."""
        all_of = {name: getattr(self, name) for name in ("groups", "times", "part", "weights")}
        return {name: values for name, values in all_of.items() if values is not None}


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows with a target each.

    Args:
        x: Of any type that models take, shape (rows, features) or (rows, …), in memory or in a
            file; with `columns`, shape (rows, 0); or several inputs.
        y: Class of each row, int32 codes 0 … classes-1, shape (rows,); or labels, int32 0 and 1,
            shape (rows, labels); or numbers, float32, shape (rows, targets); or of a "custom" task
            numbers of any shape (rows, …), several of those, or shape (rows, 0) for no targets.
        class_names: A name for each code or label; empty where numbers are predicted.
        feature_names: A name for each column; made up where left out.
        target_names: A name for each number that is predicted.
        task: Such as "multilabel"; where left out, "binary" or "multiclass" by the number of
            classes, or "regression" where there are none but targets.
        columns: Raw columns, of which features are made once the training rows are known.
        given: Groups, times, parts or weights of the rows, and notes.
        form: How the classes were given, since a custom loss gets them so.
        pictures: Whether each row was read from a file of a picture.
        series: What rows are windows of; None where they are none.
        classes: Of a "custom" task, names of the classes of those targets that have some.

    Raises:
        InputError: Lengths differ, a value is not finite, or a target does not fit the task.
    """

    x: Features
    y: TargetRows
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    task: str = ""
    columns: Columns | None = None
    given: Given = Given()
    form: TargetForm = PLAIN
    pictures: bool = False
    series: SeriesRows | None = None
    classes: ClassesOf = ()

    def __post_init__(self) -> None:
        if self.x.ndim < 2 and not isinstance(self.x, Tree):
            raise InputError(
                "x",
                f"its shape is {self.x.shape}",
                "give rows × features, such as x.reshape(-1, 1)",
            )
        if len(self.x) != len(self.y):
            raise InputError(
                "x and y",
                f"x has {len(self.x):,} rows and y has {len(self.y):,}",
                "give one target for each row",
            )
        if self.columns is not None and (len(self.columns) != len(self.y) or self.x.shape[1]):
            raise InputError(
                "columns",
                f"{len(self.columns):,} rows for {len(self.y):,} targets beside x of shape "
                f"{self.x.shape}",
                "give one row for each target, and x of shape (rows, 0)",
            )
        check_features("x", self.x)
        object.__setattr__(self, "x", spared(self.x))
        for argument in ("class_names", "feature_names", "target_names"):
            object.__setattr__(self, argument, names_of(argument, getattr(self, argument)))
        task: Task = BINARY if len(self.class_names) == 2 else MULTICLASS
        task = REGRESSION if self.target_names else task
        object.__setattr__(self, "task", task_named(self.task or task.name).name)
        self._check_targets()
        self._check_given()
        if isinstance(self.x, Tree):
            object.__setattr__(self, "feature_names", tuple(map(key, self.x.leaves)))
        if not self.feature_names:
            names = tuple(f"x{i + 1}" for i in range(int(np.prod(self.x.shape[1:]))))
            names = names if self.columns is None else self.columns.names
            object.__setattr__(self, "feature_names", names)

    def _check_given(self) -> None:
        for name, said in self.given.said.items():
            measures = name == "weights" and of_places(said)
            if said.shape != (len(self.y),) and not (measures and len(said) == len(self.y)):
                raise InputError(
                    f"given.{name}",
                    f"its shape is {said.shape} for {len(self.y):,} rows",
                    "give one value a row",
                )

    def _check_targets(self) -> None:
        longest = max((*self.names, *self.feature_names), key=len, default="")
        if len(longest) > LONGEST_NAME:
            raise InputError(
                f"{longest[:40]}…",
                f"a name of {len(longest):,} characters of a class, column or target",
                f"give one of {LONGEST_NAME:,} or less",
            )
        if TASKS[self.task].by_model:
            check_features("y", self.y)
        elif TASKS[self.task].classifies:
            if len(self.names) < 2:
                raise InputError(
                    "y",
                    f"all rows are of one class ({', '.join(self.names) or 'none'})",
                    "two or more are needed",
                )
        elif self.y.shape != (len(self.x), len(self.names)):
            raise InputError(
                "y",
                f"its shape is {self.y.shape}",
                f"{self.task} on {len(self.x):,} rows with {len(self.names)} names needs "
                f"({len(self.x)}, {len(self.names)})",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the classes by code, of the labels, or of the targets."""
        return self.target_names or self.class_names

    @cached_property
    def shape(self) -> Shape:
        """What a model must know to be built; with columns, see `Parts.shape` instead."""
        leaves, several = leaves_of(self.x), isinstance(self.x, Tree)
        pairs = zip(leaves, arrays_of(self.x), strict=True)
        here = [(leaf.path, x) for leaf, x in pairs if isinstance(x, np.ndarray)]
        merged = [(path, merged_by_float32(x)) for path, x in here]
        numbers = [(path, x) for path, x in here if x.dtype.kind in "iuf" and x.size]
        ranges = [(path, (x.min().item(), x.max().item())) for path, x in numbers]
        own = TASKS[self.task].by_model and self.y.shape[1:] != (0,)
        return Shape(
            self.x.shape[1:],
            TASKS[self.task].units(len(self.names)),
            self.task,
            self.form,
            leaves if several else (),
            "float32" if several else leaves[0].dtype,
            tuple((path, wrong) for path, wrong in merged if wrong),
            leaves_of(self.y) if own else (),
            tuple(ranges) if self.columns is None else (),
            self.classes,
        )

    @property
    def hash(self) -> str:
        """SHA-256 of all values, to see whether the data changed."""
        return self._hash(self.given.said)

    @property
    def hash_of_rows(self) -> str:
        """The same without weights that tell nothing of how held-out rows are measured."""
        said = self.given.said
        kept = of_places(self.given.weights)
        return self._hash({k: v for k, v in said.items() if kept or k != "weights"})

    def _hash(self, said: Mapping[str, TargetRows]) -> str:
        x, y = self.x, self.y
        if self.given.stream is not None:  # whose training rows may be others each time
            part = said["part"]
            x, y, said = x[part > 0], y[part > 0], {"part": part[part > 0]}
        digest = hashlib.sha256(repr((x.shape, self.names)).encode())
        if isinstance(x, Tree):
            digest.update(repr(leaves_of(x)).encode())
        elif x.dtype != np.float32:
            digest.update(str(x.dtype).encode())
        # Of windows the series, and where they end.
        for block in _bytes_of([x.values, x.ends] if isinstance(x, Windows) else arrays_of(x)):
            digest.update(block)
        if isinstance(y, Tree):
            digest.update(repr(leaves_of(y)).encode())
        for block in _bytes_of(arrays_of(y)):
            digest.update(block)
        if self.classes:
            digest.update(repr(self.classes).encode())
        if self.columns is not None:
            digest.update(self.columns.hash.encode())
        leaves = [(name, leaf) for name, all_of in said.items() for leaf in arrays_of(all_of)]
        for name, leaf in leaves:
            digest.update(name.encode() + np.ascontiguousarray(leaf).tobytes())
        return digest.hexdigest()


def _bytes_of(
    arrays: Iterable[Array | RowsOnDemand | Windows],
) -> Iterator[bytes | memoryview]:
    """All values of arrays; texts with their lengths, so that no two arrays give the same."""
    for x in arrays:
        if isinstance(x, RowsOnDemand) and x.is_sparse:
            yield from (part.data for part in (x.source.indptr, x.source.indices, x.source.data))
            continue
        for _, block in blocks(x):
            if block.dtype == object:
                texts = [text.encode() for text in block.ravel().tolist()]
                yield np.array([len(text) for text in texts]).tobytes() + b"".join(texts)
            else:
                yield np.ascontiguousarray(block).data


def check_features(name: str, x: Features) -> None:
    """Refuse features that are no finite numbers.

    Args:
        name: Of the features in a sentence.
        x: Shape (rows, features) or (rows, …), or several of those.

    Raises:
        InputError: Names the first such row and its column.
    """
    if isinstance(x, Tree):
        for path, leaf in x.leaves.items():
            check_features(named(path, name), leaf)
        return
    is_sparse = isinstance(x, RowsOnDemand) and x.is_sparse
    if x.dtype.kind != "f" or (is_sparse and np.isfinite(x.source.data).all()):  # type: ignore[union-attr]
        return
    for start, block in blocks(x.values if isinstance(x, Windows) else x):
        bad = np.argwhere(~np.isfinite(block))
        if len(bad):
            row, *place = bad[0].tolist()
            where = f"column {place[0]}" if len(place) == 1 else f"place {tuple(place)} in it"
            where = f", {where}" if place else ""
            raise InputError(
                name,
                f"row {start + row}{where} (from 0) is {block[tuple(bad[0])]}",
                "fill or drop such rows first",
            )


@runtime_checkable
class Data(Protocol):
    """Where rows come from; nothing is read before `load`."""

    def load(self) -> Dataset:
        """Read or make the rows.

        Raises:
            InputError: The rows cannot be searched on, with the fix.
        """
        ...

    def __str__(self) -> str:
        """One line of text, such as "circles, 1,000 rows"."""
        ...
