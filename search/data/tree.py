"""Rows of several inputs: a dict, list or tuple of arrays, nested as Keras allows.

A tree is kept as its leaves by their paths, from which it is built again: so it can be told in the
JSON of a model's file, and needs no TensorFlow, as `keras.tree` does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from search.data.columns import Array
from search.study.errors import InputError

Path: TypeAlias = tuple[str | int, ...]
"""Keys of dicts and places in lists, from the root to a leaf."""
TEXT = "string"
"""Keras's name of the type of texts."""


@dataclass(frozen=True)
class Leaf:
    """What one input of a model is.

    Attributes:
        path: Where it is; () where it is all that there is.
        shape: Of one row.
        dtype: Such as "float32", or `TEXT`.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: str

    @classmethod
    def of(cls, path: Path, x: Any) -> "Leaf":
        """Of rows, shape (rows, …)."""
        return cls(path, tuple(x.shape[1:]), TEXT if x.dtype == object else str(x.dtype))

    def zeros(self, rows: int) -> Array:
        """Rows of nothing."""
        if self.dtype == TEXT:
            return np.full((rows, *self.shape), "", object)
        return np.zeros((rows, *self.shape), self.dtype)

    def __str__(self) -> str:
        shape = ", ".join(["rows", *map(str, self.shape)])
        return f"{key(self.path)} ({shape}) of {self.dtype}"


@dataclass(frozen=True, eq=False)
class Tree:
    """Rows of several inputs, or of one that is no matrix of numbers, as texts are.

    It takes the place of an array of features, whose rows have no axes of their own.

    Attributes:
        leaves: Path → array, each with as many rows.
    """

    leaves: Mapping[Path, Any]

    @classmethod
    def of(cls, nested: Any, is_leaf: Callable[[Any], bool], name: str = "x") -> "Tree":
        """From what a user gave.

        Args:
            nested: A dict, list or tuple of such, or a leaf.
            is_leaf: Whether a list or tuple is one array, and not several.
            name: Of all in a sentence.

        Raises:
            InputError: A dict or list is empty, or a key is no string.
        """
        return cls(dict(_leaves(nested, is_leaf, name)))

    @property
    def nested(self) -> Any:
        """The leaves in dicts and lists."""
        return _nested(list(self.leaves.items()))

    def map(self, change: Callable[[Any], Any]) -> "Tree":
        """The same tree with other leaves."""
        return Tree({path: change(leaf) for path, leaf in self.leaves.items()})

    def by_key(self) -> dict[str, Array]:
        """The leaves by the names that they have in a file."""
        return {key(path): leaf for path, leaf in self.leaves.items()}

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array whose rows have no axes."""
        return (len(self),)

    @property
    def ndim(self) -> int:
        """As of an array whose rows have no axes."""
        return 1

    @property
    def size(self) -> int:
        """Values of all leaves."""
        return sum(leaf.size for leaf in self.leaves.values())

    @property
    def nbytes(self) -> int:
        """Of all leaves; of texts, of the references to them."""
        return sum(leaf.nbytes for leaf in self.leaves.values())

    def __len__(self) -> int:
        return len(next(iter(self.leaves.values())))

    def __getitem__(self, places: "slice | Array") -> "Tree":
        return self.map(lambda leaf: leaf[places])


TargetRows: TypeAlias = Any
"""Targets of rows: one array, or a `Tree` of several for a model with several outputs."""


ClassesOf: TypeAlias = tuple[tuple[Path, tuple[str, ...]], ...]
"""Names of classes by code, of each array of targets that has some."""


def joined(trees: Sequence[Tree]) -> Tree:
    """Rows under each other."""
    first = trees[0]
    return Tree({path: np.concatenate([t.leaves[path] for t in trees]) for path in first.leaves})


def under(parts: Sequence[TargetRows]) -> TargetRows:
    """Rows under each other, each part one array or each a tree."""
    return joined(parts) if isinstance(parts[0], Tree) else np.concatenate(parts)


def leaves_by_path(y: TargetRows) -> Mapping[Path, Array]:
    """Arrays of rows; () is the path where there is one alone."""
    return y.leaves if isinstance(y, Tree) else {(): y}


def zeros(leaves: Sequence[Leaf], rows: int) -> Tree:
    """Rows of nothing for a model of such inputs."""
    return Tree({leaf.path: leaf.zeros(rows) for leaf in leaves})


def named(path: Path, of: str = "x") -> str:
    """A leaf as Python has it, such as "x['ids']"."""
    return of + "".join(f"[{step!r}]" for step in path)


def key(path: Path) -> str:
    """A leaf's name in a file: its own, or that which `numpy.savez` gives an array without one."""
    return "/".join(step if isinstance(step, str) else f"arr_{step}" for step in path) or "x"


ONE_TEXT = str(Leaf((), (), TEXT))
"""Of a model that takes a text a row."""


def _leaves(
    nested: Any, is_leaf: Callable[[Any], bool], name: str, at: Path = ()
) -> Iterator[tuple[Path, Any]]:
    if isinstance(nested, Mapping):
        unnamed = [step for step in nested if not isinstance(step, str) or not step]
        if unnamed:
            raise InputError(named(at, name), f"its key {unnamed[0]!r} is no name", "give strings")
        steps: Iterable[tuple[Any, Any]] = nested.items()
    elif isinstance(nested, list | tuple) and not is_leaf(nested):
        steps = enumerate(nested)
    else:
        yield at, nested
        return
    if not nested:
        raise InputError(named(at, name), "it is empty", "give one array or more")
    for step, inside in steps:
        yield from _leaves(inside, is_leaf, name, (*at, step))


def _nested(leaves: list[tuple[Path, Any]]) -> Any:
    if len(leaves) == 1 and not leaves[0][0]:
        return leaves[0][1]
    inside: dict[str | int, list[tuple[Path, Any]]] = {}
    for (first, *rest), leaf in leaves:
        inside.setdefault(first, []).append((tuple(rest), leaf))
    built = {step: _nested(below) for step, below in inside.items()}
    return list(built.values()) if all(isinstance(step, int) for step in built) else built


class Code(str):
    """Python that stands as it is within the `repr` of a tree."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
