"""What the targets are: classes, labels or numbers; read from their values by default."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from search.data.columns import Columns
from search.data.custom_targets import custom_targets
from search.data.dataset import Array, Dataset, Given
from search.data.inputs import check_type
from search.data.rows_in_file import Features
from search.data.tree import ClassesOf, TargetRows, Tree
from search.data.yes_no import place_of_yes
from search.study.errors import InputError
from search.study.parameters import near
from search.study.plain_text import percent
from search.study.target_form import PLAIN, TargetForm, is_one_hot
from search.study.task import (
    BINARY,
    CUSTOM,
    MULTICLASS,
    MULTILABEL,
    REGRESSION,
    TASKS,
    Task,
    task_named,
)

MOST_CLASSES = 50
"""Whole numbers of more different values are read as numbers, by default."""
LOST = 1e-3
"""Of the spread of targets, what float32 may change of one."""
MAJORITY = 0.8
"""Fraction of rows from which a class is seldom the one that is looked for."""
_wrong = partial(InputError, "y")


@dataclass(frozen=True, eq=False)
class Targets:
    """Targets as their task wants them.

    Attributes:
        y: Class codes, int32, shape (rows,); labels, int32 0 and 1, shape (rows, labels);
            numbers, float32, shape (rows, targets); or of any shape, of a "custom" task.
        names: Of the classes by code, of the labels, or of the targets.
        task: Such as "binary".
        form: How classes were given.
        notes: What should be known of how they were read.
        classes: Of a "custom" task, names of the classes of those arrays that have some.
    """

    y: TargetRows
    names: tuple[str, ...]
    task: str
    form: TargetForm = PLAIN
    notes: tuple[str, ...] = ()
    classes: ClassesOf = ()

    def take(self, rows: Array) -> "Targets":
        """Those of these rows alone."""
        return replace(self, y=self.y[rows])

    def with_positive(self, name: str) -> "Targets":
        """The same, with a class as the positive one: of it are F1, precision, recall and ranking.

        Args:
            name: Of the class; upper and lower case do not matter where they make no difference.

        Raises:
            InputError: There are not two classes, or none has that name.
        """
        if self.task != BINARY.name:
            raise InputError(
                f"positive={name!r}",
                f"one of two classes is positive, and the task is {self.task}",
                "drop it",
            )
        found = [one for one in self.names if one == name] or [
            one for one in self.names if one.casefold() == name.casefold()
        ]
        if len(found) != 1:
            raise InputError(f"positive={name!r}", "no class has this name", near(name, self.names))
        return self if found[0] == self.names[1] else self.exchanged()

    def exchanged(self) -> "Targets":
        """With the two classes in the other order."""
        return replace(self, y=1 - self.y, names=self.names[::-1])

    def majority(self) -> str:
        """A warning where the positive class is so by its name's place alone, and most rows' own.

        Empty for any other targets.
        """
        if isinstance(self.y, Tree) or self.task != BINARY.name:
            return ""
        if place_of_yes(self.names) is not None:
            return ""
        share = float(self.y.mean())
        if share < MAJORITY:
            return ""
        return (
            f"F1, precision, recall and AP are of class {self.names[1]!r}, the second by its name, "
            f"which {percent(share)} of the rows have"
        )

    def dataset(
        self, x: Features, feature_names: tuple[str, ...] = (), columns: Columns | None = None
    ) -> Dataset:
        """These targets with the features, or raw columns, of their rows."""
        named = TASKS[self.task].has_numbers or TASKS[self.task].by_model
        classes, targets = ((), self.names) if named else (self.names, ())
        return Dataset(
            x,
            self.y,
            classes,
            feature_names,
            targets,
            self.task,
            columns,
            Given(notes=self.notes),
            self.form,
            classes=self.classes,
        )


def targets_of(
    y: TargetRows, task: str | None, names: tuple[str, ...] = (), *, of_classes: bool = False
) -> Targets:
    """Read targets.

    Args:
        y: Shape (rows,) or (rows, targets): numbers, booleans or strings; or of any shape, or
            several arrays, of which nothing is read but their types.
        task: As in `Study(task=…)`; None to read it from the values.
        names: Of classes, labels or targets; made up where left out.
        of_classes: Whether they are of classes where any shape may be of classes.

    Raises:
        InputError: The values do not fit the task, or their number the names.
    """
    if isinstance(y, Tree) or y.ndim > 2 or y.shape[1:] == (0,) or task == CUSTOM.name:
        return _custom(y, task, names, of_classes=of_classes)
    if not y.ndim:
        raise _wrong("it is one value", "give an array with a target for each row")
    check_type("y", y)
    form = TargetForm.of(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    read = task_named(task) if task else read_task(y)
    if read is REGRESSION:
        return replace(_numbers(y, names), notes=() if task else _how_amounts_are_read(y))
    if read is MULTILABEL:
        return replace(_labels(y, names), notes=() if task else _how_labels_are_read(y))
    found = _of_one_hot(y, names, task) if is_one_hot(y) else _classes(y, names, task)
    notes = () if task else _how_read(y, found)
    return replace(found, form=form, notes=notes)


def _custom(
    y: TargetRows, task: str | None, names: tuple[str, ...], *, of_classes: bool
) -> Targets:
    """Of any shape: measured by the model's own loss and metrics."""
    if task not in {None, CUSTOM.name}:
        shape = f"of {len(y.leaves)} arrays" if isinstance(y, Tree) else f"of shape {y.shape}"
        fix = f"leave task out, or say task={CUSTOM.name!r}"
        raise _wrong(f"it is {shape}, and task={task!r} needs one array of one or two axes", fix)
    custom = custom_targets(y)
    read, made_up, notes = custom.y, custom.names, custom.notes
    if not isinstance(read, Tree) and read.shape[1:] == (0,):
        how = "there are no targets, so models are measured by what they add to their own loss"
    elif isinstance(read, Tree):
        how = f"the targets are {len(made_up)} arrays ({', '.join(made_up)})"
    else:
        how = f"the targets are of shape ({', '.join(['rows', *map(str, read.shape[1:])])})"
    if made_up and not how.startswith("there"):
        how += ", so models are measured by their own loss and metrics"
    classes, found = custom.classes, made_up
    if of_classes and not isinstance(read, Tree):
        classes = (((), names),)
    else:
        found = _named(names, made_up, "targets")
    notes = notes if task else (how, *notes)
    return Targets(read, found, CUSTOM.name, notes=notes, classes=classes)


