"""Rows that come as streams: `tf.data.Dataset`s or `keras.utils.PyDataset`s of a function of yours.

Nothing here needs TensorFlow: what the function returns is opened by `search.training.streams`,
first in a process of its own, whose findings become a `Dataset` here.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from search.data.dataset import Dataset, StreamFacts
from search.data.in_memory import Arrays
from search.data.names import names_of
from search.data.paths import folder_of_paths
from search.data.tree import TargetRows, Tree, leaves_by_path, under
from search.study.arguments import known_only, taken_by
from search.study.errors import InputError
from search.study.parameters import near
from search.study.plain_text import brief
from search.study.task import TASKS, task_named

PARTS = ("train", "validation", "held_out")
"""Keys of what `make` returns, and their order in a tuple."""
NOT_LOOKED = (
    "the training rows come as a stream, so nobody looked for rows that are in two parts, or for "
    "features that give the answer away"
)
OTHER_TARGETS = "its targets are not those that were read before the search"
"""What is wrong with a part that changes with a configuration's values."""


@dataclass(frozen=True, eq=False)
class ReadStreams:
    """What was read of the streams before the search.

    Attributes:
        parts: Features, a tree, and targets as they came, and weights where they are of places or
            of several outputs: of some training rows, of those that validate and of those that are
            held out.
        facts: What workers have to find again.
        notes: What should be known of how they were read.
    """

    parts: tuple[tuple[Tree, TargetRows, Any], ...]
    facts: StreamFacts
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Streams:
    """Rows of `make(**values)`; see `streams`."""

    make: Callable[..., Any]
    split: tuple[int, int, int] | None = None
    steps: int | None = None
    task: str | None = None
    class_names: tuple[str, ...] = ()
    target_names: tuple[str, ...] = ()
    folder: Path | None = field(default_factory=folder_of_paths)

    def takes(self, names: Iterable[str]) -> frozenset[str]:
        """Those that `make` has as an argument."""
        return frozenset(taken_by(self.make, dict.fromkeys(names)))

    @property
    def needed(self) -> tuple[str, ...]:
        """Arguments of `make` without a default."""
        arguments = inspect.signature(self.make).parameters
        variable = {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}
        return tuple(
            name
            for name, argument in arguments.items()
            if argument.default is argument.empty and argument.kind not in variable
        )

    def check_needed(self, given: Mapping[str, Any]) -> None:
        """Refuse a configuration that lacks an argument of `make`.

        Raises:
            InputError: Names it.
        """
        for name in self.needed:
            if name not in given:
                raise InputError(
                    f"{self.name}({name})",
                    f"the space has no hyperparameter {name!r}, and the argument has no default",
                    near(name, given),
                )

    @property
    def name(self) -> str:
        """Of the function."""
        return getattr(self.make, "__name__", type(self.make).__name__)

    def load(self) -> Dataset:
        """Not without a study's values and TensorFlow; see `dataset`."""
        raise InputError(
            f"streams({self.name})",
            "streams are opened with a study's values",
            "give data=streams(…) itself, and no function that returns it",
        )

    def dataset(self, read: ReadStreams, *, by_values: bool) -> Dataset:
        """The rows that were read.

        Args:
            read: In a process that has TensorFlow.
            by_values: Whether features are others for other values: then nobody compares their
                columns over trials, as is done with one matrix.

        Raises:
            InputError: They cannot be searched on.
        """
        train, validation, held_out = (
            (x if by_values or not _is_matrix(x) else x.nested, *rest) for x, *rest in read.parts
        )
        found = Arrays(
            train[0],
            train[1],
            weights=train[2],
            class_names=self.class_names,
            target_names=self.target_names,
            task=self.task,
            validation=validation,
            held_out=held_out,
        ).load()
        check_as_given(found, under([y for _, y, _ in read.parts]))
        notes = (*found.given.notes, *read.notes, NOT_LOOKED)
        return replace(found, given=replace(found.given, notes=notes, stream=read.facts))

    def __str__(self) -> str:
        return f"streams of {self.name}()"


@known_only
def streams(  # noqa: PLR0913 - given by name
    make: Callable[..., Any],
    *,
    split: Sequence[int] | None = None,
    steps: int | None = None,
    task: str | None = None,
    class_names: Sequence[str] = (),
    target_names: Sequence[str] = (),
) -> Streams:
    """Rows from streams that a function of yours makes on the workers.

    Args:
        make: `make(**values)` gets those of a trial's values that it has as arguments, and returns
            `tf.data.Dataset`s or `keras.utils.PyDataset`s: a dict of "train", "validation" and
            "held_out", or a tuple in this order; or one, with `split`. Their elements are what
            `fit` takes: (x, y) or (x, y, sample_weight), in batches or a row each, which are then
            batched by batch_size; for weights of places and of several outputs see `arrays`.
            Called once for each set of the values that it takes, and anew for each fit of the
            finals. Validation and held-out give the same rows in the same order whatever the
            values, and have to fit into memory; training rows need not.
        split: Of one stream, how many elements in turn train, validate and are held out, such as
            (8, 1, 1). Its order has to be the same each time.
        steps: Batches of an epoch, which goes on in the training stream where the one before
            ended, and begins anew at its end; all of the stream where left out.
        task: As in `arrays`.
        class_names: As in `arrays`.
        target_names: As in `arrays`.

    Raises:
        InputError: An argument is of a wrong kind; what is wrong in the streams is found before
            the first trial.
    """
    if not callable(make):
        raise InputError(
            f"streams({brief(make)})",
            fix="give a function that returns tf.data.Dataset objects: each worker calls it",
        )
    whole = isinstance(steps, int) and not isinstance(steps, bool)
    if steps is not None and (not whole or steps < 1):
        raise InputError(f"streams(steps={steps!r})", fix="give a whole number of 1 or more")
    if split is not None and (
        len(split) != len(PARTS) or not all(isinstance(n, int) and n > 0 for n in split)
    ):
        raise InputError(
            f"streams(split={split!r})", fix="give how many elements each part gets: (8, 1, 1)"
        )
    if task is not None:
        task_named(task)
    return Streams(
        make,
        None if split is None else (split[0], split[1], split[2]),
        steps,
        task,
        names_of("class_names", class_names),
        names_of("target_names", target_names),
    )


def check_as_given(found: Dataset, y: TargetRows) -> None:
    """Refuse targets that were read as others than the stream gives a model.

    Args:
        found: What was read.
        y: All targets of it as they came.

    Raises:
        InputError: They differ.
    """
    task = TASKS[found.task]
    if task.has_numbers:
        return
    same = found.y
    if task.classifies:
        same = found.form.write(found.y, max(2, len(found.names)))
    given, read = (
        [one.reshape(len(one), -1) for one in leaves_by_path(t).values()] for t in (y, same)
    )
    unlike = [one for one, other in zip(given, read, strict=True) if not np.array_equal(one, other)]
    if not unlike:
        return
    values = ", ".join(map(repr, np.unique(unlike[0].astype(str))[:5].tolist()))
    raise InputError(
        "y",
        f"the targets of the streams are {values} …, and models take {task.nouns} as 0, 1 …",
        "number them so in make, with each of them among the rows that are read",
    )


def _is_matrix(x: Tree) -> bool:
    """Whether it is one array of numbers with axes of its own."""
    return [*x.leaves] == [()] and x.nested.ndim > 1 and x.nested.dtype.kind in "biuf"
