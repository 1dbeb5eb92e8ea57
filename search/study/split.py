"""Which rows train, which choose, and which are kept for the one last look."""

from dataclasses import dataclass

import numpy as np

from search.study.dataset import Array, Dataset
from search.study.errors import InputError
from search.study.scaling import Scale
from search.study.task import MULTILABEL, TASKS


@dataclass(frozen=True, eq=False)
class Rows:
    """Features and targets of one part.

    Attributes:
        x: float32, shape (rows, …).
        y: As in `Dataset`: class codes, labels or numbers.
    """

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, eq=False)
class Parts:
    """The three parts of a data set.

    Attributes:
        train: Rows that models learn.
        validation: Rows that choose among them.
        held_out: Rows that judge the winner.
        scale: By which all three parts' targets were standardised; None where they were not.
    """

    train: Rows
    validation: Rows
    held_out: Rows
    scale: Scale | None = None

    def scaled(self) -> "Parts":
        """The parts with their targets standardised by those that train."""
        scale = Scale.of(self.train.y)
        parts = (self.train, self.validation, self.held_out)
        train, validation, held_out = (Rows(rows.x, scale.apply(rows.y)) for rows in parts)
        return Parts(train, validation, held_out, scale)


@dataclass(frozen=True)
class Split:
    """Shares of the rows that choose (`validation`) and that judge (`held_out`); the rest trains.

    Args:
        validation: Share of all rows that the search compares trials on.
        held_out: Share of all rows that nothing sees before the winner stands.
        shuffle: Draw the parts at random, each class in proportion where there are classes. Else
            the rows stay in order: first those that train, then validation, held-out last.
        seed: Of the draw. The search's own seed does not change the split.

    Raises:
        InputError: A share is not between 0 and 1, or nothing is left to train on.
    """

    validation: float = 0.2
    held_out: float = 0.2
    shuffle: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, share in (("validation", self.validation), ("held_out", self.held_out)):
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
                raise InputError(f"Split({name}={share!r}): give a share above 0 and below 1")
        if self.validation + self.held_out >= 1:
            raise InputError(
                f"Split(validation={self.validation}, held_out={self.held_out}): together they "
                "leave no rows to train on; keep their sum below 1"
            )

    def parts(self, data: Dataset) -> Parts:
        """Cut the rows.

        Raises:
            InputError: A part would be empty, or lacks a class or label that it must show.
        """
        sizes = self._sizes(len(data.y))
        cuts = self._drawn(data, sizes) if self.shuffle else _in_order(sizes)
        train, validation, held_out = (Rows(data.x[cut], data.y[cut]) for cut in cuts)
        _check_shown(data, train.y)
        return Parts(train, validation, held_out)

    def _sizes(self, rows: int) -> tuple[int, int, int]:
        held_out, validation = round(self.held_out * rows), round(self.validation * rows)
        sizes = (rows - held_out - validation, validation, held_out)
        for name, size in zip(("training", "validation", "held-out"), sizes, strict=True):
            if size < 1:
                raise InputError(
                    f"split: {rows:,} rows with validation={self.validation} and "
                    f"held_out={self.held_out} leave the {name} part empty; "
                    "give more rows or another share"
                )
        return sizes

    def _drawn(self, data: Dataset, sizes: tuple[int, int, int]) -> tuple[Array, Array, Array]:
        """Row numbers of each part, every class in proportion."""
        from sklearn.model_selection import train_test_split

        classes = data.y if TASKS[data.task].classifies else None
        if classes is not None:
            _check_enough(data, sizes)
        rows = np.arange(len(data.y))
        rest, held_out = train_test_split(
            rows, test_size=sizes[2], stratify=classes, random_state=self.seed
        )
        train, validation = train_test_split(
            rest,
            test_size=sizes[1],
            stratify=None if classes is None else classes[rest],
            random_state=self.seed,
        )
        return train, validation, held_out


def _check_enough(data: Dataset, sizes: tuple[int, int, int]) -> None:
    counts = np.bincount(data.y, minlength=len(data.class_names))
    fewest = int(counts.argmin())
    classes = len(data.class_names)
    if counts[fewest] < 3 or min(sizes) < classes:
        raise InputError(
            f"split: class {data.class_names[fewest]!r} has {counts[fewest]:,} rows and the "
            f"smallest part {min(sizes):,}; every part needs a row of each of {classes} classes, "
            "so give more rows or larger shares"
        )


def _check_shown(data: Dataset, y: Array) -> None:
    """Nobody learns a class of which there is no row, or a label that is the same in all."""
    if TASKS[data.task].classifies:
        missing = set(range(len(data.class_names))) - set(y.tolist())
        what = f"no row of class {data.class_names[min(missing)]!r} is" if missing else ""
    else:
        same = np.flatnonzero((y == y[:1]).all(axis=0))
        kind = "label" if data.task == MULTILABEL.name else "target"
        what = f"one value alone of {kind} {data.names[same[0]]!r} is" if len(same) else ""
    if what:
        raise InputError(
            f"split: {what} among the {len(y):,} rows that train; "
            "use shuffle=True or a smaller held_out"
        )


def _in_order(sizes: tuple[int, int, int]) -> tuple[Array, Array, Array]:
    rows = np.arange(sum(sizes))
    train, validation, held_out = np.split(rows, np.cumsum(sizes)[:2])
    return train, validation, held_out