def are_of_steps(x: Features, y: TargetRows) -> bool:
    """Whether targets are a class for each step of a sequence, which `read_task` cannot know.

    Args:
        x: Ids of shape (rows, steps), or numbers of shape (rows, steps, …).
        y: Whole numbers from 0 of shape (rows, steps), or booleans; or texts, whatever `x` is.
    """
    if isinstance(y, Tree) or y.ndim != 2 or y.shape[1] < 2:
        return False
    if y.dtype.kind in "OSU":
        return _are_texts(y)
    if not isinstance(x, np.ndarray) or y.dtype.kind not in "biuf" or not y.size:
        return False
    if x.shape[1:2] != y.shape[1:] or not (x.ndim == 3 or (x.ndim == 2 and x.dtype.kind in "iu")):
        return False
    few = y.min() >= 0 and 0 < y.max() < MOST_CLASSES and _are_whole(y)
    return bool(few) and not is_one_hot(y)


def are_the_input(x: Features, y: TargetRows) -> bool:
    """Whether targets are what goes in, as an autoencoder has them.

    A reference model that is free to copy its input is no measure of one that has a bottleneck.

    Args:
        x: As models take it.
        y: As it was given, of shape (rows, numbers).
    """
    if not isinstance(x, np.ndarray) or isinstance(y, Tree) or x.shape != y.shape:
        return False
    if y.ndim != 2 or y.shape[1] < 2 or not {x.dtype.kind, y.dtype.kind} <= set("biuf"):
        return False
    return bool(np.array_equal(x, y.astype(x.dtype), equal_nan=x.dtype.kind == "f"))


def _are_texts(y: Array) -> bool:
    """Whether some are no numbers."""
    try:
        y.astype(np.float32)
    except (TypeError, ValueError):
        return all(isinstance(value, str | bytes) for value in y.ravel().tolist())
    return False


def _how_amounts_are_read(y: Array) -> tuple[str, ...]:
    """Said where they look like a class of each step of a sequence."""
    if y.ndim < 2 or y.dtype.kind not in "iu":
        return ()
    return (
        f"the targets are whole numbers in {y.shape[1]} columns and were read as amounts; if each "
        f"is a class, such as one of each step of a sequence, say task={CUSTOM.name!r}",
    )


def _how_labels_are_read(y: Array) -> tuple[str, ...]:
    """Said where they look like something else."""
    if _are_signed(y):
        return (
            f"the targets are −1 and 1 in {y.shape[1]} columns and were read as labels, trained "
            'and measured as 0 and 1; if they are amounts, say task="regression"',
        )
    of_rows = y.sum(axis=1)
    bare = int((of_rows == 0).sum())
    if y.dtype.kind == "b" or not bare or of_rows.max() > 1:
        return ()
    return (
        f"no row has more than one 1, and {bare:,} of {len(y):,} rows have none, so the targets "
        f"were read as {y.shape[1]} labels; if they are one-hot classes, leave such rows out or "
        "give them a column of their own",
    )


def _how_read(y: Array, found: Targets) -> tuple[str, ...]:
    """Said where the values could mean something else as well."""
    if y.ndim == 2:
        return (
            f"the targets have exactly one 1 a row and were read as {y.shape[1]} classes, one-hot; "
            'if the columns are labels of which a row may have several, say task="multilabel"',
        )
    if y.dtype.kind in "iuf" and len(found.names) > 2:
        values = np.unique(y)
        if not np.array_equal(values, np.arange(len(values))):
            return (
                f"the targets have {len(values)} different whole numbers "
                f"({values[0]:g}…{values[-1]:g}) and were read as classes; if they are amounts, "
                'counts or stars, say task="regression"',
            )
    return ()


def read_task(y: Array) -> Task:
    """The task that the values speak for, where it is not given.

    Args:
        y: Shape (rows,) or (rows, targets).
    """
    if y.ndim == 2:
        if is_one_hot(y):
            return BINARY if y.shape[1] == 2 else MULTICLASS
        return MULTILABEL if _are_labels(y) or _are_signed(y) else REGRESSION
    if y.dtype.kind in "fc" and not _are_whole(y):
        return REGRESSION
    different = len(np.unique(y)) if y.dtype.kind in "biuf" else len(set(y.tolist()))
    if y.dtype.kind in "iuf" and different > MOST_CLASSES:
        return REGRESSION
    return BINARY if different == 2 else MULTICLASS


def _are_whole(y: Array) -> bool:
    return bool(np.all(y == np.floor(y)))


def _are_labels(y: Array) -> bool:
    return y.dtype.kind == "b" or (y.dtype.kind in "iuf" and bool(np.isin(y, (0, 1)).all()))


def _are_signed(y: Array) -> bool:
    """Whether several columns are of −1 and 1."""
    signed = y.dtype.kind in "if" and y.shape[1] > 1 and bool(np.isin(y, (-1, 1)).all())
    return signed and bool((y == -1).any())


def _numbers(y: Array, names: tuple[str, ...]) -> Targets:
    try:
        numbers = y.astype(np.float32).reshape(len(y), -1)
    except (TypeError, ValueError) as error:
        raise _wrong(
            f"not all values are numbers ({error}), which regression needs",
            'clean them, or say task="multiclass"',
        ) from None
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        row, column = bad[0]
        where = f"row {row}" + (f", column {column}" if numbers.shape[1] > 1 else "")
        raise _wrong(f"{where} (from 0) is {y.reshape(len(y), -1)[row, column]}", "drop such rows")
    _check_kept(y.reshape(len(y), -1), numbers)
    for column, values in enumerate(numbers.T):
        if len(values) and values.min() == values.max():
            which = f"column {column} " if numbers.shape[1] > 1 else ""
            raise _wrong(f"{which}is {values[0]:g} in all rows", "there is nothing to predict")
    made_up = ("y",) if numbers.shape[1] == 1 else _numbered("y", numbers.shape[1])
    return Targets(numbers, _named(names, made_up, "targets"), REGRESSION.name)


def _check_kept(y: Array, numbers: Array) -> None:
    """Refuse numbers whose differences float32 does not keep, such as seconds since 1970.

    Args:
        y: As given, shape (rows, targets).
        numbers: The same as float32.

    Raises:
        InputError: Names the first such column.
    """
    exact = y.astype(float)
    lost = np.abs(exact - numbers).max(axis=0, initial=0.0)
    spread = exact.std(axis=0)
    for column in np.flatnonzero((lost > LOST * spread) & (spread > 0)):
        values = exact[:, column]
        which = f"column {column} " if y.shape[1] > 1 else ""
        raise _wrong(
            f"{which}goes from {values.min():,.10g} to {values.max():,.10g}, and float32, as "
            f"which targets reach the model, changes them by up to {lost[column]:.3g}",
            "subtract an offset, such as y - y.mean()",
        )


def _labels(y: Array, names: tuple[str, ...]) -> Targets:
    if y.ndim != 2:
        raise _wrong(
            f"its shape is {y.shape}", "several labels a row need (rows, labels) of 0 and 1"
        )
    if _are_signed(y):
        y = y > 0
    if not _are_labels(y):
        bad = next(value for value in y.ravel().tolist() if value not in {0, 1})
        raise _wrong(f"{bad!r} is neither 0 nor 1", "a label is there or it is not")
    codes = y.astype(np.int32)
    for column, share in enumerate(codes.mean(axis=0)):
        if share in {0, 1}:
            raise _wrong(
                f"column {column} is {share:.0f} in all rows",
                "drop it, there is nothing to predict",
            )
    made_up = _numbered("label ", codes.shape[1])
    return Targets(codes, _named(names, made_up, "labels"), MULTILABEL.name)


def _of_one_hot(y: Array, names: tuple[str, ...], task: str | None) -> Targets:
    """The class of a row is the column of its 1; a column without any stays a class."""
    count = y.shape[1]
    if task == BINARY.name and count > 2:
        raise _wrong(
            f'it has {count} one-hot columns, and task="binary" has two classes',
            'say task="multiclass"',
        )
    found = _named(names, tuple(str(code) for code in range(count)), "classes")
    read = BINARY if count == 2 else MULTICLASS
    return Targets(y.argmax(axis=1).astype(np.int32), found, read.name)


def _classes(y: Array, names: tuple[str, ...], task: str | None) -> Targets:
    if y.ndim != 1:
        raise _wrong(f"its shape is {y.shape}", "give one class a row, shape (rows,)")
    if y.dtype.kind in "fc" and not _are_whole(y):
        bad = y[y != np.floor(y)][0]
        raise _wrong(
            f"{bad} is not a class", 'give whole numbers or strings, or say task="regression"'
        )
    values, codes = np.unique(y.astype(str) if y.dtype.kind == "O" else y, return_inverse=True)
    if y.dtype.kind == "f" and len(values):
        values = values.astype(np.int64)
    found = _named(names, tuple(str(value) for value in values.tolist()), "classes")
    if len(found) < 2:
        raise _wrong(
            f"all rows are of one class ({', '.join(found) or 'none'})", "two or more are needed"
        )
    if task == BINARY.name and len(found) > 2:
        raise _wrong(
            f'it has {len(found)} classes, and task="binary" has two', 'say task="multiclass"'
        )
    read = BINARY if len(found) == 2 else MULTICLASS
    targets = Targets(codes.astype(np.int32), found, read.name)
    return targets.exchanged() if not names and place_of_yes(found) == 0 else targets


def _named(names: tuple[str, ...], made_up: tuple[str, ...], of: str) -> tuple[str, ...]:
    if names and len(names) != len(made_up):
        one = "target" if of == "targets" else "class"
        told = f"{len(names)} names for {len(made_up)} {one if len(made_up) == 1 else of}"
        raise InputError(f"{one}_names", told, "give one for each")
    return names or made_up


def _numbered(what: str, count: int) -> tuple[str, ...]:
    return tuple(f"{what}{place + 1}" for place in range(count))
